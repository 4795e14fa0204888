// How components reach the store, the actions and the bridge.

import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Bridge } from '../bridge/bridge.ts';
import type { Actions } from '../state/actions.ts';
import { type AppState, activeModel, type OpenModel } from '../state/app-state.ts';
import type { AppStore } from '../state/store.ts';

export interface AppParts {
  readonly store: AppStore;
  readonly actions: Actions;
  readonly bridge: Bridge;
}

export const AppContext = createContext<AppParts | undefined>(undefined);

export function useAppParts(): AppParts {
  const parts = useContext(AppContext);
  if (!parts) throw new Error('a component stands outside the app');
  return parts;
}

/** Re-renders when the selected part of the state changes. */
export const useApp = <T>(selector: (state: AppState) => T): T => useStore(useAppParts().store, selector);

export const useActions = (): Actions => useAppParts().actions;

/** The model shown. Views are only mounted while there is one. */
export function useModel(): OpenModel {
  const model = useApp(activeModel);
  if (!model) throw new Error('a view is mounted without a model');
  return model;
}
