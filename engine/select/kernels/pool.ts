// Pooling windows.

import type { Group } from '../../fusion/types.ts';
import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import type { Node } from '../../ir/types.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import { paddedWindow, sourceOf } from '../padded.ts';
import type { KernelSpec } from '../spec/kernel.ts';
import { pixelAxes, planeOf } from '../window.ts';

/** One kernel; a fused Pad is part of its window. */
export function selectPool(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const [y] = node.outputs;
  if (y === undefined) throw new Error(`${node.name}: no output`);
  const source = sourceOf(context.graph, group, node);
  const { x, shape: input } = source;
  const output = valueOf(context.graph, y).shape ?? [];
  const kernel = intsAttribute(node, 'kernel_shape') ?? [];
  const mode = node.op === 'MaxPool' ? 'max' : 'average';
  const { window, outside } = paddedWindow(node, source, kernel, output);
  // What adds nothing is left out, and never wins.
  const nothing = outside === (mode === 'max' ? Number.NEGATIVE_INFINITY : 0);
  const what = `pool ${node.name}`;
  return [
    {
      kind: 'pool',
      mode,
      // What a Pad puts around an input are values of it.
      countPadding: outside !== undefined || intAttribute(node, 'count_include_pad', 0) !== 0,
      ...(outside !== undefined && !nothing && { outside }),
      batch: input[0] ?? 1,
      channels: input[1] ?? 1,
      inputSize: planeOf(input),
      outputSize: planeOf(output),
      window,
      input: required(prologueOf(context, group, 0, x, pixelAxes(input)), what),
      epilogue: required(epilogueOf(context, group, output, pixelAxes(output)), what),
    },
  ];
}
