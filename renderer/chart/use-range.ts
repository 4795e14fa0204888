// A range with the keys and the wheel that every chart shares: W S zoom, A D move, F fits.

import { type KeyboardEvent, useCallback, useMemo, useState } from 'react';
import { clampRange, type Limits, moveRange, type Range, zoomRange } from './range.ts';

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
  const [wanted, setWanted] = useState<Range>(stable);
  const range = useMemo(() => clampRange(wanted, stable), [wanted, stable]);
  const zoom = useCallback(
    (factor: number, at: number) => setWanted(now => zoomRange(clampRange(now, stable), factor, at, stable)),
    [stable],
  );
  const move = useCallback(
    (share: number) => setWanted(now => moveRange(clampRange(now, stable), share, stable)),
    [stable],
  );
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
  return {
    range,
    limits: stable,
    set: setWanted,
    zoom,
    fit: useCallback(() => setWanted(stable), [stable]),
    onKey,
  };
}
