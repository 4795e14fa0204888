// Conversion between element types.

import { boolAttribute, intAttribute, stringAttribute } from '../../ir/attributes.ts';
import {
  allocate,
  dtypeInfo,
  dtypeOfCode,
  encodeE8M0,
  encodeNarrowFloat,
  isBig,
  isNarrowFloat,
  narrowFloatTable,
} from '../../ir/dtypes.ts';
import { ROUND_NARROW } from '../../ir/ops/elementwise/narrow-float.ts';
import {
  decodeTensor,
  elementCount,
  encodeTensor,
  isTypedArray,
  makeTensor,
  tensorBytes,
} from '../../ir/tensor.ts';
import type { Dtype, Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { asHeld, fromNumbers, isBigData, numbers, numberTarget, settled } from '../elements.ts';

const TEXT_DIGITS = 8;

/**
 * Eight significant digits in C's %g, as onnxruntime writes floats of any width; 'NaN', 'INF', '-INF'. The
 * specification asks for plain or scientific notation and leaves the digits open.
 */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF';
  const [mantissa, exponent] = roundedToEven(Math.abs(value));
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (exponent < -4 || exponent >= TEXT_DIGITS) {
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${withoutZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  const plain = Number(`${mantissa}e${exponent}`).toFixed(TEXT_DIGITS - 1 - exponent);
  return `${sign}${withoutZeros(plain)}`;
}

/** 'd.ddddddd' and the power of ten; half way between two it is the even one, where toExponential takes the larger. */
function roundedToEven(value: number): [mantissa: string, exponent: number] {
  const [exact = '', power = '0'] = value.toExponential(100).split('e');
  const kept = exact.slice(0, TEXT_DIGITS + 1);
  const isTie = /^50*$/.test(exact.slice(TEXT_DIGITS + 1));
  if (isTie && Number(kept.at(-1)) % 2 === 0) return [kept, Number(power)];
  const [mantissa = '', exponent = '0'] = value.toExponential(TEXT_DIGITS - 1).split('e');
  return [mantissa, Number(exponent)];
}

const withoutZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

function parseNumber(text: string): number {
  const plain = text.trim().toLowerCase();
  if (/^[+-]?inf(inity)?$/.test(plain)) {
    return plain.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return plain === 'nan' ? Number.NaN : Number(plain);
}

function toStrings(tensor: Tensor): Tensor {
  const { dtype, data } = tensor;
  const texts = isBigData(data)
    ? Array.from(data, String)
    : Array.from(numbers(tensor), dtypeInfo(dtype).kind === 'float' ? floatText : String);
  return makeTensor('string', tensor.shape, texts);
}

function fromStrings(texts: readonly string[], tensor: Tensor, dtype: Dtype): Tensor {
  if (!isBig(dtype)) return fromNumbers(dtype, tensor.shape, texts.map(parseNumber));
  const data = allocate(dtype, texts.length) as BigInt64Array;
  for (const [i, text] of texts.entries()) data[i] = BigInt(text.trim());
  return makeTensor(dtype, tensor.shape, data);
}

/** How Cast rounds into the narrow floating-point types. */
export interface CastOptions {
  readonly saturate: boolean;
  readonly rounding: 'up' | 'down' | 'nearest';
}

function toNarrowFloat(tensor: Tensor, dtype: Dtype, { saturate, rounding }: CastOptions): Tensor {
  const table = narrowFloatTable(dtype);
  const encode = (x: number): number =>
    dtype === 'float8e8m0' ? encodeE8M0(x, saturate, rounding) : encodeNarrowFloat(dtype, x, saturate);
  const data = Float32Array.from(numbers(tensor), x => table[encode(x)] ?? Number.NaN);
  return makeTensor(dtype, tensor.shape, data);
}

/** Integers of any width into 64 bits, without going through doubles. */
function bigToBig(tensor: Tensor, dtype: Dtype): Tensor {
  const data = allocate(dtype, elementCount(tensor.shape)) as BigInt64Array;
  data.set(tensor.data as BigInt64Array);
  return makeTensor(dtype, tensor.shape, data);
}

/** 64-bit integers into narrower ones keep their lowest bits. */
function bigToSmall(tensor: Tensor, dtype: Dtype): Tensor {
  const from = tensor.data as BigInt64Array;
  const low = numberTarget(dtype, from.length);
  for (let i = 0; i < low.length; i++) low[i] = Number(BigInt.asIntN(32, from[i] ?? 0n));
  return settled(dtype, tensor.shape, low);
}

/** The elements in another type, as Cast converts them; the options say how narrow floats are rounded. */
export function castTensor(tensor: Tensor, dtype: Dtype, options: CastOptions): Tensor {
  if (tensor.dtype === dtype) return tensor;
  const { kind } = dtypeInfo(dtype);
  if (kind === 'string') return toStrings(tensor);
  if (!isTypedArray(tensor.data)) return fromStrings(tensor.data, tensor, dtype);
  if (isNarrowFloat(dtype)) return toNarrowFloat(tensor, dtype, options);
  if (isBigData(tensor.data) && isBig(dtype)) return bigToBig(tensor, dtype);
  if (isBigData(tensor.data) && (kind === 'int' || kind === 'uint')) return bigToSmall(tensor, dtype);
  const data = numbers(tensor);
  if (dtypeInfo(tensor.dtype).kind === 'float' && (kind === 'int' || kind === 'uint')) {
    const whole = new Float64Array(data.length);
    for (let i = 0; i < whole.length; i++) whole[i] = asHeld(dtype, Math.trunc(data[i] ?? 0));
    return fromNumbers(dtype, tensor.shape, whole);
  }
  return fromNumbers(dtype, tensor.shape, data);
}

const cast: Reference = (call: Call) => {
  const rounding = stringAttribute(call.node, 'round_mode', 'up');
  const options: CastOptions = {
    saturate: boolAttribute(call.node, 'saturate', true),
    rounding: rounding === 'down' || rounding === 'nearest' ? rounding : 'up',
  };
  return [castTensor(inputOf(call, 0), outputDtype(call), options)];
};

/** The same stored bytes, read as another type. */
const bitCast: Reference = call => {
  const input = inputOf(call, 0);
  const bytes = new Uint8Array(tensorBytes(input.dtype, input.shape));
  encodeTensor(input, bytes);
  return [decodeTensor(outputDtype(call), outputShape(call), bytes)];
};

const roundNarrow: Reference = call => {
  const input = inputOf(call, 0);
  const to = dtypeOfCode(intAttribute(call.node, 'to')) ?? input.dtype;
  return [
    fromNumbers(
      input.dtype,
      input.shape,
      Array.from(numbers(input), x => asHeld(to, x)),
    ),
  ];
};

export const CAST: References = { Cast: cast, CastLike: cast, BitCast: bitCast, [ROUND_NARROW]: roundNarrow };
