// A range with the keys that every chart shares: W S zoom, A D move. It stays with the model when the tab is left.

import { useCallback, useMemo } from 'react';
import { useKept } from '../hooks/use-kept.ts';
import type { KeyPress } from '../hooks/use-unfocused-keys.ts';
import { latinKey } from '../state/commands/latin-key.ts';
import { clampRange, type Limits, moveRange, type Range, revealInRange, spanOf, zoomRange } from './range.ts';

const ZOOM_STEP = 0.8;
const MOVE_STEP = 0.15;

export interface RangeControl {
  readonly range: Range;
  readonly limits: Limits;
  readonly set: (range: Range) => void;
  readonly zoom: (factor: number, at: number) => void;
  /** moves by a distance in the range's unit */
  readonly moveBy: (distance: number) => void;
  /** the smallest move that shows a part */
  readonly reveal: (part: Range) => void;
  readonly fit: () => void;
  /** true when the key was one of W S A D */
  readonly onKey: (event: KeyPress, at: number) => boolean;
}

/** `key`: what the range is kept under. */
export function useRange(key: string, limits: Limits): RangeControl {
  const { from, to, leastSpan } = limits;
  const stable = useMemo(() => ({ from, to, leastSpan }), [from, to, leastSpan]);
  // Undefined is everything, also when there comes to be more of it.
  const [wanted, setWanted] = useKept<Range | undefined>(key, undefined);
  const range = useMemo(() => clampRange(wanted ?? stable, stable), [wanted, stable]);
  const set = useCallback(
    (next: Range) => setWanted(spanOf(next) >= spanOf(stable) ? undefined : clampRange(next, stable)),
    [stable, setWanted],
  );
  const zoom = (factor: number, at: number): void => set(zoomRange(range, factor, at, stable));
  const move = (share: number): void => set(moveRange(range, share, stable));
  const onKey = (event: KeyPress, at: number): boolean => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    switch (latinKey(event)) {
      case 'w':
        zoom(ZOOM_STEP, at);
        return true;
      case 's':
        zoom(1 / ZOOM_STEP, at);
        return true;
      case 'a':
        move(-MOVE_STEP);
        return true;
      case 'd':
        move(MOVE_STEP);
        return true;
      default:
        return false;
    }
  };
  const moveBy = (by: number): void => set({ from: range.from + by, to: range.to + by });
  const reveal = (part: Range): void => set(revealInRange(range, part, stable));
  return { range, limits: stable, set, zoom, moveBy, reveal, fit: () => setWanted(undefined), onKey };
}
