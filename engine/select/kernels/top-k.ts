// TopK: the elements that are first in order, and where they are.

import type { Group } from '../../fusion/types.ts';
import { boolAttribute, intAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Node, ValueId } from '../../ir/types.ts';
import { accessAlong } from '../access.ts';
import type { SelectContext } from '../context.ts';
import type { Access } from '../spec/access.ts';
import type { KernelSpec } from '../spec/kernel.ts';

/** Of results that nobody reads there is no place to write them to. */
export function selectTopK({ graph, locator }: SelectContext, group: Group, node: Node): KernelSpec[] {
  const [data] = node.inputs;
  if (data === undefined) throw new Error(`${node.name}: no input`);
  const input = locator.of(data);
  const axis = normalizeAxis(intAttribute(node, 'axis', -1), input.shape.length);
  const axisLast = (id: ValueId): Access => {
    const located = locator.of(id);
    const { strides } = located;
    return accessAlong(located, [...strides.toSpliced(axis, 1), strides[axis] ?? 0]);
  };
  const [values, indices] = node.outputs;
  const isRead = (id: ValueId | undefined): id is ValueId => id !== undefined && group.outputs.includes(id);
  return [
    {
      kind: 'topk',
      largest: boolAttribute(node, 'largest', true),
      outer: input.shape.toSpliced(axis, 1),
      extent: input.shape[axis] ?? 1,
      count: valueOf(graph, values ?? indices ?? data).shape?.[axis] ?? 0,
      input: axisLast(data),
      ...(isRead(values) && { values: axisLast(values) }),
      ...(isRead(indices) && { indices: axisLast(indices) }),
    },
  ];
}
