// Runs, comparisons and toggles.

import { activeModel, comparedRuns, optionsOf } from '../app-state.ts';
import type { Command } from './command.ts';
import {
  bothCompared,
  canRun,
  fusionOn,
  hasModel,
  lastPlanner,
  otherSettings,
  plannerOn,
  probeTarget,
} from './conditions.ts';

export const RUN: readonly Command[] = [
  { id: 'run', title: 'Run', menu: 'Run', shortcut: 'Ctrl+Enter', enabled: canRun, run: a => void a.run() },
  {
    id: 'probe',
    title: 'Run once to see the values of the tensor selected',
    menu: 'Run',
    shortcut: 'V',
    enabled: state => canRun(state) && probeTarget(state) !== undefined,
    run: (a, state) => {
      const tensor = probeTarget(state);
      if (tensor !== undefined) void a.probe(tensor);
    },
  },
  {
    id: 'inputs',
    title: 'Input data…',
    menu: 'Run',
    shortcut: 'I',
    enabled: hasModel,
    run: a => a.showDialog('inputs'),
  },
  {
    id: 'cancel',
    title: 'Cancel what is running',
    menu: 'Run',
    shortcut: 'Ctrl+.',
    enabled: state => state.jobs.length > 0,
    run: a => a.cancelAll(),
  },
  {
    id: 'measure-both',
    title: 'Measure A and B together',
    menu: 'Run',
    section: true,
    shortcut: 'Shift+M',
    enabled: state => canRun(state) && otherSettings(state),
    run: (actions, state) => {
      const model = activeModel(state);
      const [a, b] = model ? comparedRuns(model) : [];
      if (a && b) void actions.measureBoth(a.report.options, b.report.options);
    },
  },
  {
    id: 'comparing',
    title: 'Compare A with B in every view',
    menu: 'Run',
    shortcut: 'C',
    enabled: bothCompared,
    checked: state => state.comparing,
    run: (a, state) => a.setComparing(!state.comparing),
  },
  {
    id: 'compare-models',
    title: 'Compare with another open model',
    menu: 'Run',
    shortcut: 'Shift+V',
    enabled: state => state.models.length > 1,
    run: a => {
      a.setCompareWhat('models');
      a.setView('compare');
    },
  },
  {
    id: 'toggle-fusion',
    title: 'Fusion',
    menu: 'Run',
    section: true,
    shortcut: 'Shift+F',
    enabled: hasModel,
    checked: fusionOn,
    run: (a, state) => a.set({ fusion: !fusionOn(state) }),
  },
  {
    id: 'toggle-planner',
    title: 'Memory planner',
    menu: 'Run',
    shortcut: 'Shift+P',
    enabled: hasModel,
    checked: plannerOn,
    run: (a, state) => a.set({ planner: plannerOn(state) ? 'off' : lastPlanner(state) }),
  },
];

/** Steps that follow each other, row by row. */
const DEPTH_FIRST = [
  ['off', 'Depth-first off: step by step'],
  ['auto', 'Depth-first where it is faster'],
  ['memory', 'Depth-first for the least memory'],
] as const;

export const ORDER: readonly Command[] = DEPTH_FIRST.map(
  ([depthFirst, title], at): Command => ({
    id: `depth-first-${depthFirst}`,
    title,
    menu: 'Run',
    section: at === 0,
    enabled: hasModel,
    checked: state => {
      const model = activeModel(state);
      return model !== undefined && optionsOf(model).depthFirst === depthFirst;
    },
    run: a => a.set({ depthFirst }),
  }),
);
