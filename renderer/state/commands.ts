// The one command table: menu bar, palette, keyboard and the shortcut sheet are all made from it.

import type { ExportKind } from '../../engine/report/types.ts';
import type { Actions } from './actions.ts';
import {
  type AppState,
  activeModel,
  comparedRuns,
  optionsOf,
  reportOf,
  stepOf,
  VIEWS,
  type ViewName,
} from './app-state.ts';
import { insideOf } from './bodies.ts';
import { changesOf } from './versions.ts';

export const MENUS = ['File', 'Edit', 'View', 'Graph', 'Run', 'Help'] as const;
export type MenuName = (typeof MENUS)[number];

export interface Command {
  readonly id: string;
  readonly title: string;
  readonly menu: MenuName;
  /** 'Ctrl+Shift+P', 'F', '?'; Ctrl is Command on a Mac */
  readonly shortcut?: string;
  /** starts a new section of its menu */
  readonly section?: boolean;
  readonly enabled: (state: AppState) => boolean;
  /** for a switch: whether it is on */
  readonly checked?: (state: AppState) => boolean;
  readonly run: (actions: Actions, state: AppState) => void;
}

const always = (): boolean => true;
const hasModel = (state: AppState): boolean => activeModel(state) !== undefined;
const hasPlan = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && reportOf(model) !== undefined;
};
const canRun = (state: AppState): boolean =>
  hasPlan(state) && state.jobs.length === 0 && activeModel(state)?.summary.runnable === true;
const hasRuns = (state: AppState): boolean => (activeModel(state)?.runs.length ?? 0) > 0;
const hasSelection = (state: AppState): boolean => activeModel(state)?.selection !== undefined;
const fusionOn = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && optionsOf(model).fusion;
};
const plannerOn = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && optionsOf(model).planner !== 'off';
};
const bothCompared = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && comparedRuns(model).every(run => run !== undefined);
};
/** The tensor selected, where a run computes it. */
function probeTarget(state: AppState): number | undefined {
  const model = activeModel(state);
  const selection = model?.selection;
  if (selection?.kind !== 'tensor' || selection.body !== undefined) return undefined;
  const kind = model?.index.tensors.get(selection.id)?.kind;
  return kind === 'activation' || kind === 'output' ? selection.id : undefined;
}
/** The tensor selected, where it can have a place in memory. */
function pinTarget(state: AppState): number | undefined {
  const model = activeModel(state);
  const selection = model?.selection;
  if (selection?.kind !== 'tensor' || selection.body !== undefined) return undefined;
  return model?.index.tensors.get(selection.id)?.kind === 'constant' ? undefined : selection.id;
}
/** The tensor selected, where its values are there: a weight, or what was probed last. */
function valuesTarget(state: AppState): number | undefined {
  const model = activeModel(state);
  const selection = model?.selection;
  if (selection?.kind !== 'tensor' || selection.body !== undefined) return undefined;
  const constant = model?.index.tensors.get(selection.id)?.kind === 'constant';
  return constant || model?.probed === selection.id ? selection.id : undefined;
}
const moveStep =
  (by: number): Command['run'] =>
  (actions, state) => {
    const model = activeModel(state);
    if (model) actions.setStep(Math.max(0, stepOf(model) + by));
  };

/** A file for another tool. */
const exporting = (what: ExportKind, title: string, enabled: Command['enabled']): Command => ({
  id: `export-${what}`,
  title,
  menu: 'File',
  enabled,
  run: a => void a.exportAs(what),
});

const FILE: readonly Command[] = [
  {
    id: 'open-file',
    title: 'Open file…',
    menu: 'File',
    shortcut: 'Ctrl+O',
    enabled: always,
    run: a => void a.pickAndOpen('files'),
  },
  {
    id: 'open-folder',
    title: 'Open folder with external data…',
    menu: 'File',
    enabled: always,
    run: a => void a.pickAndOpen('folder'),
  },
  {
    id: 'browse',
    title: 'Browse the served folder…',
    menu: 'File',
    enabled: state => state.machine?.root !== undefined,
    run: a => a.showDialog('browse'),
  },
  {
    id: 'export-plan',
    title: 'Export plan as JSON',
    menu: 'File',
    section: true,
    shortcut: 'Ctrl+S',
    enabled: hasPlan,
    run: a => void a.exportAs('plan'),
  },
  {
    id: 'export-report',
    title: 'Export report to send (HTML)',
    menu: 'File',
    shortcut: 'Ctrl+Shift+S',
    enabled: hasPlan,
    run: a => void a.exportAs('report'),
  },
  exporting('trace', 'Export run as Chrome trace', hasRuns),
  exporting('ort-profile', 'Export run as ONNX Runtime profile', hasRuns),
  exporting('csv', 'Export planning problem as CSV', hasPlan),
  exporting('offline-plan-c', 'Export offline plan for TFLite Micro as C', hasPlan),
  exporting('offline-plan', 'Export offline plan for TFLite Micro as metadata', hasPlan),
  exporting('netron', 'Export attachment for Netron', hasPlan),
  exporting('model-explorer', 'Export node data for Model Explorer', hasPlan),
  {
    id: 'export-graph-svg',
    title: 'Export graph as SVG',
    menu: 'File',
    enabled: hasModel,
    run: a => void a.exportGraph('svg'),
  },
  {
    id: 'export-graph-png',
    title: 'Export graph as PNG',
    menu: 'File',
    enabled: hasModel,
    run: a => void a.exportGraph('png'),
  },
  {
    id: 'export-npy',
    title: 'Export values of the tensor selected as .npy',
    menu: 'File',
    enabled: state => valuesTarget(state) !== undefined,
    run: (a, state) => {
      const tensor = valuesTarget(state);
      if (tensor !== undefined) void a.saveTensor(tensor);
    },
  },
  {
    id: 'close-model',
    title: 'Close model',
    menu: 'File',
    section: true,
    enabled: hasModel,
    run: (a, state) => state.active !== undefined && void a.close(state.active),
  },
];

const EDIT: readonly Command[] = [
  {
    id: 'undo',
    title: 'Undo setting',
    menu: 'Edit',
    shortcut: 'Ctrl+Z',
    enabled: state => (activeModel(state)?.options.past.length ?? 0) > 0,
    run: a => a.undo(),
  },
  {
    id: 'redo',
    title: 'Redo setting',
    menu: 'Edit',
    shortcut: 'Ctrl+Shift+Z',
    enabled: state => (activeModel(state)?.options.future.length ?? 0) > 0,
    run: a => a.redo(),
  },
  {
    id: 'find',
    title: 'Find in graph',
    menu: 'Edit',
    section: true,
    shortcut: 'Ctrl+F',
    enabled: hasModel,
    run: a => a.setFinding(true),
  },
  {
    id: 'clear-selection',
    title: 'Clear selection',
    menu: 'Edit',
    shortcut: 'Escape',
    enabled: hasSelection,
    run: a => a.select(undefined),
  },
];

const VIEW: readonly Command[] = [
  ...Object.entries(VIEWS).map(
    ([name, title], index): Command => ({
      id: `view-${name}`,
      title,
      menu: 'View',
      shortcut: String(index + 1),
      enabled: hasModel,
      checked: state => state.view === name,
      run: a => a.setView(name as ViewName),
    }),
  ),
  {
    id: 'column',
    title: 'Show the plan as executed',
    menu: 'View',
    section: true,
    shortcut: 'X',
    enabled: hasPlan,
    checked: state => activeModel(state)?.column === 'asExecuted',
    run: (a, state) => a.setColumn(activeModel(state)?.column === 'asGiven' ? 'asExecuted' : 'asGiven'),
  },
  { id: 'next-step', title: 'Next step', menu: 'View', shortcut: '.', enabled: hasPlan, run: moveStep(1) },
  {
    id: 'previous-step',
    title: 'Previous step',
    menu: 'View',
    shortcut: ',',
    enabled: hasPlan,
    run: moveStep(-1),
  },
  {
    id: 'peak-owners',
    title: 'Who owns the peak',
    menu: 'View',
    shortcut: 'O',
    enabled: hasPlan,
    checked: state => state.peakOwners,
    run: (a, state) => {
      const listed = state.view === 'timeline' || state.view === 'memory';
      a.setPeakOwners(!listed || !state.peakOwners);
      if (!listed) a.setView('timeline');
    },
  },
  {
    id: 'pin',
    title: 'Pin the tensor selected to the timeline',
    menu: 'View',
    shortcut: 'P',
    enabled: state => pinTarget(state) !== undefined,
    checked: state => {
      const tensor = pinTarget(state);
      return tensor !== undefined && activeModel(state)?.pinned.has(tensor) === true;
    },
    run: (a, state) => {
      const tensor = pinTarget(state);
      if (tensor !== undefined) a.togglePin(tensor);
    },
  },
  {
    id: 'time-axis',
    title: 'Measured time along timeline and memory map',
    menu: 'View',
    shortcut: 'T',
    enabled: hasRuns,
    checked: state => state.timeline.axis === 'time',
    run: (a, state) => a.setTimelineLook({ axis: state.timeline.axis === 'time' ? 'step' : 'time' }),
  },
  {
    id: 'roofline',
    title: 'Roofline plot',
    menu: 'View',
    shortcut: 'R',
    enabled: hasPlan,
    checked: state => state.roofline,
    run: (a, state) => {
      a.setRoofline(state.view !== 'operators' || !state.roofline);
      a.setView('operators');
    },
  },
  {
    id: 'theme-system',
    title: 'Theme of the system',
    menu: 'View',
    section: true,
    enabled: always,
    checked: state => state.theme === 'system',
    run: a => a.setTheme('system'),
  },
  {
    id: 'theme-light',
    title: 'Light theme',
    menu: 'View',
    enabled: always,
    checked: state => state.theme === 'light',
    run: a => a.setTheme('light'),
  },
  {
    id: 'theme-dark',
    title: 'Dark theme',
    menu: 'View',
    enabled: always,
    checked: state => state.theme === 'dark',
    run: a => a.setTheme('dark'),
  },
];

const GRAPH: readonly Command[] = [
  {
    id: 'expand',
    title: 'Expand, collapse or enter what is selected',
    menu: 'Graph',
    shortcut: 'E',
    enabled: state => expandable(state) !== undefined,
    run: (a, state) => expandable(state)?.(a),
  },
  {
    id: 'expand-all',
    title: 'Expand all groups',
    menu: 'Graph',
    shortcut: 'Shift+E',
    enabled: hasModel,
    run: a => a.openScopes('all'),
  },
  {
    id: 'collapse-all',
    title: 'Collapse all groups',
    menu: 'Graph',
    shortcut: 'Shift+C',
    enabled: hasModel,
    run: a => a.openScopes('none'),
  },
  {
    id: 'leave-body',
    title: 'Leave the subgraph',
    menu: 'Graph',
    shortcut: 'Backspace',
    enabled: state => (activeModel(state)?.path.length ?? 0) > 0,
    run: (a, state) => a.leaveBody((activeModel(state)?.path.length ?? 1) - 1),
  },
  {
    id: 'graph-direction',
    title: 'Draw from left to right',
    menu: 'Graph',
    section: true,
    shortcut: 'H',
    enabled: hasModel,
    checked: state => state.graph.direction === 'right',
    run: (a, state) => a.setGraphLook({ direction: state.graph.direction === 'right' ? 'down' : 'right' }),
  },
  {
    id: 'graph-wrap',
    title: 'Break long graphs into columns',
    menu: 'Graph',
    shortcut: 'Shift+W',
    enabled: hasModel,
    checked: state => state.graph.wrap,
    run: (a, state) => a.setGraphLook({ wrap: !state.graph.wrap }),
  },
  {
    id: 'graph-fused',
    title: 'Draw fused groups as one operator',
    menu: 'Graph',
    shortcut: 'G',
    enabled: hasPlan,
    checked: state => state.graph.fusion === 'joined',
    run: (a, state) => a.setGraphLook({ fusion: state.graph.fusion === 'joined' ? 'framed' : 'joined' }),
  },
  {
    id: 'minimap',
    title: 'Minimap',
    menu: 'Graph',
    shortcut: 'M',
    enabled: hasModel,
    checked: state => state.graph.minimap,
    run: (a, state) => a.setGraphLook({ minimap: !state.graph.minimap }),
  },
  {
    id: 'colour-family',
    title: 'Colour by operator family',
    menu: 'Graph',
    section: true,
    enabled: hasModel,
    checked: state => state.graph.colour === 'family',
    run: a => a.setGraphLook({ colour: 'family' }),
  },
  {
    id: 'colour-time',
    title: 'Colour by measured time',
    menu: 'Graph',
    shortcut: 'Shift+T',
    enabled: hasRuns,
    checked: state => state.graph.colour === 'time',
    run: a => a.setGraphLook({ colour: 'time' }),
  },
  {
    id: 'colour-difference',
    title: 'Colour by time difference of A and B',
    menu: 'Graph',
    shortcut: 'Shift+D',
    enabled: bothCompared,
    checked: state => state.graph.colour === 'difference',
    run: a => a.setGraphLook({ colour: 'difference' }),
  },
  {
    id: 'colour-changes',
    title: 'Colour by changes against the other model',
    menu: 'Graph',
    shortcut: 'Shift+A',
    enabled: state => {
      const model = activeModel(state);
      return model !== undefined && changesOf(state, model) !== undefined;
    },
    checked: state => state.graph.colour === 'changes',
    run: a => a.setGraphLook({ colour: 'changes' }),
  },
  {
    id: 'colour-bytes',
    title: 'Colour by bytes written',
    menu: 'Graph',
    shortcut: 'Shift+B',
    enabled: hasPlan,
    checked: state => state.graph.colour === 'bytes',
    run: a => a.setGraphLook({ colour: 'bytes' }),
  },
  {
    id: 'colour-peak',
    title: 'Colour by share of the peak',
    menu: 'Graph',
    shortcut: 'Shift+K',
    enabled: hasPlan,
    checked: state => state.graph.colour === 'peak',
    run: a => a.setGraphLook({ colour: 'peak' }),
  },
  {
    id: 'colour-fusion',
    title: 'Colour by fusion',
    menu: 'Graph',
    shortcut: 'Shift+G',
    enabled: hasPlan,
    checked: state => state.graph.colour === 'fusion',
    run: a => a.setGraphLook({ colour: 'fusion' }),
  },
  {
    id: 'trace-inputs',
    title: 'Select all that leads to it',
    menu: 'Graph',
    section: true,
    shortcut: 'Shift+I',
    enabled: hasSelection,
    run: a => a.trace('inputs'),
  },
  {
    id: 'trace-outputs',
    title: 'Select all that depends on it',
    menu: 'Graph',
    shortcut: 'Shift+O',
    enabled: hasSelection,
    run: a => a.trace('outputs'),
  },
];

/** What expanding means for the selection: opening or closing a scope, or going into a body. */
function expandable(state: AppState): ((actions: Actions) => void) | undefined {
  const outer = activeModel(state);
  const model = outer && insideOf(outer);
  const selection = model?.selection;
  if (!selection || selection.body !== model.body) return undefined;
  if (selection.kind === 'scope') return actions => actions.toggleScope(selection.id);
  const [body] = (selection.kind === 'node' && model.index.nodes.get(selection.id)?.subgraphs) || [];
  return body && (actions => actions.enterBody(Number(selection.id), body.attribute));
}

const RUN: readonly Command[] = [
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
    enabled: state => canRun(state) && bothCompared(state),
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
    run: (a, state) => a.set({ planner: plannerOn(state) ? 'off' : 'size' }),
  },
];

/** Steps that follow each other, row by row. */
const DEPTH_FIRST = [
  ['off', 'Step by step'],
  ['auto', 'Depth-first where it is faster'],
  ['memory', 'Depth-first for the least memory'],
] as const;

const ORDER: readonly Command[] = DEPTH_FIRST.map(
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

const HELP: readonly Command[] = [
  {
    id: 'palette',
    title: 'Command palette…',
    menu: 'Help',
    shortcut: 'Ctrl+K',
    enabled: always,
    run: a => a.showDialog('palette'),
  },
  {
    id: 'shortcuts',
    title: 'Keyboard shortcuts',
    menu: 'Help',
    shortcut: '?',
    enabled: always,
    run: a => a.showDialog('shortcuts'),
  },
  {
    id: 'about',
    title: 'About Arenascope',
    menu: 'Help',
    section: true,
    enabled: always,
    run: a => a.showDialog('about'),
  },
];

export const COMMANDS: readonly Command[] = [...FILE, ...EDIT, ...VIEW, ...GRAPH, ...RUN, ...ORDER, ...HELP];

/** Second shortcuts for what other tools taught people. */
export const ALIASES: Readonly<Record<string, string>> = {
  'Ctrl+Shift+P': 'palette',
  'Ctrl+Y': 'redo',
  F5: 'run',
};

/** Keys that a view handles itself while it has the focus: shown in the shortcut sheet. */
export const VIEW_KEYS: readonly { readonly where: string; readonly keys: string; readonly title: string }[] =
  [
    { where: 'Graph', keys: 'F', title: 'Fit the whole graph' },
    { where: 'Graph', keys: 'Enter', title: 'Expand a group, enter a subgraph' },
    { where: 'Graph', keys: '[ ]', title: 'Go to the producer or a consumer' },
    { where: 'Graph search', keys: '↑ ↓ Enter', title: 'Choose and go to a hit' },
    { where: 'Timeline, memory map', keys: 'W S', title: 'Zoom in and out' },
    { where: 'Timeline, memory map', keys: 'A D', title: 'Move left and right' },
    { where: 'Timeline, memory map', keys: 'F', title: 'Fit what is selected, then everything' },
    { where: 'Timeline, memory map', keys: 'Drag', title: 'Select steps; with Shift: move' },
    { where: 'Timeline, memory map', keys: '↑ ↓', title: 'Select the tensor before or after' },
    { where: 'Timeline, memory map', keys: 'Ctrl+wheel', title: 'Zoom at the pointer' },
    { where: 'Timeline, memory map', keys: 'Shift+wheel', title: 'Move sideways; zoom offsets' },
    { where: 'Tables', keys: '↑ ↓ Home End', title: 'Select a row' },
  ];

export const findCommand = (id: string): Command | undefined => COMMANDS.find(command => command.id === id);
