// TopK, and ArgMax and ArgMin: the place of the one element that is first in order.

import type { Group } from '../../fusion/types.ts';
import { boolAttribute, intAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Node, ValueId } from '../../ir/types.ts';
import { accessAlong } from '../access.ts';
import type { SelectContext } from '../context.ts';
import type { Access, KernelSpec } from '../spec.ts';

/** Of results that nobody reads there is no place to write them to. */
export function selectTopK({ graph, locator }: SelectContext, group: Group, node: Node): KernelSpec[] {
  const [data] = node.inputs;
  if (data === undefined) throw new Error(`${node.name}: no input`);
  const input = locator.of(data);
  const picks = node.op === 'TopK';
  const axis = normalizeAxis(intAttribute(node, 'axis', picks ? -1 : 0), input.shape.length);
  const keeps = picks || intAttribute(node, 'keepdims', 1) !== 0;
  /** the axis last; a result without it has one place */
  const access = (id: ValueId, hasAxis: boolean): Access => {
    const located = locator.of(id);
    const { strides } = located;
    const axisLast = hasAxis ? [...strides.toSpliced(axis, 1), strides[axis] ?? 0] : [...strides, 0];
    return accessAlong(located, axisLast);
  };
  const [first, second] = node.outputs.slice(0, 2);
  const isRead = (id: ValueId | undefined): id is ValueId => id !== undefined && group.outputs.includes(id);
  const indices = picks ? second : first;
  const count = picks ? (valueOf(graph, first ?? second ?? data).shape?.[axis] ?? 0) : 1;
  return [
    {
      kind: 'topk',
      largest: picks ? boolAttribute(node, 'largest', true) : node.op === 'ArgMax',
      nanFirst: !picks,
      outer: input.shape.toSpliced(axis, 1),
      extent: input.shape[axis] ?? 1,
      count,
      input: access(data, true),
      ...(picks && isRead(first) && { values: access(first, true) }),
      ...(isRead(indices) && { indices: access(indices, keeps) }),
    },
  ];
}
