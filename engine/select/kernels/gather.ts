// Gather: slices along one axis, picked by indices of any shape.

import { intAttribute } from '../../ir/attributes.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Node } from '../../ir/types.ts';
import type { Located } from '../access.ts';
import { identity, type SelectContext } from '../context.ts';
import type { Access, KernelSpec } from '../spec.ts';

export function selectGather({ locator }: SelectContext, node: Node): KernelSpec[] {
  const [data, indices] = node.inputs;
  const [output] = node.outputs;
  if (data === undefined || indices === undefined || output === undefined)
    throw new Error(`${node.name}: no input or output`);
  const [from, picked, to] = [locator.of(data), locator.of(indices), locator.of(output)];
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), from.shape.length);
  const inner = from.shape.slice(axis + 1);
  // Vectors need an axis to run along.
  const extra = inner.length === 0 ? [0] : [];
  return [
    {
      kind: 'gather',
      outer: from.shape.slice(0, axis),
      indices: picked.shape,
      inner: inner.length === 0 ? [1] : inner,
      extent: from.shape[axis] ?? 1,
      index: accessOf(picked),
      input: { expression: identity(from.dtype), reads: [accessOf(from, extra)] },
      epilogue: { expression: identity(to.dtype), reads: [], writes: [accessOf(to, extra)] },
    },
  ];
}

const accessOf = ({ buffer, dtype, offset, strides }: Located, extra: readonly number[] = []): Access => ({
  ...{ buffer, dtype, offset },
  strides: [...strides, ...extra],
});
