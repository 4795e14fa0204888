// From values to accesses: how a value's elements lie along the axes of a kernel's iteration space. An iteration
// axis stands for logical axes, outermost first; several of them merge into one where every stride allows.

import type { Operand } from '../fusion/types.ts';
import { type ReadBytes, storeConstant } from '../ir/constant.ts';
import { valueOf } from '../ir/graph.ts';
import { mergedStride } from '../ir/layout.ts';
import { rowMajorStrides, tensorBytes } from '../ir/tensor.ts';
import type { Dtype, Graph, Shape, ValueId } from '../ir/types.ts';
import type { Access, BufferRef } from './spec.ts';
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

/** Each logical axis by itself. */
export const eachAxis = (shape: Shape): Axes => shape.map((_, axis) => [axis]);

export const extentsOf = (shape: Shape, axes: Axes): number[] =>
  axes.map(merged => merged.reduce((product, axis) => product * (shape[axis] ?? 1), 1));

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

  /** Where a value lies; a constant is put into the weights space, row-major, when first asked for. */
  of(id: ValueId): Located {
    const { name, dtype, shape, constant } = valueOf(this.#graph, id);
    if (!dtype || !shape) throw new Error(`'${name}' has no type`);
    if (constant) {
      const buffer = this.#weights.add(`${id}`, name, tensorBytes(dtype, shape), target =>
        storeConstant(constant, this.#read, target),
      );
      return { buffer, dtype, shape, offset: 0, strides: rowMajorStrides(shape) };
    }
    const storage = this.#storages.get(id);
    if (!storage) throw new Error(`'${name}' has no place in memory`);
    const { owner, offset, strides } = storage;
    return { buffer: { space: 'arena', id: owner }, dtype, shape, offset, strides };
  }
}

/** Strides along the logical axes of `space`, the value broadcast to it; `axis` is where its first axis stands. */
export function broadcastTo(located: Located, space: Shape, axis?: number): number[] {
  const skipped = axis ?? space.length - located.shape.length;
  return space.map((_, at) => {
    const own = at - skipped;
    return own < 0 || (located.shape[own] ?? 1) === 1 ? 0 : (located.strides[own] ?? 0);
  });
}

/** The access of a value over iteration axes of a logical space; undefined when axes cannot merge. */
export function accessOf(
  located: Located,
  space: Shape,
  axes: Axes,
  options: Pick<Operand, 'axis'> = {},
): Access | undefined {
  const logical = broadcastTo(located, space, options.axis);
  const strides: number[] = [];
  for (const merged of axes) {
    const stride = mergedStride(space, logical, merged);
    if (stride === undefined) return undefined;
    strides.push(stride);
  }
  return { buffer: located.buffer, dtype: located.dtype, offset: located.offset, strides };
}
