// Resizing of planes: for every output row and column, which input rows and columns it blends.

import type { Group } from '../../fusion/types.ts';
import { valueOf } from '../../ir/graph.ts';
import { axisTaps, resizeRule, type TapTable, tapTable } from '../../ir/ops/images/resampling.ts';
import { constantNumbers } from '../../ir/patch.ts';
import { tensorBytes } from '../../ir/tensor.ts';
import type { Node } from '../../ir/types.ts';
import { LANES } from '../../options.ts';
import { linesStay } from '../cache-lines.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import type { Access, BufferRef } from '../spec/access.ts';
import type { KernelSpec } from '../spec/kernel.ts';
import type { ResizeSpec } from '../spec/window.ts';
import { pixelAxes, planeOf } from '../window.ts';

/** The kernels of a Resize or Upsample of planes, with tables of what each row and column blends. */
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
  const spec = {
    kind: 'resize',
    batch: input[0] ?? 1,
    channels: input[1] ?? 1,
    inputSize,
    outputSize,
    rows,
    columns,
    input: required(prologueOf(context, group, 0, x, pixelAxes(input)), node.name),
    epilogue: required(epilogueOf(context, group, output, pixelAxes(output)), node.name),
  } as const;
  const lanes = lanesAlong(spec, LANES[context.simd]);
  return [{ ...spec, lanes, tables: tablesOf(context, node, [rows, columns], lanes) }];
}

/**
 * An element that lies in a cache line of its own, in loads of elements that are near one another: where the line is
 * still there for the next element, and where it is not.
 */
const APART = 2;
const ASTRAY = 8;

/** Loads and stores of several elements of the axis: one where they lie side by side or are the same. */
const accessCost = (accesses: readonly Access[], axis: number, extent: number, lanes: number): number =>
  accesses.reduce((sum, { dtype, strides }) => {
    const stride = strides[axis] ?? 0;
    if (Math.abs(stride) <= 1) return sum + 1;
    return sum + (linesStay(extent, tensorBytes(dtype, [Math.abs(stride)])) ? APART : ASTRAY) * lanes;
  }, 0);

/**
 * The axis along which an output row takes fewer loads and stores. Along columns, rows are blended first, and then one
 * load finds where a result begins, and another every two taps.
 */
export function lanesAlong(
  {
    channels,
    inputSize,
    outputSize,
    rows,
    columns,
    input,
    epilogue,
  }: Omit<ResizeSpec, 'kind' | 'tables' | 'lanes'>,
  lanes: number,
): 'channels' | 'columns' {
  const vectors = (elements: number) => Math.ceil(elements / lanes);
  const results = [...epilogue.reads, ...epilogue.writes];
  const taps = rows.span * columns.span;
  const pixel =
    vectors(channels) *
    (taps * accessCost(input.reads, 3, channels, lanes) + accessCost(results, 3, channels, lanes));
  const blended = vectors(inputSize[1]) * rows.span * accessCost(input.reads, 2, inputSize[1], lanes);
  const gathered = lanes * (1 + Math.ceil(columns.span / 2));
  const line = blended + vectors(outputSize[1]) * (gathered + accessCost(results, 2, outputSize[1], lanes));
  return channels * line < outputSize[1] * pixel ? 'columns' : 'channels';
}

/** Taps of every output coordinate by the operator's coordinate transformation. */
function resizeTaps(node: Node, input: number, output: number, given: number | undefined): TapTable {
  const axis = { input, output, scale: given ?? output / input, roi: [0, 1] } as const;
  return tapTable(axisTaps(resizeRule(node), axis), input);
}

/** The tables as the kernel reads them; equal ones are stored once. */
function tablesOf(
  { weights, packing }: SelectContext,
  node: Node,
  tables: readonly [rows: TapTable, columns: TapTable],
  lanes: ResizeSpec['lanes'],
): BufferRef {
  const length = packing.packedTapsLength(tables);
  return weights.add(JSON.stringify([lanes, tables]), `${node.name} (taps)`, length * 4, target =>
    packing.packTaps(new Float32Array(target.buffer, target.byteOffset, length), tables, lanes),
  );
}
