// State of a view that outlives it: views come and go with their tabs, what was set in them stays with the model.
// Everything that uses a key shows the same value.

import { useCallback, useState, useSyncExternalStore } from 'react';
import { useModel } from './app-context.ts';

interface Kept {
  readonly values: Map<string, unknown>;
  readonly listeners: Set<() => void>;
}

const KEPT = new WeakMap<object, Kept>();

function keptOf(owner: object): Kept {
  const kept = KEPT.get(owner) ?? { values: new Map(), listeners: new Set() };
  KEPT.set(owner, kept);
  return kept;
}

/** Like useState, kept under `key` for as long as the model is open. */
export function useKept<T>(key: string, initial: T): readonly [T, (next: T) => void] {
  const kept = keptOf(useModel().summary);
  const [first] = useState(() => initial);
  const subscribe = useCallback(
    (listener: () => void) => {
      kept.listeners.add(listener);
      return () => kept.listeners.delete(listener);
    },
    [kept],
  );
  const value = useSyncExternalStore(subscribe, () =>
    kept.values.has(key) ? (kept.values.get(key) as T) : first,
  );
  const set = useCallback(
    (next: T): void => {
      kept.values.set(key, next);
      for (const listener of kept.listeners) listener();
    },
    [kept, key],
  );
  return [value, set];
}
