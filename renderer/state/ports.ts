// What actions need besides the store.

import type { Bridge, PickedFile, SavedFile } from '../bridge/bridge.ts';
import type { AppState } from './app-state.ts';

/** The way to an engine, and what only a page can do. */
export interface ActionPorts {
  readonly bridge: Bridge;
  /** asks the user for files; none when the dialog was closed */
  readonly pickFiles: (kind: 'files' | 'folder') => Promise<readonly PickedFile[]>;
  /** draws the whole graph that is shown, as a file */
  readonly drawGraph: (state: AppState, format: 'svg' | 'png') => Promise<SavedFile>;
}
