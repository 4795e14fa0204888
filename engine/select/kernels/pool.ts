// Pooling windows.

import type { Group } from '../../fusion/types.ts';
import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import type { Node } from '../../ir/types.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import type { KernelSpec } from '../spec.ts';
import { pixelAxes, planeOf, windowOf } from '../window.ts';

export function selectPool(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined) throw new Error(`${node.name}: no input or output`);
  const input = valueOf(context.graph, x).shape ?? [];
  const output = valueOf(context.graph, y).shape ?? [];
  const kernel = intsAttribute(node, 'kernel_shape') ?? [];
  const what = `pool ${node.name}`;
  return [
    {
      kind: 'pool',
      mode: node.op === 'MaxPool' ? 'max' : 'average',
      countPadding: intAttribute(node, 'count_include_pad', 0) !== 0,
      batch: input[0] ?? 1,
      channels: input[1] ?? 1,
      inputSize: planeOf(input),
      outputSize: planeOf(output),
      window: windowOf(node, kernel, input, output),
      input: required(prologueOf(context, group, 0, x, pixelAxes(input)), what),
      epilogue: required(epilogueOf(context, group, output, pixelAxes(output)), what),
    },
  ];
}
