// Every channel between page and main process, in one place.

export const CHANNELS = {
  /** page → main: ClientMessage */
  client: 'arenascope:client',
  /** main → page: ServerMessage */
  server: 'arenascope:server',
  /** page → main, answered: a save dialog */
  save: 'arenascope:save',
  /** preload → main: the path of a file that the user picked or dropped, which may then be opened */
  picked: 'arenascope:picked',
  /** page → main: the menus as they are now, from the command table */
  menus: 'arenascope:menus',
  /** main → page: the id of the command chosen in a menu */
  command: 'arenascope:command',
  /** page → main: which theme the app has */
  theme: 'arenascope:theme',
  /** page → main: a page on the web to show in the system's browser */
  link: 'arenascope:link',
} as const;

/** The scheme the app's own files are served under; nothing else is ever loaded. */
export const APP_SCHEME = 'app';
export const APP_ORIGIN = `${APP_SCHEME}://arenascope`;
