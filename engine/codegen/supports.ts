// What code generation can do, asked by the compiler before it decides that a node becomes a kernel.

import type { ScalarType } from '../fusion/types.ts';
import type { Dtype } from '../ir/types.ts';
import { hasPrimitive } from './expression/primitives.ts';
import { MEMORY_TYPES } from './vector/memory-types.ts';

/** Whether expressions may use this primitive on a first argument of this type; the same in every SIMD class. */
export const primitiveSupported = (op: string, type: ScalarType): boolean => hasPrimitive(op, type);

/**
 * Whether kernels load and store this element type: floats from bfloat16 to float64, bool, integers from 8 to 64 bits.
 * Not types packed below a byte, complex numbers and strings.
 */
export const dtypeSupported = (dtype: Dtype): boolean => MEMORY_TYPES[dtype] !== undefined;
