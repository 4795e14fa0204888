// What to mark in a model's graph while it is compared with another open model.

import { useMemo } from 'react';
import type { OpenModel } from '../state/app-state.ts';
import { type Change, changesOf } from '../state/versions.ts';
import { useApp, useAppParts } from './app-context.ts';

/** Undefined while there is nothing to compare with. */
export function useChanges(model: OpenModel): ReadonlyMap<number, Change> | undefined {
  const { store } = useAppParts();
  // What counts is which graphs are compared, not what else changes in them.
  const pairs = useApp(state => state.models.map(({ id, against }) => `${id} ${against ?? ''}`).join('\n'));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the pairs stand for the models
  return useMemo(() => changesOf(store.getState(), model), [pairs, model.id]);
}
