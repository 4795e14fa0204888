// Windows that slide over spatial axes: kernel, stride, dilation, padding; shared by convolution and pooling.
// Spatial axes are all after batch and channel.

import { boolAttribute, intsAttribute, stringAttribute } from '../../attributes.ts';
import type { Node, Shape } from '../../types.ts';
import { ShapeError } from '../errors.ts';

/** A window over spatial axes; one number for each of them. */
export interface SlidingWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  /** extents of the output's spatial axes */
  readonly output: readonly number[];
}

/** Extent of a dilated kernel. */
const reach = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

interface Sizes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

function sizesOf(node: Node, spatial: number, kernel: readonly number[]): Sizes {
  const ones = new Array<number>(spatial).fill(1);
  const strides = intsAttribute(node, 'strides') ?? ones;
  const dilations = intsAttribute(node, 'dilations') ?? ones;
  for (const list of [kernel, strides, dilations]) {
    if (list.length !== spatial) {
      throw new ShapeError(`expected ${spatial} spatial extents, found [${list.join(', ')}]`, node);
    }
  }
  return { kernel, strides, dilations };
}

/** Begin and end padding of one axis, so that the output has ⌈input / stride⌉ elements. */
function samePads(input: number, window: number, stride: number, upper: boolean): [number, number] {
  const output = Math.ceil(input / stride);
  const total = Math.max(0, (output - 1) * stride + window - input);
  const small = Math.floor(total / 2);
  return upper ? [small, total - small] : [total - small, small];
}

/** The window of a convolution or pooling node over an input with these spatial extents. */
export function slidingWindow(node: Node, input: Shape, kernel: readonly number[]): SlidingWindow {
  const spatial = input.length;
  const { strides, dilations } = sizesOf(node, spatial, kernel);
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const ceil = boolAttribute(node, 'ceil_mode', false);
  const pads = intsAttribute(node, 'pads') ?? new Array<number>(2 * spatial).fill(0);
  const padsBegin: number[] = [];
  const padsEnd: number[] = [];
  const output: number[] = [];
  for (let axis = 0; axis < spatial; axis++) {
    const extent = input[axis] ?? 0;
    const stride = strides[axis] ?? 1;
    const window = reach(kernel[axis] ?? 1, dilations[axis] ?? 1);
    const [begin, end] =
      mode === 'SAME_UPPER' || mode === 'SAME_LOWER'
        ? samePads(extent, window, stride, mode === 'SAME_UPPER')
        : mode === 'VALID'
          ? [0, 0]
          : [pads[axis] ?? 0, pads[axis + spatial] ?? 0];
    padsBegin.push(begin);
    padsEnd.push(end);
    output.push(outputExtent({ extent, window, stride, begin, end }, ceil));
  }
  if (output.some(extent => extent < 0)) {
    throw new ShapeError(`kernel [${kernel.join(', ')}] does not fit input [${input.join(', ')}]`, node);
  }
  return { kernel, strides, dilations, padsBegin, padsEnd, output };
}

/**
 * With ceil, the last window may reach beyond the end, even where it is the only one; one that would start in the
 * padding at the end is dropped. Below 0 where no window has a place.
 */
function outputExtent(
  {
    extent,
    window,
    stride,
    begin,
    end,
  }: Readonly<Record<'extent' | 'window' | 'stride' | 'begin' | 'end', number>>,
  ceil: boolean,
): number {
  const room = extent + begin + end - window;
  const output = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
  if (room < 0 && output < 1) return -1;
  return ceil && (output - 1) * stride >= extent + begin ? output - 1 : output;
}

/**
 * The window of a transposed convolution: `output` follows from output_shape, or from strides and pads.
 * Pads cut the full result, negative ones widen it; with auto_pad SAME the output has input · stride elements.
 */
export function transposedWindow(node: Node, input: Shape, kernel: readonly number[]): SlidingWindow {
  const spatial = input.length;
  const { strides, dilations } = sizesOf(node, spatial, kernel);
  const zeros = new Array<number>(spatial).fill(0);
  const pads = intsAttribute(node, 'pads') ?? [...zeros, ...zeros];
  const extra = intsAttribute(node, 'output_padding') ?? zeros;
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const wanted = intsAttribute(node, 'output_shape')?.slice(-spatial);
  const padsBegin: number[] = [];
  const padsEnd: number[] = [];
  const output: number[] = [];
  for (let axis = 0; axis < spatial; axis++) {
    const stride = strides[axis] ?? 1;
    const full =
      stride * ((input[axis] ?? 0) - 1) + (extra[axis] ?? 0) + reach(kernel[axis] ?? 1, dilations[axis] ?? 1);
    const same = mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
    const target = wanted?.[axis] ?? (same ? (input[axis] ?? 0) * stride : undefined);
    if (target === undefined) {
      const begin = mode === 'VALID' ? 0 : (pads[axis] ?? 0);
      const end = mode === 'VALID' ? 0 : (pads[axis + spatial] ?? 0);
      padsBegin.push(begin);
      padsEnd.push(end);
      output.push(full - begin - end);
      continue;
    }
    // An output larger than the full result has what nothing reaches at its end, as other runtimes have it.
    const total = full - target;
    const small = Math.floor(total / 2);
    const begin = total < 0 ? 0 : mode === 'SAME_UPPER' ? small : total - small;
    padsBegin.push(begin);
    padsEnd.push(total - begin);
    output.push(target);
  }
  return { kernel, strides, dilations, padsBegin, padsEnd, output };
}
