// Kernels over images and volumes: convolutions, pooling, resizing.

import type { Outside } from '../../fusion/types.ts';
import type { TapTable } from '../../ir/ops/images/resampling.ts';
import type { Access, BufferRef, Epilogue, Prologue } from './access.ts';
import type { IntegerOperands, LeanSpec, LoopSpec } from './product.ts';

/** What a volume and its window have along the axis in front of the rows. */
export interface Planes {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** padding before the first plane */
  readonly front: number;
  readonly inputSize: number;
  readonly outputSize: number;
}

/**
 * Sizes of a window, [vertical, horizontal]; one-dimensional ones have height 1. One over a volume has planes too:
 * then iteration spaces (n, y, x, channel) are (n, plane, y, x, channel), and its taps [plane][row][column].
 */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly planes?: Planes;
}

/**
 * Weights of a convolution that the model computes, packed before each run. Iteration space: (group, plane, row,
 * column of the window, in channel, out channel of the group).
 */
export interface ComputedWeights {
  readonly computed: Access;
}

/**
 * Direct convolution. Iteration space of `input` reads: (n, y, x, channel) of the unpadded input, channel over all
 * groups. Iteration space of the epilogue: (n, y, x, channel) of the output.
 * Packed weights: [group][oc/NR][kh][kw][ic][NR], zero-filled tail (codegen/kernels/pack/pack.ts).
 */
export interface ConvolutionSpec extends LeanSpec, LoopSpec {
  readonly kind: 'convolution';
  readonly batch: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  readonly window: Window;
  /** output rows of one work unit; the template's choice when absent */
  readonly unitRows?: number;
  readonly groups: number;
  /** per group */
  readonly inChannels: number;
  /** per group */
  readonly outChannels: number;
  readonly input: Prologue;
  /** what a position in the padding reads as */
  readonly outside: Outside;
  readonly weights: BufferRef | ComputedWeights;
  /** padded to whole tiles per group as the weights are (packBias); of a depthwise convolution [channel] */
  readonly bias?: BufferRef;
  readonly epilogue: Epilogue;
  readonly integers?: IntegerOperands;
  /** output pixels × output channels held in registers; one channel: dot products over the terms */
  readonly tile: readonly [number, number];
}

/** One input channel to one output channel; the same fields as a convolution. Weights packed [kh][kw][channel]. */
export interface DepthwiseSpec extends Omit<ConvolutionSpec, 'kind' | 'weights' | 'order'> {
  readonly kind: 'depthwise';
  readonly weights: BufferRef;
}

/**
 * A convolution 3×3 of stride and dilation 1 in one group by minimal filtering, outputTile × outputTile pixels at a
 * time. Packed weights: [oc/NR][product][ic][NR] (codegen/kernels/pack/winograd.ts); channels are whole vectors.
 */
export interface WinogradSpec extends Omit<ConvolutionSpec, 'kind' | 'weights' | 'order'> {
  readonly kind: 'winograd';
  readonly weights: BufferRef;
  readonly outputTile: 2 | 4;
}

/** Iteration spaces as for a depthwise convolution. */
export interface PoolSpec extends LeanSpec {
  readonly kind: 'pool';
  readonly mode: 'max' | 'average';
  /** average: divide by the whole window, padding included */
  readonly countPadding: boolean;
  /** what positions in the padding are; without it they are left out */
  readonly outside?: Outside;
  readonly batch: number;
  readonly channels: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  readonly window: Window;
  /** output rows of one work unit; the template's choice when absent */
  readonly unitRows?: number;
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/**
 * Two-dimensional resize: every output pixel is a weighted sum of a box of input pixels. `tables`, of int32 and
 * float32, has for each row, then for each column of the output its first tap, followed by the taps' weights where
 * one is not 1 (codegen/kernels/pack/taps.ts).
 */
export interface ResizeSpec {
  readonly kind: 'resize';
  readonly batch: number;
  readonly channels: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  readonly rows: TapTable;
  readonly columns: TapTable;
  readonly tables: BufferRef;
  /** along which axis several elements are computed at once */
  readonly lanes: 'channels' | 'columns';
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}
