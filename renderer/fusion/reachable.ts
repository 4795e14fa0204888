// What scrolls must be reached with the keyboard, also where nothing in it can be pressed.

export const REACHABLE = { tabIndex: 0 } as const;
