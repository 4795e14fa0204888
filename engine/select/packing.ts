// Packings of constants that kernels ask for. The packing itself is code generation's and comes in as an argument.

import type { FloatParts } from '../ir/constants/reading.ts';
import type { TapTable } from '../ir/ops/images/resampling.ts';
import type { BitWeights } from './spec/product.ts';

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

/** codegen/kernels/pack/packing.ts; lengths in elements, of pairs in words. */
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
  packTaps(
    target: Float32Array,
    tables: readonly [rows: TapTable, columns: TapTable],
    lanes: 'channels' | 'columns',
  ): void;
  packedBiasLength(groups: number, outChannels: number, columns: number): number;
  packBias(
    target: Float32Array,
    source: FloatParts,
    groups: number,
    outChannels: number,
    columns: number,
  ): void;
}
