// Pooling that says where its results came from, and its inverse, as elementwise operators on shifted windows and as
// elements put where indices say. Plain pooling has a kernel of its own.

import { intAttribute, intsAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import { type SlidingWindow, slidingWindow } from '../ops/layers/window.ts';
import { elementCount, makeTensor, rowMajorStrides, tensorOf } from '../tensor.ts';
import type { Shape } from '../types.ts';
import type { Composer, Expansion } from './composer.ts';

/** Elements of a window, each an operand of one kernel. */
const MOST_TAPS = 25;
/** Places are computed in 32 bits. */
const MOST_ELEMENTS = 2 ** 31;

/** All index vectors of a box, row-major. */
function indicesOf(extents: Shape): number[][] {
  return extents.reduce<number[][]>(
    (found, extent) => found.flatMap(index => Array.from({ length: extent }, (_, i) => [...index, i])),
    [[]],
  );
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

interface Places {
  readonly window: SlidingWindow;
  readonly spatial: Shape;
  /** from element to element of the numbering, per spatial axis */
  readonly strides: readonly number[];
}

/** Of every window: the place of its first element, and how much further its first element inside the input is. */
function originsOf({ window, spatial, strides }: Places): { origins: number[]; firsts: number[] } {
  const { dilations, output, padsBegin } = window;
  const origins: number[] = [];
  const firsts: number[] = [];
  for (const at of indicesOf(output)) {
    const corner = at.map((place, i) => place * (window.strides[i] ?? 1) - (padsBegin[i] ?? 0));
    const inside = corner.map((place, i) => {
      const dilation = dilations[i] ?? 1;
      const tap = Math.max(0, Math.ceil(-place / dilation));
      return place + tap * dilation < (spatial[i] ?? 0) ? tap * dilation : 0;
    });
    origins.push(dot(corner, strides));
    firsts.push(dot(inside, strides));
  }
  return { origins, firsts };
}

/** The input with as much of −∞ around it as all windows reach. */
function padded<V>(c: Composer<V>, x: V, { window, spatial }: Places): V {
  const { kernel, strides, dilations, padsBegin, output } = window;
  const ends = spatial.map((extent, i) => {
    const reach = ((output[i] ?? 1) - 1) * (strides[i] ?? 1) + ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1);
    return Math.max(0, reach + 1 - (padsBegin[i] ?? 0) - extent);
  });
  if ([...padsBegin, ...ends].every(pad => pad === 0)) return x;
  const pads = c.ints(0, 0, ...padsBegin, 0, 0, ...ends);
  return c.apply('Pad', [x, pads, c.number(Number.NEGATIVE_INFINITY, x)], { mode: attr.string('constant') });
}

/** Element `tap` of every window. */
function tapOf<V>(c: Composer<V>, x: V, { window, spatial }: Places, tap: readonly number[]): V {
  const starts = tap.map((place, i) => place * (window.dilations[i] ?? 1));
  const ends = starts.map((start, i) => start + ((window.output[i] ?? 1) - 1) * (window.strides[i] ?? 1) + 1);
  const axes = spatial.map((_, i) => i + 2);
  return c.apply('Slice', [
    x,
    c.ints(...starts),
    c.ints(...ends),
    c.ints(...axes),
    c.ints(...window.strides),
  ]);
}

/** The first largest element of every window, NaN being larger than everything, and its place in the input. */
function placedMaximum<V>(c: Composer<V>): V[] {
  if (c.node.outputs.length < 2) c.fail('plain pooling is not expanded');
  const x = c.input(0);
  if (c.node.outputs[1] === undefined) return [c.apply('MaxPool', [x], c.node.attributes)];
  const shape = c.shape(x);
  const spatial = shape.slice(2);
  const kernel = intsAttribute(c.node, 'kernel_shape') ?? [];
  if (c.dtype(x) !== 'float32' || elementCount(kernel) > MOST_TAPS || elementCount(shape) >= MOST_ELEMENTS)
    c.fail('these windows are not expanded');
  const window = slidingWindow(c.node, spatial, kernel);
  const strides = rowMajorStrides(spatial);
  if (intAttribute(c.node, 'storage_order', 0) === 1 && spatial.length > 1)
    strides.splice(-2, 2, 1, spatial.at(-2) ?? 1);
  const places: Places = { window, spatial, strides };
  const input = padded(c, x, places);
  const { origins, firsts } = originsOf(places);
  const integers = (dims: Shape, values: readonly number[]): V =>
    c.constant(makeTensor('int32', dims, Int32Array.from(values)));
  const aligned = firsts.every(first => first === 0);
  let further = aligned ? integers([], [0]) : integers([1, 1, ...window.output], firsts);
  let best: V | undefined;
  for (const tap of indicesOf(kernel)) {
    const candidate = tapOf(c, input, places, tap);
    if (best === undefined) {
      best = candidate;
      continue;
    }
    const atMost = c.apply('LessOrEqual', [candidate, best]);
    const takes = c.apply('Not', [c.apply('Or', [atMost, c.apply('IsNaN', [best])])]);
    const offset = dot(
      tap.map((place, i) => place * (window.dilations[i] ?? 1)),
      strides,
    );
    further = c.apply('Where', [takes, integers([], [offset]), further]);
    best = c.apply('Where', [takes, candidate, best]);
  }
  const planes = shape.slice(0, 2);
  const plane = elementCount(spatial);
  const bases = Array.from({ length: elementCount(planes) }, (_, i) => i * plane);
  const found = c.add(
    further,
    integers([1, 1, ...window.output], origins),
    integers([...planes, ...spatial.map(() => 1)], bases),
  );
  return [best ?? x, c.cast(found, 'int64')];
}

/** Elements put where the indices say, zeros elsewhere. */
function unpooled<V>(c: Composer<V>): V[] {
  if (c.inputs[2] !== undefined) c.fail('indices that are meant for another shape are not expanded');
  const [x, indices] = [c.input(0), c.input(1)];
  const kernel = intsAttribute(c.node, 'kernel_shape') ?? [];
  const strides = intsAttribute(c.node, 'strides');
  const pads = intsAttribute(c.node, 'pads');
  const shape = c.shape(x).map((extent, axis) => {
    const at = axis - 2;
    if (at < 0) return extent;
    const cut = (pads?.[at] ?? 0) + (pads?.[at + kernel.length] ?? 0);
    return (extent - 1) * (strides?.[at] ?? 1) + (kernel[at] ?? 1) - cut;
  });
  if (c.dtype(x) !== 'float32' || elementCount(shape) === 0) c.fail('these elements are not expanded');
  const count = elementCount(c.shape(x));
  const zeros = c.apply('Expand', [c.constant(tensorOf('float32', [], [0])), c.ints(elementCount(shape))]);
  const put = c.apply('ScatterElements', [zeros, c.reshape(indices, [count]), c.reshape(x, [count])], {
    axis: attr.int(0),
  });
  return [c.reshape(put, shape)];
}

/** Of operators that have facts and a reference of their own. */
export const POOLING_EXPANSIONS: Readonly<Record<string, Expansion>> = {
  MaxPool: placedMaximum,
  MaxUnpool: unpooled,
};
