// Spatial loops in one form: one, two and three spatial axes become exactly three by leading axes of extent 1.

import { ShapeError } from '../../ir/ops/errors.ts';
import type { SlidingWindow } from '../../ir/ops/layers/window.ts';
import type { Shape } from '../../ir/types.ts';

/** One number for each of three spatial axes; with fewer axes the first are 1, of pads 0. */
export type Triple = readonly [number, number, number];

/** A window over three axes; `pads` are those at the beginning of each axis. */
export interface Window3 {
  readonly kernel: Triple;
  readonly strides: Triple;
  readonly dilations: Triple;
  readonly pads: Triple;
  readonly output: Triple;
  readonly input: Triple;
}

/** Pads a list of up to three numbers at the front. */
export function triple(list: readonly number[], filler: number): Triple {
  if (list.length > 3) throw new ShapeError(`${list.length} spatial axes: at most 3 are supported`);
  const [a = filler, b = filler, c = filler] = [...new Array(3 - list.length).fill(filler), ...list];
  return [a, b, c];
}

/** A window over one to three spatial axes as one over three. */
export const window3 = (window: SlidingWindow, input: Shape): Window3 => ({
  kernel: triple(window.kernel, 1),
  strides: triple(window.strides, 1),
  dilations: triple(window.dilations, 1),
  pads: triple(window.padsBegin, 0),
  output: triple(window.output, 1),
  input: triple(input, 1),
});

/** First and end output coordinate for which coordinate · stride + offset lies in [0, extent). */
export function validRange(
  extent: number,
  stride: number,
  offset: number,
  outputs: number,
): [number, number] {
  const first = Math.max(0, Math.ceil(-offset / stride));
  const end = Math.min(outputs, Math.floor((extent - 1 - offset) / stride) + 1);
  return [first, Math.max(first, end)];
}
