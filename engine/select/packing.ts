// Packed constants: which packing a template asks for, done when weights are loaded. The packing itself is code
// generation's and comes in as an argument.

import { constantDtype } from '../ir/constant.ts';
import { type FloatParts, floatParts } from '../ir/float-parts.ts';
import { valueOf } from '../ir/graph.ts';
import type { TapTable } from '../ir/ops/resampling.ts';
import type { ValueId } from '../ir/types.ts';
import type { SelectContext } from './context.ts';
import type { BitWeights, BufferRef } from './spec.ts';

/** Weights of a grouped convolution, in channels per group. */
export interface ConvolutionWeights {
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** height, width */
  readonly kernel: readonly [number, number];
}

/** A constant right-hand side of a matrix product; strides in elements. */
export interface MatmulWeights {
  readonly k: number;
  readonly n: number;
  readonly strides: { readonly k: number; readonly n: number };
}

/** Weights of 3 × 3 convolutions in one group. */
export interface WinogradWeights {
  readonly inChannels: number;
  readonly outChannels: number;
  /** extent of the output tile */
  readonly outputTile: 2 | 4;
}

/** Recurrence weights of some gates of a layer: those in [from, to). */
export interface RecurrentWeights {
  readonly directions: number;
  /** of the whole layer */
  readonly gates: number;
  readonly from: number;
  readonly to: number;
  readonly hidden: number;
}

/** Integers as float32, a weight matrix for every group and tap; channels per group, strides in elements. */
export interface PairWeights {
  readonly groups: number;
  readonly taps: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly strides: {
    readonly group: number;
    readonly tap: number;
    readonly input: number;
    readonly output: number;
  };
}

/** Weights (k, n) in few bits; elements by row and column, parameters by block of rows and column. */
export interface BitSource {
  readonly k: number;
  readonly n: number;
  readonly stored: (row: number, column: number) => number;
  readonly scale: (block: number, column: number) => number;
  readonly zero: (block: number, column: number) => number;
}

/** codegen/kernels/pack.ts, pack-bits.ts, pack-pairs.ts, pack-taps.ts and pack-winograd.ts; lengths in elements, of pairs in words. */
export interface Packing {
  /** bytes */
  packedBitsLength(
    size: { readonly k: number; readonly n: number },
    weights: BitWeights,
    columns: number,
  ): number;
  packBits(target: Uint8Array, source: BitSource, weights: BitWeights, columns: number): void;
  packedPairsLength(weights: PairWeights, columns: number): number;
  packPairs(target: Int16Array, source: FloatParts, weights: PairWeights, columns: number): void;
  packedWinogradLength(weights: WinogradWeights, columns: number): number;
  packWinograd(target: Float32Array, source: FloatParts, weights: WinogradWeights, columns: number): void;
  packWinogradPairs(target: Int16Array, source: FloatParts, weights: WinogradWeights, columns: number): void;
  packedConvolutionLength(weights: ConvolutionWeights, columns: number): number;
  packConvolution(
    target: Float32Array,
    source: FloatParts,
    weights: ConvolutionWeights,
    columns: number,
  ): void;
  packedDepthwiseLength(channels: number, kernel: readonly [number, number]): number;
  packDepthwise(
    target: Float32Array,
    source: FloatParts,
    channels: number,
    kernel: readonly [number, number],
  ): void;
  packedMatmulLength(weights: MatmulWeights, columns: number): number;
  packMatmul(target: Float32Array, source: FloatParts, weights: MatmulWeights, columns: number): void;
  packedRecurrentLength(weights: RecurrentWeights, columns: number): number;
  packRecurrent(target: Float32Array, source: FloatParts, weights: RecurrentWeights, columns: number): void;
  packedTapsLength(tables: readonly TapTable[]): number;
  packTaps(target: Float32Array, tables: readonly TapTable[]): void;
  packedBiasLength(groups: number, outChannels: number, columns: number): number;
  packBias(
    target: Float32Array,
    source: FloatParts,
    groups: number,
    outChannels: number,
    columns: number,
  ): void;
}

/** A float32 segment made from a constant when it is loaded; the same constant packed the same way is stored once. */
export function packedSegment(
  context: SelectContext,
  id: ValueId,
  how: string,
  length: number,
  pack: (target: Float32Array, source: FloatParts) => void,
): BufferRef {
  const { name, constant } = valueOf(context.graph, id);
  if (!constant) throw new Error(`'${name}' is no constant`);
  return context.weights.add(`${id} ${how}`, `${name} (${how})`, length * 4, bytes => {
    if (constantDtype(constant) !== 'float32') throw new Error(`'${name}' is not float32`);
    pack(new Float32Array(bytes.buffer, bytes.byteOffset, length), floatParts(constant, context.read));
  });
}

/** Weights of an integer product. */
export function packedPairs(
  context: SelectContext,
  id: ValueId,
  weights: PairWeights,
  columns: number,
): BufferRef {
  const { packing } = context;
  const length = packing.packedPairsLength(weights, columns);
  const { input, output } = weights.strides;
  const how = `pairs ${weights.groups} ${input} ${output} ${columns}`;
  return packedSegment(context, id, how, length, (target, source) =>
    packing.packPairs(new Int16Array(target.buffer, target.byteOffset, length * 2), source, weights, columns),
  );
}

/** Weights of a convolution by minimal filtering, as floats or as pairs. */
export function packedWinograd(
  context: SelectContext,
  id: ValueId,
  weights: WinogradWeights,
  columns: number,
  integers: boolean,
): BufferRef {
  const { packing } = context;
  const elements = packing.packedWinogradLength(weights, columns);
  const how = `winograd ${weights.outputTile} ${columns}`;
  if (!integers)
    return packedSegment(context, id, how, elements, (target, source) =>
      packing.packWinograd(target, source, weights, columns),
    );
  return packedSegment(context, id, `${how} pairs`, elements / 2, (target, source) =>
    packing.packWinogradPairs(
      new Int16Array(target.buffer, target.byteOffset, elements),
      source,
      weights,
      columns,
    ),
  );
}

/** One number per output channel, padded to whole tiles. */
export function packedBias(
  context: SelectContext,
  id: ValueId,
  groups: number,
  outChannels: number,
  columns: number,
): BufferRef {
  const { packing } = context;
  const length = packing.packedBiasLength(groups, outChannels, columns);
  return packedSegment(context, id, `bias ${groups} ${columns}`, length, (target, source) =>
    packing.packBias(target, source, groups, outChannels, columns),
  );
}
