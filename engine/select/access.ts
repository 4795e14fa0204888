// From values to accesses: how a value's elements lie along the axes of a kernel's iteration space. An iteration
// axis stands for logical axes, outermost first; several of them merge into one where every stride allows.

import type { Operand } from '../fusion/types.ts';
import { storeConstant } from '../ir/constants/constant.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import { dtypeInfo } from '../ir/dtypes.ts';
import { valueOf } from '../ir/graph.ts';
import { canonicalLayout, mergedStride, stridesOf } from '../ir/layout.ts';
import { elementCount, rowMajorStrides, tensorBytes } from '../ir/tensor.ts';
import type { Constant, Dtype, Graph, Layout, Shape, ValueId } from '../ir/types.ts';
import type { Access, BufferRef } from './spec/access.ts';
import type { Storages } from './storage.ts';
import type { Weights } from './weights.ts';

/** A value's memory with strides of its logical axes, in elements. */
export interface Located {
  readonly buffer: BufferRef;
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Logical axes that form one axis of the iteration space, outermost first; none is an axis of extent 1. */
export type Axes = readonly (readonly number[])[];

/** An axis seen as two: so many parts, outermost, of elements that follow one another. */
export interface Cut {
  readonly axis: number;
  readonly parts: number;
}

/** A shape with one of its axes cut. */
export const cutShape = (shape: Shape, cut: Cut | undefined): Shape =>
  cut ? shape.toSpliced(cut.axis, 1, cut.parts, (shape[cut.axis] ?? 1) / cut.parts) : shape;

/** Each logical axis by itself. */
export const eachAxis = (shape: Shape): Axes => shape.map((_, axis) => [axis]);

/** Extents of the iteration axes. */
export const extentsOf = (shape: Shape, axes: Axes): number[] =>
  axes.map(merged => merged.reduce((product, axis) => product * (shape[axis] ?? 1), 1));

/** Where the values of a graph lie: constants in the weights space, all else in the arena. */
export class Locator {
  readonly #graph: Graph;
  readonly #storages: Storages;
  readonly #weights: Weights;
  readonly #read: ReadBytes;

  constructor(graph: Graph, storages: Storages, weights: Weights, read: ReadBytes) {
    this.#graph = graph;
    this.#storages = storages;
    this.#weights = weights;
    this.#read = read;
  }

  /** Where a value lies; a constant is put into the weights space when first asked for, row-major or in `order`. */
  of(id: ValueId, order?: Layout): Located {
    const { name, dtype, shape, constant } = valueOf(this.#graph, id);
    if (!dtype || !shape) throw new Error(`'${name}' has no type`);
    if (constant) {
      const own = this.#weights.keyOf(constant);
      const key = order ? `${own} as ${order}` : own;
      const buffer = this.#weights.add(key, name, tensorBytes(dtype, shape), target => {
        if (order) storeReordered(constant, shape, order, this.#read, target);
        else storeConstant(constant, this.#read, target);
      });
      return { buffer, dtype, shape, offset: 0, strides: stridesOf(shape, order) };
    }
    const storage = this.#storages.get(id);
    if (!storage) throw new Error(`'${name}' has no place in memory`);
    const { owner, offset, strides } = storage;
    return { buffer: { space: 'arena', id: owner }, dtype, shape, offset, strides };
  }

  /**
   * A value as an operand of results that lie with these strides in `space`: a constant has its axes in their order,
   * so that it is read as they are written. `axis` is where its first axis stands.
   */
  beside(id: ValueId, space: Shape, strides: readonly number[], axis?: number): Located {
    const { dtype, shape = [], constant } = valueOf(this.#graph, id);
    if (!constant || !dtype || dtypeInfo(dtype).bits < 8) return this.of(id);
    const first = axis ?? space.length - shape.length;
    const order = [...shape.keys()].sort((a, b) => (strides[first + b] ?? 0) - (strides[first + a] ?? 0));
    return this.of(id, canonicalLayout(shape, order));
  }
}

/** The constant's elements, which it has row-major, with its axes in this order, outermost first. */
function storeReordered(
  constant: Constant,
  shape: Shape,
  order: Layout,
  read: ReadBytes,
  target: Uint8Array,
): void {
  const source = new Uint8Array(target.length);
  storeConstant(constant, read, source);
  const size = target.length / elementCount(shape);
  const strides = rowMajorStrides(shape);
  let to = 0;
  const walk = (level: number, from: number): void => {
    const axis = order[level];
    if (axis === undefined) {
      for (let byte = 0; byte < size; byte++) target[to++] = source[from * size + byte] ?? 0;
      return;
    }
    const [extent = 1, stride = 0] = [shape[axis], strides[axis]];
    for (let k = 0; k < extent; k++) walk(level + 1, from + k * stride);
  };
  walk(0, 0);
}

/** Strides along the logical axes of `space`, the value broadcast to it; `axis` is where its first axis stands. */
export function broadcastTo(located: Located, space: Shape, axis?: number): number[] {
  const skipped = axis ?? space.length - located.shape.length;
  return space.map((_, at) => {
    const own = at - skipped;
    return own < 0 || (located.shape[own] ?? 1) === 1 ? 0 : (located.strides[own] ?? 0);
  });
}

/**
 * The access of a value over a kernel's own axes: `strides` along them, in elements, from `start` elements behind the
 * value's first on. Left out: the value's logical axes.
 */
export const accessAlong = (
  { buffer, dtype, offset, strides: own }: Located,
  strides: readonly number[] = own,
  start = 0,
): Access => ({ buffer, dtype, offset: offset + start, strides });

/**
 * The access of a value over iteration axes of a logical space; undefined when axes cannot merge. With an axis of the
 * space cut, iteration axes stand for axes of `cutShape`.
 */
export function accessOf(
  located: Located,
  space: Shape,
  axes: Axes,
  { axis, cut }: Pick<Operand, 'axis'> & { readonly cut?: Cut | undefined } = {},
): Access | undefined {
  const whole = broadcastTo(located, space, axis);
  const logical = cut ? cutStrides(whole, space, cut) : whole;
  const extents = cutShape(space, cut);
  const strides: number[] = [];
  for (const merged of axes) {
    const stride = mergedStride(extents, logical, merged);
    if (stride === undefined) return undefined;
    strides.push(stride);
  }
  return accessAlong(located, strides);
}

function cutStrides(strides: readonly number[], space: Shape, { axis, parts }: Cut): number[] {
  const stride = strides[axis] ?? 0;
  return strides.toSpliced(axis, 1, (stride * (space[axis] ?? 1)) / parts, stride);
}
