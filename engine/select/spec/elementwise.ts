// Kernels that compute every element of a box by itself.

import type { Access, BufferRef, Epilogue } from './access.ts';

/** Output = expression over a box. Copies, transposes, slices, broadcasts and casts are elementwise too. */
export interface ElementwiseSpec {
  readonly kind: 'elementwise';
  readonly extents: readonly number[];
  /** no input 0 result here: expression inputs 0 … read reads[0] … */
  readonly body: Epilogue;
  /** the result for each of the 256 bytes that the only input may be: looked up instead of computed */
  readonly table?: BufferRef;
}

/** Fill a box with a constant (padding borders, zero buffers). */
export interface FillSpec {
  readonly kind: 'fill';
  readonly extents: readonly number[];
  readonly value: number;
  readonly write: Access;
}
