// What code generation can do, asked by the compiler before it decides that a node becomes a kernel.

import type { Dtype } from '../ir/types.ts';
import type { SimdClass } from '../options.ts';
import { hasPrimitive } from './expression-ops.ts';
import { MEMORY_TYPES } from './memory-types.ts';

/** Whether expressions may use this primitive. All exist in every SIMD class. */
export const primitiveSupported = (op: string, _simd: SimdClass): boolean => hasPrimitive(op);

/**
 * Whether kernels load and store this element type: f32 and narrower floats, bool, integers that fit 32-bit lanes.
 * Not int64, uint32 and float64, which do not fit, nor types packed below a byte.
 */
export const dtypeSupported = (dtype: Dtype): boolean => MEMORY_TYPES[dtype] !== undefined;
