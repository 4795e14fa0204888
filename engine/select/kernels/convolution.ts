// Convolutions: plain and grouped, depthwise, and 1×1 ones as matrix products over pixels.

import type { Group, Outside } from '../../fusion/types.ts';
import { intAttribute } from '../../ir/attributes.ts';
import { consumersOf, valueOf } from '../../ir/graph.ts';
import type { Node, Shape, ValueId } from '../../ir/types.ts';
import { type Axes, accessAlong } from '../access.ts';
import { epilogueOf, prologueOf, required, type SelectContext } from '../context.ts';
import {
  convolutionPanels,
  matrixPanels,
  packedBias,
  packedConvolution,
  packedMatrix,
  packedPairs,
  packedSegment,
  packedWinograd,
  winogradPanels,
} from '../packed-weights.ts';
import type { ConvolutionWeights, PairWeights } from '../packing.ts';
import { paddedWindow, type Source, sourceOf } from '../padded.ts';
import type { KernelSpec } from '../spec/kernel.ts';
import type {
  ComputedWeights,
  ConvolutionSpec,
  DepthwiseSpec,
  Window,
  WinogradSpec,
} from '../spec/window.ts';
import { integerTile, type Tile } from '../tile-cost.ts';
import { type Pair, pixelAxes, planeOf, tripleOf } from '../window.ts';
import { winogradTile } from '../winograd.ts';

/** What all forms of a convolution share. */
export interface ConvolutionShapes {
  readonly node: Node;
  readonly x: ValueId;
  readonly w: ValueId;
  readonly bias: ValueId | undefined;
  /** of the input as read, before a fused Pad */
  readonly input: Shape;
  readonly source: Source;
  readonly output: Shape;
  readonly weight: Shape;
  readonly groups: number;
}

/** Throws where the node has no weights or no output. */
export function shapesOf(context: SelectContext, group: Group, node: Node): ConvolutionShapes {
  const [, w, bias] = node.inputs;
  const [y] = node.outputs;
  if (w === undefined || y === undefined) throw new Error(`${node.name}: no weights or output`);
  const shape = (id: ValueId): Shape => valueOf(context.graph, id).shape ?? [];
  const source = sourceOf(context.graph, group, node);
  return {
    ...{ node, x: source.x, w, bias, source },
    ...{ input: source.shape, output: shape(y), weight: shape(w) },
    groups: intAttribute(node, 'group', 1),
  };
}

/** One kernel: a matrix product, a convolution by minimal filtering, or a direct one. */
export function selectConvolution(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const shapes = shapesOf(context, group, node);
  const { window, outside = 0 } = windowUnder(shapes);
  const product = asMatmul(context, group, shapes, window);
  if (product) return [product];
  const operands = operandsOf(context, group, shapes, window, outside);
  const filtered = valueOf(context.graph, shapes.w).constant && asWinograd(context, shapes, operands);
  return [filtered ?? asConvolution(context, shapes, operands)];
}

/** One kernel, for one channel in and out in every group. */
export function selectDepthwise(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const shapes = shapesOf(context, group, node);
  const { window, outside = 0 } = windowUnder(shapes);
  const { w, bias, groups } = shapes;
  const { packing } = context;
  const taps = tapsOf(window);
  const length = packing.packedDepthwiseLength(groups, taps);
  const spec: DepthwiseSpec = {
    ...commonOf(context, group, shapes, window, outside),
    kind: 'depthwise',
    inChannels: 1,
    outChannels: 1,
    weights: packedSegment(context, w, 'depthwise', length, (target, source) =>
      packing.packDepthwise(target, source, groups, taps),
    ),
    ...(bias !== undefined && { bias: context.locator.of(bias).buffer }),
    tile: [1, 1],
  };
  return [spec];
}

const windowUnder = ({ node, source, weight, output }: ConvolutionShapes) =>
  paddedWindow(node, source, weight.slice(2), output);

/** As packing sees them: rows of all planes, and columns. */
export const tapsOf = ({ kernel, planes }: Window): Pair => [(planes?.kernel ?? 1) * kernel[0], kernel[1]];

/** Taps of one row lie side by side where channels-last pixels do; `stored` as in Tiles. */
export function convolutionTile(
  { simd, tiles }: SelectContext,
  { inChannels, outChannels }: ConvolutionWeights,
  window: Window,
  [height, width]: Pair,
  stored?: number,
): Tile {
  const [rows, columns] = tapsOf(window);
  const terms = inChannels * (window.dilation[1] === 1 ? columns : 1);
  const depth = inChannels * rows * columns;
  return tiles.for(simd, { columns: outChannels, rows: height * width, terms, depth }, stored);
}

interface Operands {
  readonly spec: Omit<ConvolutionSpec, 'weights'>;
  readonly weights: ConvolutionWeights;
}

/** All but the packed weights. */
function operandsOf(
  context: SelectContext,
  group: Group,
  shapes: ConvolutionShapes,
  window: Window,
  outside: Outside,
): Operands {
  const { node, bias, weight, groups, output } = shapes;
  const outChannels = (weight[0] ?? 1) / groups;
  const weights = { groups, inChannels: weight[1] ?? 1, outChannels, kernel: tapsOf(window) };
  const integer = integersOf(context, node, outChannels, outside);
  const { w } = shapes;
  const stored = convolutionPanels(context, w, weights) ?? winogradPanels(context, w, false);
  const tile = integer ?? convolutionTile(context, weights, window, planeOf(output), stored?.columns);
  const spec = {
    ...commonOf(context, group, shapes, window, outside),
    kind: 'convolution',
    inChannels: weights.inChannels,
    outChannels,
    ...(bias !== undefined && { bias: packedBias(context, bias, groups, outChannels, tile[1]) }),
    ...(integer && { integers: true as const }),
    tile,
  } as const;
  return { spec, weights };
}

/** The tile if the convolution is one of integers, padding included, and they are faster. */
function integersOf(
  { simd, graph }: SelectContext,
  node: Node,
  columns: number,
  outside: Outside,
): Tile | undefined {
  const constant = node.inputs[1] !== undefined && valueOf(graph, node.inputs[1]).constant;
  const whole = typeof outside !== 'number' || outside === 0;
  if (!intAttribute(node, 'integers', 0) || !whole || !constant) return undefined;
  return integerTile(simd, { columns });
}

function pairsOf({ groups, inChannels, outChannels, kernel }: ConvolutionWeights): PairWeights {
  const taps = kernel[0] * kernel[1];
  const strides = {
    group: outChannels * inChannels * taps,
    tap: 1,
    input: taps,
    output: inChannels * taps,
  };
  return { groups, taps, inChannels, outChannels, strides };
}

/** Weights [group · out channel][in channel][(plane)][(row)][column], wherever they lie. */
function computedWeights({ locator }: SelectContext, w: ValueId, groups: number): ComputedWeights {
  const located = locator.of(w);
  const [output = 0, input = 0, ...taps] = located.strides;
  const perGroup = (located.shape[0] ?? 1) / groups;
  return {
    computed: accessAlong(located, [perGroup * output, ...tripleOf(taps, 0), input, output]),
  };
}

function asConvolution(
  context: SelectContext,
  { w }: ConvolutionShapes,
  { spec, weights }: Operands,
): ConvolutionSpec {
  const [, columns] = spec.tile;
  if (!valueOf(context.graph, w).constant)
    return { ...spec, weights: computedWeights(context, w, weights.groups) };
  if (spec.integers) return { ...spec, weights: packedPairs(context, w, pairsOf(weights), columns) };
  return { ...spec, weights: packedConvolution(context, w, weights, columns) };
}

/** Weights that several convolutions read are stored once: transformed where all of them can read them so. */
function asWinograd(
  context: SelectContext,
  { w, node }: ConvolutionShapes,
  { spec, weights: plain }: Operands,
): WinogradSpec | undefined {
  if (!context.winograd || context.lean === 'full') return undefined;
  // Sums of integers are exact, in floats too; transformed floats are rounded.
  if (intAttribute(node, 'integers', 0) && !spec.integers) return undefined;
  const direct = convolutionPanels(context, w, plain) || !readAlike(context, w, node);
  const stored = winogradPanels(context, w, spec.integers ?? false)?.outputTile;
  const outputTile = direct ? undefined : winogradTile(context.simd, spec, stored);
  if (!outputTile) return undefined;
  const weights = { inChannels: spec.inChannels, outChannels: spec.outChannels, outputTile };
  const packed = packedWinograd(context, w, weights, spec.tile[1], spec.integers ?? false);
  return { ...spec, kind: 'winograd', outputTile, weights: packed };
}

/** Whether all that reads the weights are convolutions that differ in size only. */
function readAlike({ graph }: SelectContext, w: ValueId, node: Node): boolean {
  const how = (other: Node): string =>
    ['strides', 'dilations', 'group', 'integers'].map(name => JSON.stringify(other.attributes[name])).join();
  return consumersOf(graph, w).every(other => other.op === 'Conv' && how(other) === how(node));
}

function commonOf(
  context: SelectContext,
  group: Group,
  { node, x, input, output, groups }: ConvolutionShapes,
  window: Window,
  outside: Outside,
) {
  const what = `convolution ${node.name}`;
  return {
    batch: input[0] ?? 1,
    inputSize: planeOf(input),
    outputSize: planeOf(output),
    window,
    groups,
    input: required(prologueOf(context, group, 0, x, pixelAxes(input)), what),
    outside,
    epilogue: required(epilogueOf(context, group, output, pixelAxes(output)), what),
  };
}

/** Ways to see [N, C, (H,) W] as batches of rows of pixels; the first whose axes merge is taken. */
function flatteningsOf(shape: Shape): { readonly batch: Axes; readonly pixels: readonly number[] }[] {
  const plane = [...shape.keys()].slice(2);
  return [
    { batch: [], pixels: [0, ...plane] },
    { batch: [[0]], pixels: plane },
  ];
}

/** A 1×1 convolution of stride 1 is a product of pixels × input channels and input × output channels. */
function asMatmul(
  context: SelectContext,
  group: Group,
  { node, x, w, bias, input, output, weight, groups }: ConvolutionShapes,
  window: Window,
): KernelSpec | undefined {
  const { kernel, stride, pads, planes = { kernel: 1, stride: 1, front: 0 } } = window;
  const { name, constant } = valueOf(context.graph, w);
  if (!constant) return undefined;
  const matrix = { constant, transposed: true };
  const plain = [...kernel, ...stride, planes.kernel, planes.stride].every(number => number === 1);
  const padded =
    [...pads, planes.front].some(amount => amount !== 0) || input.some((n, i) => i > 1 && n !== output[i]);
  if (!plain || padded || groups !== 1 || node.op !== 'Conv') return undefined;
  const [n = 1, k = 1] = weight;
  for (const { batch, pixels } of flatteningsOf(input)) {
    const m = pixels.reduce((product, axis) => product * (input[axis] ?? 1), 1);
    const integer = integersOf(context, node, n, 0);
    const stored = matrixPanels(context, matrix)?.columns;
    const tile = integer ?? context.tiles.for(context.simd, { columns: n, rows: m, terms: k }, stored);
    const a = prologueOf(context, group, 0, x, [...batch, pixels, [1]]);
    const epilogue = epilogueOf(context, group, output, [...batch, pixels, [1]]);
    if (!a || !epilogue) continue;
    return {
      kind: 'matmul',
      batch: batch.map(() => input[0] ?? 1),
      m,
      n,
      k,
      a,
      b: {
        packed: integer
          ? packedPairs(
              context,
              w,
              pairsOf({ groups, inChannels: k, outChannels: n, kernel: [1, 1] }),
              tile[1],
            )
          : packedMatrix(context, name, matrix, { k, n }, tile[1]),
      },
      ...(integer && { integers: true }),
      ...(bias !== undefined && { bias: packedBias(context, bias, 1, n, tile[1]) }),
      epilogue,
      tile,
    };
  }
  return undefined;
}
