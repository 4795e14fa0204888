// Every channel between page and main process, in one place.

export const CHANNELS = {
  /** page → main: ClientMessage */
  client: 'arenascope:client',
  /** main → page: ServerMessage */
  server: 'arenascope:server',
  /** page → main, answered: a save dialog */
  save: 'arenascope:save',
} as const;

/** The scheme the app's own files are served under; nothing else is ever loaded. */
export const APP_SCHEME = 'app';
export const APP_ORIGIN = `${APP_SCHEME}://arenascope`;
