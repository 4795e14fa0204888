// Kernels that run depth-first, row by row, as one.

import type { MatmulSpec } from './product.ts';
import type { ConvolutionSpec, DepthwiseSpec, PoolSpec, ResizeSpec, WinogradSpec } from './window.ts';

/**
 * Rows of the tensor that `stage` of a chain makes, as another stage reads them: output row y reads those from
 * ⌊(multiplier · y + shift) / divisor⌋ on, `span` of them, as far as they exist.
 */
export interface RowsRead {
  readonly stage: number;
  readonly multiplier: number;
  readonly shift: number;
  readonly divisor: number;
  readonly span: number;
}

/** A kernel that computes its output in rows from top to bottom, so many of them in one work unit. */
export interface ChainStage {
  readonly kernel: RowKernelSpec;
  readonly rows: number;
  readonly unitRows: number;
  /** loops inside one image around the loop over rows: groups */
  readonly groups: number;
  readonly reads: readonly RowsRead[];
  /** every row is wanted, whether a later stage reads it or not */
  readonly complete: boolean;
}

/**
 * Kernels that run depth-first: each computes the rows that the next one is about to read, and of a tensor between
 * them only these rows exist. Buffer { space: 'rows', id } is ring `id`: [rows of one image][rowBytes], a window of
 * it in scratch. Work units are those of the last stage's rows, images outside.
 */
export interface ChainSpec {
  readonly kind: 'chain';
  readonly batch: number;
  readonly stages: readonly ChainStage[];
  readonly rings: readonly { readonly stage: number; readonly rowBytes: number }[];
}

/** Kernels whose work units are rows of images, in order. */
export type RowKernelSpec =
  | ConvolutionSpec
  | DepthwiseSpec
  | WinogradSpec
  | MatmulSpec
  | PoolSpec
  | ResizeSpec;
