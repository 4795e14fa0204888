// Windows of convolutions and pools: kernel, strides, dilations and padding of an ONNX node, along planes, rows and
// columns. One-dimensional ones have rows of height 1, and only those over volumes have planes.

import type { SlidingWindow } from '../ir/ops/layers/window.ts';
import type { Shape } from '../ir/types.ts';
import type { Axes } from './access.ts';
import type { Window } from './spec/window.ts';

/** Along rows and columns. */
export type Pair = readonly [vertical: number, horizontal: number];
/** Along planes, rows and columns. */
export type Triple = readonly [plane: number, vertical: number, horizontal: number];

/** One to three numbers along spatial axes; axes in front of them have `missing`. */
export function tripleOf(numbers: readonly number[], missing: number): Triple {
  const [plane = missing, vertical = missing, horizontal = missing] = [
    ...new Array<number>(Math.max(0, 3 - numbers.length)).fill(missing),
    ...numbers,
  ];
  return [plane, vertical, horizontal];
}

const pairOf = (numbers: readonly number[], missing: number): Pair => {
  const [, vertical, horizontal] = tripleOf(numbers, missing);
  return [vertical, horizontal];
};

/** Height and width of an [N, C, (D,) (H,) W] shape. */
export const planeOf = (shape: Shape): Pair => pairOf(shape.slice(2), 1);

/** (n, (plane,) y, x, channel) of an [N, C, (D,) (H,) W] shape. */
export function pixelAxes(shape: Shape): Axes {
  const spatial = [...shape.keys()].slice(2).map(axis => [axis]);
  return [[0], ...(spatial.length === 1 ? [[], ...spatial] : spatial), [1]];
}

/** What a window looks at in an input, in front of it, and what comes of it; one number per spatial axis. */
export interface Sizes extends SlidingWindow {
  readonly input: readonly number[];
}

/** The window as kernels know it: rows and columns, and planes where there are three axes. */
export function windowFrom(sizes: Sizes): Window {
  const { kernel, strides, dilations, padsBegin, padsEnd, input, output } = sizes;
  const [top, left] = pairOf(padsBegin, 0);
  const [bottom, right] = pairOf(padsEnd, 0);
  const window: Window = {
    kernel: pairOf(kernel, 1),
    stride: pairOf(strides, 1),
    dilation: pairOf(dilations, 1),
    pads: [top, left, bottom, right],
  };
  if (kernel.length < 3) return window;
  const [plane = 1, stride = 1, dilation = 1, front = 0] = [kernel, strides, dilations, padsBegin].map(
    ([first]) => first,
  );
  const [inputSize = 1, outputSize = 1] = [input[0], output[0]];
  return { ...window, planes: { kernel: plane, stride, dilation, front, inputSize, outputSize } };
}
