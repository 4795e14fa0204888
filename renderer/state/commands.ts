// The one command table: menu bar, palette, keyboard and the shortcut sheet are all made from it.

import type { Actions } from './actions.ts';
import {
  type AppState,
  activeModel,
  optionsOf,
  reportOf,
  stepOf,
  VIEWS,
  type ViewName,
} from './app-state.ts';

export const MENUS = ['File', 'Edit', 'View', 'Run', 'Help'] as const;
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
const fusionOn = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && optionsOf(model).fusion;
};
const plannerOn = (state: AppState): boolean => {
  const model = activeModel(state);
  return model !== undefined && optionsOf(model).planner !== 'off';
};
const moveStep =
  (by: number): Command['run'] =>
  (actions, state) => {
    const model = activeModel(state);
    if (model) actions.setStep(Math.max(0, stepOf(model) + by));
  };

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
    id: 'export-trace',
    title: 'Export run as Chrome trace',
    menu: 'File',
    enabled: hasRuns,
    run: a => void a.exportAs('trace'),
  },
  {
    id: 'export-csv',
    title: 'Export planning problem as CSV',
    menu: 'File',
    enabled: hasPlan,
    run: a => void a.exportAs('csv'),
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
    enabled: state => activeModel(state)?.selection !== undefined,
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

const RUN: readonly Command[] = [
  { id: 'run', title: 'Run', menu: 'Run', shortcut: 'Ctrl+Enter', enabled: canRun, run: a => void a.run() },
  {
    id: 'cancel',
    title: 'Cancel what is running',
    menu: 'Run',
    shortcut: 'Ctrl+.',
    enabled: state => state.jobs.length > 0,
    run: a => a.cancelAll(),
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

export const COMMANDS: readonly Command[] = [...FILE, ...EDIT, ...VIEW, ...RUN, ...HELP];

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
    { where: 'Graph', keys: '[ ]', title: 'Go to the producer or a consumer' },
    { where: 'Graph search', keys: '↑ ↓ Enter', title: 'Choose and go to a hit' },
    { where: 'Timeline, memory map', keys: 'W S', title: 'Zoom in and out' },
    { where: 'Timeline, memory map', keys: 'A D', title: 'Move left and right' },
    { where: 'Timeline, memory map', keys: 'F', title: 'Fit everything' },
    { where: 'Timeline, memory map', keys: '↑ ↓', title: 'Select the tensor before or after' },
    { where: 'Timeline, memory map', keys: 'Ctrl+wheel', title: 'Zoom at the pointer' },
    { where: 'Timeline, memory map', keys: 'Shift+wheel', title: 'Move sideways; zoom offsets' },
    { where: 'Tables', keys: '↑ ↓ Home End', title: 'Select a row' },
  ];

export const findCommand = (id: string): Command | undefined => COMMANDS.find(command => command.id === id);
