// The table of element types: width in bits, code in ONNX files, the array that holds decoded elements,
// and how narrow floating-point formats map to numbers. Everything that depends on an element type asks here.

import type { Dtype, TensorData } from './types.ts';

/** What the elements are. */
export type DtypeKind = 'float' | 'int' | 'uint' | 'bool' | 'complex' | 'string';

/** A row of the table. */
export interface DtypeInfo {
  readonly dtype: Dtype;
  /** bits of one stored element; strings have none */
  readonly bits: number;
  /** TensorProto.DataType */
  readonly code: number;
  readonly kind: DtypeKind;
}

type Row = readonly [dtype: Dtype, bits: number, code: number, kind: DtypeKind];

const ROWS: readonly Row[] = [
  ['float32', 32, 1, 'float'],
  ['uint8', 8, 2, 'uint'],
  ['int8', 8, 3, 'int'],
  ['uint16', 16, 4, 'uint'],
  ['int16', 16, 5, 'int'],
  ['int32', 32, 6, 'int'],
  ['int64', 64, 7, 'int'],
  ['string', 0, 8, 'string'],
  ['bool', 8, 9, 'bool'],
  ['float16', 16, 10, 'float'],
  ['float64', 64, 11, 'float'],
  ['uint32', 32, 12, 'uint'],
  ['uint64', 64, 13, 'uint'],
  ['complex64', 64, 14, 'complex'],
  ['complex128', 128, 15, 'complex'],
  ['bfloat16', 16, 16, 'float'],
  ['float8e4m3fn', 8, 17, 'float'],
  ['float8e4m3fnuz', 8, 18, 'float'],
  ['float8e5m2', 8, 19, 'float'],
  ['float8e5m2fnuz', 8, 20, 'float'],
  ['uint4', 4, 21, 'uint'],
  ['int4', 4, 22, 'int'],
  ['float4e2m1', 4, 23, 'float'],
  ['float8e8m0', 8, 24, 'float'],
  ['uint2', 2, 25, 'uint'],
  ['int2', 2, 26, 'int'],
];

const BY_DTYPE = new Map<Dtype, DtypeInfo>();
const BY_CODE = new Map<number, Dtype>();
for (const [dtype, bits, code, kind] of ROWS) {
  BY_DTYPE.set(dtype, { dtype, bits, code, kind });
  BY_CODE.set(code, dtype);
}

/** All of them, in the table's order. */
export const DTYPES: readonly Dtype[] = ROWS.map(row => row[0]);

/** The row of a type. */
export function dtypeInfo(dtype: Dtype): DtypeInfo {
  const info = BY_DTYPE.get(dtype);
  if (info === undefined) throw new Error(`unknown dtype ${dtype}`);
  return info;
}

/** The dtype of a TensorProto.DataType code, undefined when this version knows none. */
export function dtypeOfCode(code: number): Dtype | undefined {
  return BY_CODE.get(code);
}

/** Floating-point numbers of any width. */
export const isFloat = (dtype: Dtype): boolean => dtypeInfo(dtype).kind === 'float';
/** int64 and uint64: elements are bigint, not number */
export const isBig = (dtype: Dtype): boolean => dtype === 'int64' || dtype === 'uint64';

/** Smallest and largest value of an integer type, as numbers (64-bit ones are rounded). */
export function integerRange(dtype: Dtype): readonly [number, number] {
  const { bits, kind } = dtypeInfo(dtype);
  if (kind === 'uint') return [0, 2 ** bits - 1];
  if (kind === 'int') return [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  throw new Error(`${dtype} is no integer type`);
}

/** A zero-filled array for `count` decoded elements of `dtype` (complex: two numbers each). */
export function allocate(dtype: Dtype, count: number): TensorData {
  switch (dtype) {
    case 'float64':
      return new Float64Array(count);
    case 'float16':
      return new Float16Array(count);
    case 'int8':
    case 'int4':
    case 'int2':
      return new Int8Array(count);
    case 'int16':
      return new Int16Array(count);
    case 'int32':
      return new Int32Array(count);
    case 'int64':
      return new BigInt64Array(count);
    case 'uint8':
    case 'uint4':
    case 'uint2':
    case 'bool':
      return new Uint8Array(count);
    case 'uint16':
      return new Uint16Array(count);
    case 'uint32':
      return new Uint32Array(count);
    case 'uint64':
      return new BigUint64Array(count);
    case 'complex64':
      return new Float32Array(2 * count);
    case 'complex128':
      return new Float64Array(2 * count);
    case 'string':
      return new Array<string>(count).fill('');
    case 'float32':
    case 'bfloat16':
    case 'float8e4m3fn':
    case 'float8e4m3fnuz':
    case 'float8e5m2':
    case 'float8e5m2fnuz':
    case 'float8e8m0':
    case 'float4e2m1':
      return new Float32Array(count);
  }
}

const word = new DataView(new ArrayBuffer(8));

/** bfloat16 bits → number. */
export function decodeBfloat16(bits: number): number {
  word.setUint32(0, (bits & 0xffff) << 16);
  return word.getFloat32(0);
}

/** number → bfloat16 bits, to nearest, ties to even. */
export function encodeBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** How a format below 16 bits spends its bits. */
interface NarrowFloat {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** bit pattern of the one NaN the encoder writes; undefined when the format has none */
  readonly nan?: number;
  /** bit pattern of +∞; undefined when the format has none */
  readonly infinity?: number;
  /** has −0 (the fnuz formats spend that pattern on NaN) */
  readonly negativeZero: boolean;
}

/** Formats of "FP8 Formats for Deep Learning" (arXiv 2209.05433), arXiv 2206.02915 (fnuz) and OCP MX (e2m1). */
const NARROW: Partial<Record<Dtype, NarrowFloat>> = {
  float8e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, nan: 0x7f, negativeZero: true },
  float8e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, nan: 0x80, negativeZero: false },
  float8e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, nan: 0x7e, infinity: 0x7c, negativeZero: true },
  float8e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, nan: 0x80, negativeZero: false },
  float4e2m1: { exponentBits: 2, mantissaBits: 1, bias: 1, negativeZero: true },
};

function decodeNarrow(format: NarrowFloat, pattern: number): number {
  const { exponentBits, mantissaBits, bias, nan, infinity } = format;
  const signBit = 1 << (exponentBits + mantissaBits);
  const magnitude = pattern & (signBit - 1);
  const sign = pattern & signBit ? -1 : 1;
  if (nan !== undefined && (format.negativeZero ? magnitude === nan : pattern === nan)) return Number.NaN;
  if (infinity !== undefined && magnitude === infinity) return sign * Number.POSITIVE_INFINITY;
  if (infinity !== undefined && magnitude > infinity) return Number.NaN;
  const exponent = magnitude >> mantissaBits;
  const mantissa = magnitude & ((1 << mantissaBits) - 1);
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (2 ** mantissaBits + mantissa) * 2 ** (exponent - bias - mantissaBits);
}

function decodeTable(dtype: Dtype): Float32Array {
  const format = NARROW[dtype];
  if (dtype === 'float8e8m0') {
    return Float32Array.from({ length: 256 }, (_, bits) => (bits === 255 ? Number.NaN : 2 ** (bits - 127)));
  }
  if (format === undefined) throw new Error(`${dtype} is no narrow floating-point type`);
  const patterns = 2 ** dtypeInfo(dtype).bits;
  return Float32Array.from({ length: patterns }, (_, bits) => decodeNarrow(format, bits));
}

const tables = new Map<Dtype, Float32Array>();

/** Every bit pattern's value, for the formats of 8 and 4 bits. */
export function narrowFloatTable(dtype: Dtype): Float32Array {
  let table = tables.get(dtype);
  if (table === undefined) {
    table = decodeTable(dtype);
    tables.set(dtype, table);
  }
  return table;
}

/** Floats of 8 and 4 bits: held as bit patterns, a byte each. */
export const isNarrowFloat = (dtype: Dtype): boolean => dtype in NARROW || dtype === 'float8e8m0';

/** Index of the finite magnitude nearest to `magnitude` (ties to the even pattern), among ascending ones. */
function nearestPattern(table: Float32Array, last: number, magnitude: number): number {
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((table[middle] ?? 0) <= magnitude) low = middle;
    else high = middle - 1;
  }
  if (low === last) return low;
  const below = magnitude - (table[low] ?? 0);
  const above = (table[low + 1] ?? 0) - magnitude;
  return above < below || (above === below && low % 2 === 1) ? low + 1 : low;
}

/** Pattern of the largest finite magnitude. */
function lastFinite(format: NarrowFloat): number {
  if (format.infinity !== undefined) return format.infinity - 1;
  const all = 2 ** (format.exponentBits + format.mantissaBits) - 1;
  return format.nan === all ? all - 1 : all;
}

/**
 * number → bits of an 8- or 4-bit format, to nearest, ties to even. Too large: the largest finite value when
 * `saturate`, else infinity or, without one, NaN (float4e2m1 has neither: it saturates, and NaN becomes −0).
 */
export function encodeNarrowFloat(dtype: Dtype, value: number, saturate = true): number {
  if (dtype === 'float8e8m0') return encodeE8M0(value, saturate, 'up');
  const format = NARROW[dtype];
  if (format === undefined) throw new Error(`${dtype} is no narrow floating-point type`);
  const signBit = 1 << (format.exponentBits + format.mantissaBits);
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? signBit : 0;
  if (Number.isNaN(value)) return format.nan ?? signBit;
  const table = narrowFloatTable(dtype);
  const last = lastFinite(format);
  const largest = table[last] ?? 0;
  const step = largest - (table[last - 1] ?? 0);
  const magnitude = Math.abs(value);
  const overflows = magnitude === Number.POSITIVE_INFINITY || magnitude >= largest + step / 2;
  if (overflows && !(saturate || format.nan === undefined)) {
    if (format.infinity !== undefined) return sign | format.infinity;
    return format.negativeZero ? sign | (format.nan ?? 0) : (format.nan ?? 0);
  }
  const pattern = overflows ? last : nearestPattern(table, last, magnitude);
  if (pattern === 0 && !format.negativeZero) return 0;
  return sign | pattern;
}

/** number → float8e8m0 bits: powers of two from 2^−127 to 2^127, no sign, no zero; `rounding` as in Cast. */
export function encodeE8M0(value: number, saturate: boolean, rounding: 'up' | 'down' | 'nearest'): number {
  if (Number.isNaN(value)) return 255;
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return saturate ? 254 : 255;
  if (magnitude === 0) return saturate ? 0 : 255;
  const exponent = exponentOf(magnitude);
  const fraction = magnitude / 2 ** exponent;
  let bits = exponent + 127;
  if (rounding === 'up' && fraction > 1) bits += 1;
  if (rounding === 'nearest' && fraction >= 1.5) bits += 1;
  if (bits < 0) return saturate || rounding !== 'down' ? 0 : 255;
  if (bits > 254) return saturate ? 254 : 255;
  return bits;
}

function exponentOf(magnitude: number): number {
  let exponent = Math.floor(Math.log2(magnitude));
  if (2 ** exponent > magnitude) exponent -= 1;
  if (2 ** (exponent + 1) <= magnitude) exponent += 1;
  return exponent;
}

/** Rounds a number to what `dtype` can hold, also where it is held in a wider array. */
export function roundTo(dtype: Dtype, value: number): number {
  if (dtype === 'bfloat16') return decodeBfloat16(encodeBfloat16(value));
  if (isNarrowFloat(dtype)) return narrowFloatTable(dtype)[encodeNarrowFloat(dtype, value)] ?? Number.NaN;
  if (dtype === 'float32') return Math.fround(value);
  if (dtype === 'float16') return Math.f16round(value);
  return value;
}
