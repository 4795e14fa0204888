// ArgMax and ArgMin: the place of the first of the largest or smallest elements.

import { intAttribute } from '../../ir/attributes.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Node } from '../../ir/types.ts';
import { accessAlong } from '../access.ts';
import type { SelectContext } from '../context.ts';
import type { KernelSpec } from '../spec/kernel.ts';

/** One kernel, the axis last. */
export function selectExtreme({ locator }: SelectContext, node: Node): KernelSpec[] {
  const [data] = node.inputs;
  const [result] = node.outputs;
  if (data === undefined || result === undefined) throw new Error(`${node.name}: no input or output`);
  const [input, indices] = [locator.of(data), locator.of(result)];
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), input.shape.length);
  const keeps = intAttribute(node, 'keepdims', 1) !== 0;
  const outerStrides = keeps ? indices.strides.toSpliced(axis, 1) : indices.strides;
  return [
    {
      kind: 'extreme',
      largest: node.op === 'ArgMax',
      outer: input.shape.toSpliced(axis, 1),
      extent: input.shape[axis] ?? 1,
      input: accessAlong(input, [...input.strides.toSpliced(axis, 1), input.strides[axis] ?? 0]),
      indices: accessAlong(indices, outerStrides),
    },
  ];
}
