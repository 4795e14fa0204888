// Weights of a few bits each, packed into bytes row after row (N rows of K), as the matrix (K, N) a product takes.
// Source: MatMulNBits and MatMulBnb4 in docs/ContribOperators.md of onnxruntime; NF4: arXiv 2305.14314.

import { hasAttribute, intAttribute } from '../../ir/attributes.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { fromNumbers, type NumberArray, numbers } from '../elements.ts';

const POSITIVE = [0, 0.00520833333, 0.66666667, 1, 0.33333333, 0.5, 0.16666667, 0.25];

/** The sixteen values of a 4-bit float, then of a 4-bit normal float. */
const FLOATS: readonly (readonly number[])[] = [
  [...POSITIVE, ...POSITIVE.map(x => -x)],
  [
    -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
  ],
];

/** Blocks of 4-bit floats, the first of a pair in the high half; input 1 has the largest magnitude of each block. */
function floatsOf(call: Call, packed: NumberArray, scales: NumberArray): Float64Array {
  const { node } = call;
  const [k, n] = [intAttribute(node, 'K'), intAttribute(node, 'N')];
  const block = intAttribute(node, 'block_size');
  const table = FLOATS[intAttribute(node, 'quant_type')] ?? [];
  const result = new Float64Array(k * n);
  for (let i = 0; i < k * n; i++) {
    const byte = packed[i >> 1] ?? 0;
    const value = table[i % 2 === 0 ? byte >> 4 : byte & 15] ?? 0;
    result[(i % k) * n + Math.floor(i / k)] = value * (scales[Math.floor(i / block)] ?? 0);
  }
  return result;
}

/** (q − zero) · scale per block of each row, or per group where columns say which; a row's blocks start at a byte. */
function integersOf(call: Call, packed: NumberArray, scales: NumberArray): Float64Array {
  const { node } = call;
  const [k, n] = [intAttribute(node, 'K'), intAttribute(node, 'N')];
  const block = intAttribute(node, 'block_size');
  const bits = intAttribute(node, 'bits', 4);
  const blocks = Math.ceil(k / block);
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  const bytes = block / perByte;
  const zeroOf = zeroPoints(call, bits, blocks);
  const groups = call.inputs[3] && numbers(call.inputs[3]);
  const result = new Float64Array(k * n);
  for (let row = 0; row < n; row++) {
    for (let b = 0; b < blocks; b++) {
      const at = row * blocks + b;
      const end = Math.min(k - b * block, block);
      for (let i = 0; i < end; i++) {
        const byte = packed[at * bytes + Math.floor(i / perByte)] ?? 0;
        const q = (byte >> ((i % perByte) * bits)) & mask;
        const column = b * block + i;
        const group = groups?.[column] ?? b;
        result[column * n + row] = (q - zeroOf(row, group)) * (scales[row * blocks + group] ?? 0);
      }
    }
  }
  return result;
}

/** Zero points are the middle, real numbers per block, or packed like the weights, each row from a byte of its own. */
function zeroPoints(call: Call, bits: number, blocks: number): (row: number, block: number) => number {
  const given = call.inputs[2];
  if (given === undefined) return () => 2 ** (bits - 1);
  const data = numbers(given);
  if (given.dtype !== 'uint8') return (row, block) => data[row * blocks + block] ?? 0;
  const perByte = 8 / bits;
  const rowBytes = Math.ceil(blocks / perByte);
  return (row, block) => {
    const byte = data[row * rowBytes + Math.floor(block / perByte)] ?? 0;
    return (byte >> ((block % perByte) * bits)) & (2 ** bits - 1);
  };
}

const weightsOfBits: Reference = call => {
  const [packed, scales] = [numbers(inputOf(call, 0)), numbers(inputOf(call, 1))];
  const weights = hasAttribute(call.node, 'quant_type')
    ? floatsOf(call, packed, scales)
    : integersOf(call, packed, scales);
  return [fromNumbers(outputDtype(call), outputShape(call), weights)];
};

export const BIT_WEIGHTS: References = { WeightsOfBits: weightsOfBits };
