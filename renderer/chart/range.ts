// The part of an axis that is on the screen, and how zooming and moving change it. Pure.
// Invariant: a range lies within its limits and is never narrower than the least span.

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Limits extends Range {
  readonly leastSpan: number;
}

export const spanOf = (range: Range): number => range.to - range.from;

/** Moves a range back between its limits, keeping its span where it fits. */
export function clampRange(range: Range, limits: Limits): Range {
  const whole = spanOf(limits);
  const span = Math.min(whole, Math.max(spanOf(range), Math.min(limits.leastSpan, whole)));
  const from = Math.min(Math.max(range.from, limits.from), limits.to - span);
  return { from, to: from + span };
}

/** Zooms around `at`, which stays where it is: factor 0.5 shows half as much. */
export function zoomRange(range: Range, factor: number, at: number, limits: Limits): Range {
  const span = Math.min(spanOf(limits), Math.max(spanOf(range) * factor, limits.leastSpan));
  const place = spanOf(range) === 0 ? 0 : (at - range.from) / spanOf(range);
  const from = at - place * span;
  return clampRange({ from, to: from + span }, limits);
}

/** Moves by a share of what is shown: 0.1 is a tenth of the screen. */
export function moveRange(range: Range, share: number, limits: Limits): Range {
  const by = spanOf(range) * share;
  return clampRange({ from: range.from + by, to: range.to + by }, limits);
}

/** The smallest move that brings [from, to] into view. */
export function revealInRange(range: Range, target: Range, limits: Limits): Range {
  if (target.from >= range.from && target.to <= range.to) return range;
  const centre = (target.from + target.to) / 2;
  const span = Math.max(spanOf(range), spanOf(target));
  return clampRange({ from: centre - span / 2, to: centre + span / 2 }, limits);
}
