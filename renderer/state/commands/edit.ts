// Undo, finding and the selection.

import { activeModel } from '../app-state.ts';
import type { Command } from './command.ts';
import { hasModel, hasSelection } from './conditions.ts';

export const EDIT: readonly Command[] = [
  {
    id: 'undo',
    title: 'Undo setting',
    menu: 'Edit',
    shortcut: 'Ctrl+Z',
    enabled: state => (activeModel(state)?.options.past.length ?? 0) > 0,
    run: a => void a.undo(),
  },
  {
    id: 'redo',
    title: 'Redo setting',
    menu: 'Edit',
    shortcut: 'Ctrl+Shift+Z',
    enabled: state => (activeModel(state)?.options.future.length ?? 0) > 0,
    run: a => void a.redo(),
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
