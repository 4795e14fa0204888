// What is open in this tab, kept by the browser until the tab is closed.

import { parseSession, type SessionBefore, sessionOf } from '../state/session.ts';
import type { AppStore } from '../state/store.ts';

const KEY = 'arenascope.session';

export const loadSession = (): SessionBefore | undefined => parseSession(sessionStorage.getItem(KEY));

/** Runs are kept by this page only: it asks before they are lost. The desktop's window asks nobody. */
export function guardRuns(store: AppStore): void {
  window.addEventListener('beforeunload', event => {
    if (store.getState().models.some(({ runs }) => runs.length > 0)) event.preventDefault();
  });
}

/** Keeps it up with what is open from now on. */
export function saveSession(store: AppStore): void {
  store.subscribe((state, before) => {
    const same =
      state.models === before.models && state.active === before.active && state.view === before.view;
    if (!same) sessionStorage.setItem(KEY, JSON.stringify(sessionOf(state)));
  });
}
