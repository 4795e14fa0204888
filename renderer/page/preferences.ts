// What is remembered between starts on this machine: theme, number of timed runs. Nothing about models.

import type { AppState, Theme } from '../state/app-state.ts';
import type { AppStore } from '../state/store.ts';

const KEY = 'arenascope.preferences';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** What can't be read counts as never chosen. */
export function loadPreferences(): Partial<AppState> {
  const text = localStorage.getItem(KEY);
  if (text === null) return {};
  const { theme, iterations } = parse(text);
  return {
    ...(THEMES.includes(theme as Theme) && { theme: theme as Theme }),
    ...(typeof iterations === 'number' && iterations >= 1 && iterations <= 10_000 && { iterations }),
  };
}

/** What an older version wrote, or somebody by hand, is no reason not to start. */
function parse(text: string): { readonly theme?: unknown; readonly iterations?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === 'object' ? value : {};
  } catch {
    return {};
  }
}

/** Writes them down whenever one changes, from now on. */
export function savePreferences(store: AppStore): void {
  store.subscribe((state, before) => {
    if (state.theme === before.theme && state.iterations === before.iterations) return;
    localStorage.setItem(KEY, JSON.stringify({ theme: state.theme, iterations: state.iterations }));
  });
}
