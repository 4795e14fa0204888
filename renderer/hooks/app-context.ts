// How components reach the store, the actions and the bridge.

import { createContext, useContext, useState } from 'react';
import { useStore } from 'zustand';
import type { Bridge } from '../bridge/bridge.ts';
import type { Actions } from '../state/actions.ts';
import { type AppState, isPending, type OpenModel } from '../state/app-state.ts';
import type { Selection } from '../state/selection.ts';
import type { AppStore } from '../state/store.ts';

export interface AppParts {
  readonly store: AppStore;
  readonly actions: Actions;
  readonly bridge: Bridge;
}

export const AppContext = createContext<AppParts | undefined>(undefined);

/** Throws outside the app: a component that stands there is our mistake. */
export function useAppParts(): AppParts {
  const parts = useContext(AppContext);
  if (!parts) throw new Error('a component stands outside the app');
  return parts;
}

/** Re-renders when the selected part of the state changes. */
export const useApp = <T>(selector: (state: AppState) => T): T => useStore(useAppParts().store, selector);

export const useActions = (): Actions => useAppParts().actions;

/** Selects in the graph that the surrounding components show: the model's, or a body's. */
export function useSelect(): (selection: Selection | undefined) => void {
  const { actions } = useAppParts();
  const body = useContext(ModelContext)?.body;
  return selection => actions.select(selection && body !== undefined ? { ...selection, body } : selection);
}

/** The model as the workspace shows it; see useSettledModel. */
export const ModelContext = createContext<OpenModel | undefined>(undefined);

/** The model shown. Panels and views are only mounted while there is one. */
export function useModel(): OpenModel {
  const model = useContext(ModelContext);
  if (!model) throw new Error('a view is mounted without a model');
  return model;
}

/**
 * The model with the last settings that were planned, while those chosen now still are: views go on showing the plan
 * before, with their zoom and place, instead of going away for a moment.
 */
export function useSettledModel(model: OpenModel): { readonly model: OpenModel; readonly pending: boolean } {
  const pending = isPending(model);
  const { id, options } = model;
  const [settled, setSettled] = useState({ id, options });
  // Of another model nothing was planned before.
  const waits = pending && settled.id === id;
  if (!waits && (settled.id !== id || settled.options !== options)) setSettled({ id, options });
  return { model: waits ? { ...model, options: settled.options } : model, pending };
}
