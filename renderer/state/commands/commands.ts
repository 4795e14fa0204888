// The one command table: menu bar, palette, keyboard and the shortcut sheet are all made from it.

import type { Command } from './command.ts';
import { EDIT } from './edit.ts';
import { FILE } from './file.ts';
import { GRAPH } from './graph.ts';
import { HELP } from './help.ts';
import { RUN } from './run.ts';
import { SETTINGS } from './settings.ts';
import { VIEW } from './view.ts';

export const COMMANDS: readonly Command[] = [
  ...FILE,
  ...EDIT,
  ...VIEW,
  ...GRAPH,
  ...RUN,
  ...SETTINGS,
  ...HELP,
];

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
    { where: 'Graph', keys: '↑ ↓ ← →', title: 'Go to the nearest operator' },
    { where: 'Graph', keys: 'Shift+arrows', title: 'Move the view' },
    { where: 'Graph', keys: 'W S', title: 'Zoom in and out' },
    { where: 'Graph', keys: 'A D', title: 'Move left and right' },
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
