// Kernels whose results depend on whole lines along axes: reductions, norms, running totals, orders.

import type { Access, BufferRef, Epilogue, Prologue } from './access.ts';

/** How many terms along an axis count, read from memory when the kernel runs: those beyond change nothing. */
export interface TermLimit {
  /** an int64 scalar, at most the extent of the axis */
  readonly count: BufferRef;
  /** of the reduced axes */
  readonly axis: number;
  /** reads of the input that are true as far as that goes and false beyond */
  readonly masks: readonly number[];
}

/**
 * Reduction. Iteration space of `input`: (outer…, reduced…); of the epilogue: (outer…).
 * 'mean' divides by the number of reduced elements.
 */
export interface ReduceSpec {
  readonly kind: 'reduce';
  readonly op: 'sum' | 'mean' | 'max' | 'min' | 'prod' | 'sumSquare';
  readonly outer: readonly number[];
  readonly reduced: readonly number[];
  /** left out: all terms count */
  readonly limit?: TermLimit;
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/** Softmax over the last axes of the iteration space (outer…, line…), for input and epilogue alike. */
export interface SoftmaxSpec {
  readonly kind: 'softmax';
  readonly log: boolean;
  readonly outer: readonly number[];
  /** axes that are gone through as one line, at least one */
  readonly line: readonly number[];
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/**
 * (x − mean) / √(variance + epsilon) over the last axes of the iteration space (outer…, line…); scale and bias are
 * part of the epilogue. `rms` leaves the mean out.
 */
export interface NormalizeSpec {
  readonly kind: 'normalize';
  readonly rms: boolean;
  readonly epsilon: number;
  readonly outer: readonly number[];
  /** axes that are gone through as one line, at least one */
  readonly line: readonly number[];
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

/**
 * The `count` largest (or smallest) elements along an axis, in order, and where they were; of equal ones the first
 * ones. Iteration spaces: input (outer…, axis); values and indices (outer…, place).
 */
export interface TopKSpec {
  readonly kind: 'topk';
  readonly largest: boolean;
  readonly outer: readonly number[];
  readonly extent: number;
  readonly count: number;
  /** float32, float64, or integers but those of 32 and 64 bits without sign */
  readonly input: Access;
  readonly values?: Access;
  /** int64 */
  readonly indices?: Access;
}

/**
 * Where along an axis the largest (or smallest) element is; of equal ones the first, NaN before everything. Iteration
 * spaces: input (outer…, axis), of the types of TopKSpec; indices (outer…), int64.
 */
export interface ExtremeSpec {
  readonly kind: 'extreme';
  readonly largest: boolean;
  readonly outer: readonly number[];
  readonly extent: number;
  readonly input: Access;
  readonly indices: Access;
}

/** Running totals along an axis. Iteration spaces: input and output (outer…, axis). */
export interface CumulateSpec {
  readonly kind: 'cumulate';
  readonly op: 'add' | 'mul';
  readonly outer: readonly number[];
  readonly extent: number;
  /** without the element itself */
  readonly exclusive: boolean;
  /** from the end */
  readonly reverse: boolean;
  /** float32, float64, int32 or int64, the output too */
  readonly input: Access;
  readonly output: Access;
}
