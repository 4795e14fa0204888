// CumSum and CumProd: running totals along one axis.

import { boolAttribute } from '../../ir/attributes.ts';
import { constantNumbers } from '../../ir/patch.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Node, ValueId } from '../../ir/types.ts';
import { accessAlong } from '../access.ts';
import type { SelectContext } from '../context.ts';
import type { Access } from '../spec/access.ts';
import type { KernelSpec } from '../spec/kernel.ts';

/** One kernel, the axis last. */
export function selectCumulate({ graph, locator }: SelectContext, node: Node): KernelSpec[] {
  const [data, axisId] = node.inputs;
  const [result] = node.outputs;
  const [given] = (axisId !== undefined && constantNumbers(graph, axisId)) || [];
  if (data === undefined || result === undefined || given === undefined)
    throw new Error(`${node.name}: no input, axis or output`);
  const { shape } = locator.of(data);
  const axis = normalizeAxis(given, shape.length);
  const access = (id: ValueId): Access => {
    const located = locator.of(id);
    const { strides } = located;
    return accessAlong(located, [...strides.toSpliced(axis, 1), strides[axis] ?? 0]);
  };
  return [
    {
      kind: 'cumulate',
      op: node.op === 'CumProd' ? 'mul' : 'add',
      outer: shape.toSpliced(axis, 1),
      extent: shape[axis] ?? 1,
      exclusive: boolAttribute(node, 'exclusive', false),
      reverse: boolAttribute(node, 'reverse', false),
      input: access(data),
      output: access(result),
    },
  ];
}
