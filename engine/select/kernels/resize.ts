// Resizing of planes: for every output row and column, which input rows and columns it blends.

import type { Group } from '../../fusion/types.ts';
import { stringAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
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
  const scale = given ?? output / input;
  const mode = stringAttribute(node, 'mode', 'nearest');
  const coordinates = stringAttribute(
    node,
    'coordinate_transformation_mode',
    node.version < 11 ? 'asymmetric' : 'half_pixel',
  );
  const rounding = node.version < 11 ? 'floor' : stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const clamp = (index: number) => Math.min(input - 1, Math.max(0, index));
  return Array.from({ length: output }, (_, at): Taps => {
    const position = sourceOf(coordinates, at, scale, input, output);
    if (mode === 'nearest') {
      const source = clamp(nearest(rounding, position));
      return [source, source, 0];
    }
    const low = Math.floor(position);
    return [clamp(low), clamp(low + 1), position - low];
  });
}

function sourceOf(mode: string, at: number, scale: number, input: number, output: number): number {
  switch (mode) {
    case 'asymmetric':
      return at / scale;
    case 'align_corners':
      return output === 1 ? 0 : (at * (input - 1)) / (scale * input - 1);
    case 'pytorch_half_pixel':
      return output === 1 ? 0 : (at + 0.5) / scale - 0.5;
    default:
      return (at + 0.5) / scale - 0.5;
  }
}

function nearest(rounding: string, position: number): number {
  switch (rounding) {
    case 'floor':
      return Math.floor(position);
    case 'ceil':
      return Math.ceil(position);
    case 'round_prefer_ceil':
      return Math.floor(position + 0.5);
    default:
      return Math.ceil(position - 0.5);
  }
}
