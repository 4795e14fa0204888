// A range with the keys and the wheel that every chart shares: W S zoom, A D move, F fits.

import { type KeyboardEvent, useCallback, useMemo, useState } from 'react';
import { clampRange, type Limits, moveRange, type Range, spanOf, zoomRange } from './range.ts';

const ZOOM_STEP = 0.8;
const MOVE_STEP = 0.15;

export interface RangeControl {
  readonly range: Range;
  readonly limits: Limits;
  readonly set: (range: Range) => void;
  readonly zoom: (factor: number, at: number) => void;
  readonly fit: () => void;
  /** true when the key was one of W S A D */
  readonly onKey: (event: KeyboardEvent, at: number) => boolean;
}

export function useRange(limits: Limits): RangeControl {
  const { from, to, leastSpan } = limits;
  const stable = useMemo(() => ({ from, to, leastSpan }), [from, to, leastSpan]);
  // Undefined is everything, also when there comes to be more of it.
  const [wanted, setWanted] = useState<Range>();
  const range = useMemo(() => clampRange(wanted ?? stable, stable), [wanted, stable]);
  const set = useCallback(
    (next: Range) => setWanted(spanOf(next) >= spanOf(stable) ? undefined : next),
    [stable],
  );
  const zoom = (factor: number, at: number): void => set(zoomRange(range, factor, at, stable));
  const move = (share: number): void => set(moveRange(range, share, stable));
  const onKey = (event: KeyboardEvent, at: number): boolean => {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    switch (event.key.toLowerCase()) {
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
  return { range, limits: stable, set, zoom, fit: () => setWanted(undefined), onKey };
}
