// How a kernel reaches memory: places, strides, and what is computed of values on the way in and out.

import type { Expression } from '../../fusion/types.ts';
import type { Dtype } from '../../ir/types.ts';

/**
 * A place in memory: a buffer of the plan, a packed constant, or the rows that a chain keeps of a tensor. Resolved to
 * base + offset when code is emitted.
 */
export interface BufferRef {
  readonly space: 'arena' | 'weights' | 'rows';
  readonly id: number;
}

/** Element (i0, i1, …) of the iteration space lies at buffer + offset + Σ i_k · strides[k]; all in elements. */
export interface Access {
  readonly buffer: BufferRef;
  readonly dtype: Dtype;
  readonly offset: number;
  /** one per axis of the iteration space; 0 broadcasts */
  readonly strides: readonly number[];
}

/** `expression` over values read through `reads`; input i reads reads[i]. */
export interface Prologue {
  readonly expression: Expression;
  readonly reads: readonly Access[];
}

/** `expression` over the kernel's own result (input 0, absent in elementwise kernels) and values read through
 * `reads` (inputs 1 …); result i is stored through writes[i]. */
export interface Epilogue {
  readonly expression: Expression;
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
}

/** `expression` over a result of the kernel's own (input 0) and values read through `reads` (inputs 1 …). */
export type Refinement = Prologue;
