// What is open in this tab, kept by the browser until the tab is closed.

import { parseSession, type SessionBefore, sessionOf } from '../state/session.ts';
import type { AppStore } from '../state/store.ts';

const KEY = 'arenascope.session';

/** Selecting and moving must not wait for it. */
const DELAY_MS = 300;

export const loadSession = (): SessionBefore | undefined => parseSession(sessionStorage.getItem(KEY));

/** Keeps it up with the state from now on: a moment after each change, and at once when the page goes. */
export function saveSession(store: AppStore): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    try {
      sessionStorage.setItem(KEY, JSON.stringify(sessionOf(store.getState())));
    } catch {
      // The browser has no room for it: what was written last would be older than what is open.
      sessionStorage.removeItem(KEY);
    }
  };
  store.subscribe(() => {
    timer ??= setTimeout(write, DELAY_MS);
  });
  window.addEventListener('pagehide', () => {
    if (timer !== undefined) write();
  });
}
