// Windows of convolutions and pools: kernel, strides, dilations and padding in two dimensions, from ONNX attributes.

import { intsAttribute, stringAttribute } from '../ir/attributes.ts';
import type { Node, Shape } from '../ir/types.ts';
import type { Axes } from './access.ts';
import type { Window } from './spec.ts';

export type Pair = readonly [vertical: number, horizontal: number];

/** The last two of one or two numbers; one-dimensional windows have a vertical extent of `missing`. */
export function pairOf(numbers: readonly number[], missing: number): Pair {
  return numbers.length === 1
    ? [missing, numbers[0] ?? missing]
    : [numbers[0] ?? missing, numbers[1] ?? missing];
}

/** Height and width of an [N, C, (H,) W] shape. */
export const planeOf = (shape: Shape): Pair => pairOf(shape.slice(2), 1);

/** (n, y, x, channel) of an [N, C, (H,) W] shape. */
export const pixelAxes = (shape: Shape): Axes =>
  shape.length === 3 ? [[0], [], [2], [1]] : [[0], [2], [3], [1]];

/** `kernel` spatial extents; paddings are added up from pads, auto_pad and what a fused Pad adds. */
export function windowOf(node: Node, kernel: readonly number[], input: Pair, output: Pair): Window {
  const ones = kernel.map(() => 1);
  const size = pairOf(kernel, 1);
  const stride = pairOf(intsAttribute(node, 'strides') ?? ones, 1);
  const dilation = pairOf(intsAttribute(node, 'dilations') ?? ones, 1);
  const automatic = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
    const total = ([0, 1] as const).map(axis => {
      const needed = (output[axis] - 1) * stride[axis] + (size[axis] - 1) * dilation[axis] + 1;
      return Math.max(0, needed - input[axis]);
    });
    const split = (amount: number): Pair => {
      const less = Math.floor(amount / 2);
      return automatic === 'SAME_UPPER' ? [less, amount - less] : [amount - less, less];
    };
    const [top, bottom] = split(total[0] ?? 0);
    const [left, right] = split(total[1] ?? 0);
    return { kernel: size, stride, dilation, pads: [top, left, bottom, right] };
  }
  const pads = automatic === 'VALID' ? undefined : intsAttribute(node, 'pads');
  const rank = kernel.length;
  const [top, left] = pairOf((pads ?? [...ones, ...ones].map(() => 0)).slice(0, rank), 0);
  const [bottom, right] = pairOf((pads ?? [...ones, ...ones].map(() => 0)).slice(rank), 0);
  return { kernel: size, stride, dilation, pads: [top, left, bottom, right] };
}
