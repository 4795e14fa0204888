// What to draw of steps that may be narrower than a pixel: one step per pixel, the one that weighs most. Pure.

import type { StepScale } from './step-axis.ts';

export interface Span {
  readonly left: number;
  readonly right: number;
  readonly step: number;
}

/** From left to right, without gaps, between two places on the screen. */
export function spansOf(
  scale: StepScale,
  steps: number,
  [left, right]: readonly [number, number],
  weight: (step: number) => number,
): readonly Span[] {
  const first = Math.max(0, Math.floor(scale.stepAt(left)));
  const last = Math.min(steps - 1, Math.floor(scale.stepAt(right)));
  if (last - first <= right - left) {
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
      const step = first + index;
      return {
        left: Math.max(left, scale.xOf(step)),
        right: Math.min(right, scale.xOf(step + 1)),
        step,
      };
    });
  }
  const spans: Span[] = [];
  let from = first;
  for (let x = left; x < right && from <= last; x++) {
    const to = Math.min(last + 1, Math.max(from + 1, Math.floor(scale.stepAt(x + 1))));
    let heaviest = from;
    for (let step = from + 1; step < to; step++) if (weight(step) > weight(heaviest)) heaviest = step;
    spans.push({ left: x, right: Math.min(right, x + 1), step: heaviest });
    from = to;
  }
  return spans;
}
