// Products of matrices, and what convolutions have in common with them: order of loops, integer operands, scratch.

import type { BufferRef, Epilogue, Prologue, Refinement } from './access.ts';

/**
 * All operands are integers of at most 9 bits, and no sum of products leaves 32 bits: products are computed with
 * integers, exactly. The weights are packed as pairs of 16 bits (codegen/kernels/pack/pairs.ts). Not for scalar
 * kernels, nor for a right operand that is computed at run time; columns of a tile are whole vectors.
 */
export type IntegerOperands = true;

/**
 * In which order a product goes through rows of results and blocks of columns. 'columns': each block with all rows, so
 * that weights are read once. 'strips': strips of rows that the cache holds, each with all blocks. 'rows': the rows of
 * one register tile, each time with all blocks, so that rows are read once.
 */
export const LOOP_ORDERS = ['columns', 'strips', 'rows'] as const;

export type LoopOrder = (typeof LOOP_ORDERS)[number];

/** How the loops of a product are put together. */
export interface LoopSpec {
  /** the template's choice when absent */
  readonly order?: LoopOrder;
}

/** How much of its input a kernel works on at a time. */
export interface LeanSpec {
  /** as little as it can: less scratch, and what was read is given up sooner */
  readonly lean?: boolean;
}

/**
 * Packed weights as integers of few bits, with a scale and maybe a zero point for each column of a block of rows
 * (codegen/kernels/pack/bits.ts). A panel is made to floats in scratch before it is used. Columns of a tile are whole
 * vectors, 8 or 16; not for scalar kernels.
 */
export interface BitWeights {
  readonly bits: 4 | 8;
  /** rows of a block */
  readonly block: number;
  /** of all blocks, or 'each' has its own */
  readonly zero: number | 'each';
}

/**
 * C[b…, m, n] = Σ_k A[b…, m, k] · B[b…, k, n]. Iteration spaces: a (b…, m, k); b (b…, k, n); epilogue (b…, m, n).
 * B is packed weights [n/NR][k][NR], or read at run time and packed into scratch.
 */
export interface MatmulSpec extends LeanSpec, LoopSpec {
  readonly kind: 'matmul';
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** rows of the result in one work unit; the template's choice when absent */
  readonly unitRows?: number;
  readonly a: Prologue;
  readonly b: { readonly packed: BufferRef; readonly bits?: BitWeights } | Prologue;
  /** one number per column, padded to whole tiles (packBias) */
  readonly bias?: BufferRef;
  readonly epilogue: Epilogue;
  readonly integers?: IntegerOperands;
  readonly tile: readonly [number, number];
}

/**
 * O[b…, m, d] = Σ_n P[b…, m, n] · V[b…, n, d], P the softmax over n of S[b…, m, n] = Σ_k Q[b…, m, k] · K[b…, k, n].
 * Neither S nor P is stored. Iteration spaces: query (b…, m, k); key (b…, k, n); value (b…, n, d); scores and
 * probabilities, which refine S and P, (b…, m, n); epilogue (b…, m, d).
 */
export interface AttentionSpec {
  readonly kind: 'attention';
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly d: number;
  readonly query: Prologue;
  readonly key: Prologue;
  readonly value: Prologue;
  readonly scores: Refinement;
  readonly probabilities: Refinement;
  readonly epilogue: Epilogue;
  /** register tiles of Q · K and of P · V */
  readonly scoreTile: readonly [number, number];
  readonly valueTile: readonly [number, number];
}
