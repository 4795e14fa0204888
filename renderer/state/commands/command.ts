// What a command is.

import type { Actions } from '../actions.ts';
import type { AppState } from '../app-state.ts';

export const MENUS = ['File', 'Edit', 'View', 'Graph', 'Run', 'Settings', 'Help'] as const;
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
