// Resizing of planes: for every output row and column, which input rows and columns it blends.

import type { Group } from '../../fusion/types.ts';
import { valueOf } from '../../ir/graph.ts';
import { nearestIndex, originalCoordinate, resizeRule } from '../../ir/ops/resampling.ts';
import { constantNumbers } from '../../ir/patch.ts';
import type { Node } from '../../ir/types.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import type { KernelSpec } from '../spec.ts';
import { pixelAxes, planeOf } from '../window.ts';

type Taps = readonly [first: number, second: number, weight: number];

export function selectResize(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const [x] = node.inputs;
  const [y] = node.outputs;
  if (x === undefined || y === undefined) throw new Error(`${node.name}: no input or output`);
  const input = valueOf(context.graph, x).shape ?? [];
  const output = valueOf(context.graph, y).shape ?? [];
  const scales = constantNumbers(context.graph, node.inputs[node.version < 11 ? 1 : 2]) ?? [];
  const [inputSize, outputSize] = [planeOf(input), planeOf(output)];
  const tapsOf = (axis: 0 | 1) =>
    resizeTaps(node, inputSize[axis], outputSize[axis], scales.length === 4 ? scales[axis + 2] : undefined);
  return [
    {
      kind: 'resize',
      batch: input[0] ?? 1,
      channels: input[1] ?? 1,
      inputSize,
      outputSize,
      rows: tapsOf(0),
      columns: tapsOf(1),
      input: required(prologueOf(context, group, 0, x, pixelAxes(input)), node.name),
      epilogue: required(epilogueOf(context, group, output, pixelAxes(output)), node.name),
    },
  ];
}

/** Taps of every output coordinate by the operator's coordinate transformation, clamped to the input. */
export function resizeTaps(node: Node, input: number, output: number, given: number | undefined): Taps[] {
  const { mode, coordinates, nearest } = resizeRule(node);
  const axis = { input, output, scale: given ?? output / input, roi: [0, 1] } as const;
  const clamp = (index: number) => Math.min(input - 1, Math.max(0, index));
  return Array.from({ length: output }, (_, at): Taps => {
    const position = originalCoordinate(at, coordinates, axis);
    if (mode === 'nearest') {
      const source = clamp(nearestIndex(position, nearest, axis.scale));
      return [source, source, 0];
    }
    const low = Math.floor(position);
    return [clamp(low), clamp(low + 1), position - low];
  });
}
