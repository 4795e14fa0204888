// Physical order of a tensor's axes: what a layout means in strides, and which nodes merely look at the same
// memory differently. Tensors are always dense: a layout is a permutation, nothing is padded.
// Axes of extent 1 lie anywhere, so layouts that differ only there are the same; canonicalLayout picks one.

import { elementCount, rowMajorStrides } from './tensor.ts';
import type { Layout, Shape } from './types.ts';

/** Elements to step for each logical axis. */
export function stridesOf(shape: Shape, layout?: Layout): number[] {
  if (!layout) return rowMajorStrides(shape);
  const strides = new Array<number>(shape.length).fill(0);
  let stride = 1;
  for (const axis of [...layout].reverse()) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** Stride of several axes as one, outermost first; undefined when they don't lie behind one another. */
export function mergedStride(
  shape: Shape,
  strides: readonly number[],
  axes: readonly number[],
): number | undefined {
  const real = axes.filter(axis => shape[axis] !== 1);
  for (const [i, axis] of real.entries()) {
    const next = real[i + 1];
    if (next !== undefined && strides[axis] !== (strides[next] ?? 0) * (shape[next] ?? 1)) return undefined;
  }
  return strides[real.at(-1) ?? -1] ?? 0;
}

/** Undefined when the layout is row-major in effect; otherwise unit axes first, then the others in memory order. */
export function canonicalLayout(shape: Shape, layout: Layout | undefined): Layout | undefined {
  if (!layout) return undefined;
  const real = layout.filter(axis => shape[axis] !== 1);
  if (real.every((axis, i) => i === 0 || axis > (real[i - 1] ?? -1))) return undefined;
  return [...shape.keys()].filter(axis => shape[axis] === 1).concat(real);
}

/** Whether two layouts put the elements of a shape into the same order. */
export function sameLayout(shape: Shape, a: Layout | undefined, b: Layout | undefined): boolean {
  return String(canonicalLayout(shape, a)) === String(canonicalLayout(shape, b));
}

/** [0, 2, …, rank − 1, 1]: channels innermost. */
export function channelsLast(rank: number): Layout {
  return [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
}

/** Layout under which the transposed tensor (axis j of it is axis permutation[j] of the input) is the input's memory. */
export function transposedLayout(
  shape: Shape,
  layout: Layout | undefined,
  permutation: readonly number[],
): Layout | undefined {
  const order = layout ?? [...shape.keys()];
  const result = permutation.map(axis => shape[axis] ?? 1);
  return canonicalLayout(
    result,
    order.map(axis => permutation.indexOf(axis)),
  );
}

/**
 * Layout under which a reshaped tensor is the input's memory, or 'copy' when there is none. The axes of both shapes
 * are matched in the smallest groups of equal product; the input's axes of a group must lie side by side in memory.
 */
export function reshapedLayout(
  from: Shape,
  layout: Layout | undefined,
  to: Shape,
): Layout | undefined | 'copy' {
  if (!layout || elementCount(from) === 0) return undefined;
  const order = layout.filter(axis => from[axis] !== 1);
  const result = [...to.keys()].filter(axis => to[axis] === 1);
  const groups = matchAxes(from, to);
  for (let i = 0; i < order.length; ) {
    const group = groups.find(({ source }) => source[0] === order[i]);
    if (!group || group.source.some((axis, k) => order[i + k] !== axis)) return 'copy';
    result.push(...group.target);
    i += group.source.length;
  }
  return canonicalLayout(to, result);
}

/** Axes with more than one element, in the smallest groups whose extents multiply to the same. */
function matchAxes(from: Shape, to: Shape): { source: number[]; target: number[] }[] {
  const source = [...from.keys()].filter(axis => from[axis] !== 1);
  const target = [...to.keys()].filter(axis => to[axis] !== 1);
  const groups: { source: number[]; target: number[] }[] = [];
  let s = 0;
  let t = 0;
  while (s < source.length && t < target.length) {
    const group = { source: [source[s] ?? 0], target: [target[t] ?? 0] };
    let left = from[source[s++] ?? 0] ?? 1;
    let right = to[target[t++] ?? 0] ?? 1;
    while (left !== right) {
      if (left < right) {
        const axis = source[s++] ?? 0;
        group.source.push(axis);
        left *= from[axis] ?? 1;
      } else {
        const axis = target[t++] ?? 0;
        group.target.push(axis);
        right *= to[axis] ?? 1;
      }
    }
    groups.push(group);
  }
  return groups;
}
