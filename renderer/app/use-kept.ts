// State of a view that outlives it: views come and go with their tabs, what was set in them stays with the model.

import { useCallback, useState } from 'react';
import { useModel } from './app-context.ts';

const KEPT = new WeakMap<object, Map<string, unknown>>();

/** Like useState, kept under `key` for as long as the model is open. One place at a time may use a key. */
export function useKept<T>(key: string, initial: T): readonly [T, (next: T) => void] {
  const { summary } = useModel();
  const kept = KEPT.get(summary) ?? new Map<string, unknown>();
  KEPT.set(summary, kept);
  const [value, setValue] = useState<T>(() => (kept.has(key) ? (kept.get(key) as T) : initial));
  const set = useCallback(
    (next: T): void => {
      kept.set(key, next);
      setValue(next);
    },
    [kept, key],
  );
  return [value, set];
}
