// ScatterND with known indices that overwrites a contiguous range of one axis is a concatenation of what stays and
// what is new, and those are views.

import { stringAttribute } from '../../ir/attributes.ts';
import { loadConstant } from '../../ir/constants/constant.ts';
import { attr } from '../../ir/graph.ts';
import type { Patch } from '../../ir/patch.ts';
import { sameShape } from '../../ir/tensor.ts';
import type { Node, Shape, Tensor, ValueId } from '../../ir/types.ts';
import type { PassContext } from '../pass.ts';
import { Rewrite } from '../rewrite.ts';

/** Rewrites a ScatterND whose indices are such a range; others stay as they are. */
export function canonicalScatter(node: Node, patch: Patch, { read }: PassContext): void {
  const [data, indices, updates] = node.inputs;
  const [output] = node.outputs;
  if (data === undefined || indices === undefined || updates === undefined || output === undefined) return;
  const { shape, dtype } = patch.get(data);
  const { constant } = patch.get(indices);
  if (!shape || !dtype || !constant || stringAttribute(node, 'reduction', 'none') !== 'none') return;
  const box = boxOf(loadConstant(constant, read), shape);
  const axes = box ? shape.flatMap((extent, axis) => (box.extents[axis] === extent ? [] : [axis])) : [];
  const [axis] = axes;
  if (!box || axis === undefined || axes.length > 1) return;
  const rewrite = new Rewrite(patch, node);
  const first = box.start[axis] ?? 0;
  const behind = first + (box.extents[axis] ?? 0);
  const kept = (from: number, to: number): ValueId[] => {
    if (to <= from) return [];
    const bounds = [from, to, axis].map(number => patch.ints(`${node.name}/bound`, [number]));
    const extents = shape.with(axis, to - from);
    return [rewrite.step('Slice', [data, ...bounds], { shape: extents, dtype })];
  };
  const fresh = sameShape(rewrite.shape(updates), box.extents)
    ? updates
    : rewrite.reshape(updates, box.extents);
  const parts = [...kept(0, first), fresh, ...kept(behind, shape[axis] ?? 0)];
  rewrite.finish(rewrite.step('Concat', parts, { shape, dtype }, { axis: attr.int(axis) }));
}

/** The box whose places the index tuples name in row-major order, axes behind the tuples whole; undefined for others. */
function boxOf(indices: Tensor, shape: Shape): { start: number[]; extents: number[] } | undefined {
  const width = indices.shape.at(-1) ?? 0;
  const numbers = indices.data as ArrayLike<number | bigint>;
  const count = width === 0 ? 0 : numbers.length / width;
  if (count === 0) return undefined;
  const at = (tuple: number, axis: number): number => {
    const index = Number(numbers[tuple * width + axis] ?? 0);
    return index < 0 ? index + (shape[axis] ?? 0) : index;
  };
  const axes = Array.from({ length: width }, (_, axis) => axis);
  const start = axes.map(axis => at(0, axis));
  const extents = axes.map(axis => at(count - 1, axis) - (start[axis] ?? 0) + 1);
  if (extents.some(extent => extent < 1) || extents.reduce((a, b) => a * b, 1) !== count) return undefined;
  for (let tuple = 0, rest = 0; tuple < count; tuple++) {
    rest = tuple;
    for (let axis = width - 1; axis >= 0; axis--) {
      const extent = extents[axis] ?? 1;
      if (at(tuple, axis) !== (start[axis] ?? 0) + (rest % extent)) return undefined;
      rest = Math.floor(rest / extent);
    }
  }
  return {
    start: [...start, ...shape.slice(width).map(() => 0)],
    extents: [...extents, ...shape.slice(width)],
  };
}
