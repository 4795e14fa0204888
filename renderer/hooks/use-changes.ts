// What to mark in a model's graph, or the body of it that was entered, while it is compared with another open model.

import { useMemo } from 'react';
import type { OpenModel } from '../state/app-state.ts';
import { type Change, changesOf, comparedPair } from '../state/derived/versions.ts';
import { useApp, useAppParts } from './app-context.ts';
import { useMatched } from './use-matched.ts';

/** Undefined while there is nothing to compare with, or that is being found out. */
export function useChanges(model: OpenModel): ReadonlyMap<number, Change> | undefined {
  const { store } = useAppParts();
  // What counts is which graphs are compared, and whether their weights are, not what else changes in them.
  const pairs = useApp(state =>
    state.models
      .map(({ id, against, weights }) => `${id} ${against ?? ''} ${weights?.state ?? ''}`)
      .join('\n'),
  );
  const { before, after } = comparedPair(store.getState(), model) ?? {};
  const matched = useMatched(before, after);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the pairs stand for the models
  return useMemo(
    () => (matched ? changesOf(store.getState(), model) : undefined),
    [pairs, model.id, model.path, matched],
  );
}
