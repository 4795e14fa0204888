// What is open, as it is remembered for a page that is loaded again: sources and settings, no data and no runs.

import type { CompileOptions } from '../../engine/options.ts';
import type { ModelSource } from '../../engine/protocol.ts';
import { type AppState, optionsOf, VIEWS, type ViewName } from './app-state.ts';

export interface OpenBefore {
  readonly source: ModelSource;
  readonly options: CompileOptions;
}

export interface SessionBefore {
  readonly models: readonly OpenBefore[];
  /** position of the model that was shown */
  readonly active: number;
  readonly view: ViewName;
}

export const sessionOf = (state: AppState): SessionBefore => ({
  models: state.models.map(model => ({ source: model.source, options: optionsOf(model) })),
  active: Math.max(
    0,
    state.models.findIndex(({ id }) => id === state.active),
  ),
  view: state.view,
});

/** What was written by `sessionOf`; undefined for anything else, and where nothing was open. */
export function parseSession(text: string | null): SessionBefore | undefined {
  try {
    const value: Partial<SessionBefore> | null = JSON.parse(text ?? 'null');
    const models = value?.models?.filter(({ source, options }) => source?.kind && options?.planner) ?? [];
    if (models.length === 0) return undefined;
    const view = Object.keys(VIEWS).find(name => name === value?.view) as ViewName | undefined;
    return { models, active: Number(value?.active) || 0, view: view ?? 'graph' };
  } catch {
    // Somebody else's text is no session.
    return undefined;
  }
}
