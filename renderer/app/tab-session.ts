// What is open in this tab, kept by the browser until the tab is closed.

import { parseSession, type SessionBefore, sessionOf } from '../state/session.ts';
import type { AppStore } from '../state/store.ts';

const KEY = 'arenascope.session';

export const loadSession = (): SessionBefore | undefined => parseSession(sessionStorage.getItem(KEY));

/** Keeps it up with what is open from now on. */
export function saveSession(store: AppStore): void {
  store.subscribe((state, before) => {
    const same =
      state.models === before.models && state.active === before.active && state.view === before.view;
    if (!same) sessionStorage.setItem(KEY, JSON.stringify(sessionOf(state)));
  });
}
