// Resizing of planes: for every output row and column, which input rows and columns it blends.

import type { Group } from '../../fusion/types.ts';
import { valueOf } from '../../ir/graph.ts';
import { axisTaps, resizeRule, type TapTable, tapTable } from '../../ir/ops/resampling.ts';
import { constantNumbers } from '../../ir/patch.ts';
import type { Node } from '../../ir/types.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import type { BufferRef, KernelSpec } from '../spec.ts';
import { pixelAxes, planeOf } from '../window.ts';

export function selectResize(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined) throw new Error(`${node.name}: no input or output`);
  const input = valueOf(context.graph, x).shape ?? [];
  const output = valueOf(context.graph, y).shape ?? [];
  const scales = constantNumbers(context.graph, node.inputs[node.version < 11 ? 1 : 2]) ?? [];
  const [inputSize, outputSize] = [planeOf(input), planeOf(output)];
  const tapsOf = (axis: 0 | 1): TapTable =>
    resizeTaps(node, inputSize[axis], outputSize[axis], scales.length === 4 ? scales[axis + 2] : undefined);
  const [rows, columns] = [tapsOf(0), tapsOf(1)];
  return [
    {
      kind: 'resize',
      batch: input[0] ?? 1,
      channels: input[1] ?? 1,
      inputSize,
      outputSize,
      rows,
      columns,
      tables: tablesOf(context, node, [rows, columns]),
      input: required(prologueOf(context, group, 0, x, pixelAxes(input)), node.name),
      epilogue: required(epilogueOf(context, group, output, pixelAxes(output)), node.name),
    },
  ];
}

/** Taps of every output coordinate by the operator's coordinate transformation. */
function resizeTaps(node: Node, input: number, output: number, given: number | undefined): TapTable {
  const axis = { input, output, scale: given ?? output / input, roi: [0, 1] } as const;
  return tapTable(axisTaps(resizeRule(node), axis), input);
}

/** The tables as the kernel reads them; equal ones are stored once. */
function tablesOf({ weights, packing }: SelectContext, node: Node, tables: readonly TapTable[]): BufferRef {
  const length = packing.packedTapsLength(tables);
  return weights.add(JSON.stringify(tables), `${node.name} (taps)`, length * 4, target =>
    packing.packTaps(new Float32Array(target.buffer, target.byteOffset, length), tables),
  );
}
