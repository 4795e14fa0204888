// The element types that kernels load and store, and what they become in registers. Types without arithmetic of
// their own are decoded when loaded and encoded when stored.

import type { ScalarType } from '../../fusion/types.ts';
import type { Dtype } from '../../ir/types.ts';
import { bfloat16Bits, bfloat16Number, float16Bits, float16Number } from '../math/narrow-float.ts';
import type { MemoryOp } from '../wasm/opcodes.ts';
import type { Value, Vectors } from './vector.ts';

/** How an element type is loaded and stored, and what it is in between. */
export interface MemoryType {
  readonly sizeBytes: 1 | 2 | 4 | 8;
  /** type of an expression's value read from it or stored to it */
  readonly type: ScalarType;
  readonly load: MemoryOp;
  readonly store: MemoryOp;
  /** as many elements from consecutive memory as a part has lanes; absent: no such instruction */
  readonly loadPart?: MemoryOp;
  /** for numbers stored in another form: from the bits as i32, and back */
  readonly coding?: {
    readonly decode: (v: Vectors, bits: Value) => Value;
    readonly encode: (v: Vectors, value: Value) => Value;
  };
}

const HALF = {
  sizeBytes: 2,
  type: 'f32',
  load: 'i32.load16_u',
  store: 'i32.store16',
  loadPart: 'v128.load16x4_u',
} as const;

/** Integers narrower than their registers store their low bits, as a cast in C does. */
export const MEMORY_TYPES: Readonly<Partial<Record<Dtype, MemoryType>>> = {
  float32: { sizeBytes: 4, type: 'f32', load: 'f32.load', store: 'f32.store', loadPart: 'v128.load' },
  float16: { ...HALF, coding: { decode: float16Number, encode: float16Bits } },
  bfloat16: { ...HALF, coding: { decode: bfloat16Number, encode: bfloat16Bits } },
  int32: { sizeBytes: 4, type: 'i32', load: 'i32.load', store: 'i32.store', loadPart: 'v128.load' },
  int16: {
    sizeBytes: 2,
    type: 'i32',
    load: 'i32.load16_s',
    store: 'i32.store16',
    loadPart: 'v128.load16x4_s',
  },
  uint16: {
    sizeBytes: 2,
    type: 'i32',
    load: 'i32.load16_u',
    store: 'i32.store16',
    loadPart: 'v128.load16x4_u',
  },
  int8: { sizeBytes: 1, type: 'i32', load: 'i32.load8_s', store: 'i32.store8' },
  uint8: { sizeBytes: 1, type: 'i32', load: 'i32.load8_u', store: 'i32.store8' },
  // Of uint64 kernels only move elements; its numbers are not those of an i64.
  int64: { sizeBytes: 8, type: 'i64', load: 'i64.load', store: 'i64.store', loadPart: 'v128.load' },
  uint64: { sizeBytes: 8, type: 'i64', load: 'i64.load', store: 'i64.store', loadPart: 'v128.load' },
  uint32: {
    sizeBytes: 4,
    type: 'i64',
    load: 'i64.load32_u',
    store: 'i64.store32',
    loadPart: 'v128.load32x2_u',
  },
  float64: { sizeBytes: 8, type: 'f64', load: 'f64.load', store: 'f64.store', loadPart: 'v128.load' },
  bool: { sizeBytes: 1, type: 'bool', load: 'i32.load8_u', store: 'i32.store8' },
};

/** Throws for a type that supports.ts says kernels do not have. */
export const memoryType = (dtype: Dtype): MemoryType => {
  const found = MEMORY_TYPES[dtype];
  if (!found) throw new Error(`no kernel loads or stores ${dtype}`);
  return found;
};
