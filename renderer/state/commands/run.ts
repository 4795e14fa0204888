// Runs and comparisons.

import { activeModel, comparedRuns } from '../app-state.ts';
import type { Command } from './command.ts';
import { bothCompared, canRun, hasModel, otherSettings, probeTarget } from './conditions.ts';

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
];
