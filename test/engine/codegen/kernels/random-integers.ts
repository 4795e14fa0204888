// Random specifications of products of integers: those of random-specs.ts with operands that are integers, weights
// packed as pairs, and tiles of whole vectors.

import { packedPairsLength, packPairs } from '../../../../engine/codegen/kernels/pack/pairs.ts';
import { partsOf } from '../../../../engine/ir/constants/float-parts.ts';
import type { SimdClass } from '../../../../engine/options.ts';
import type { PairWeights } from '../../../../engine/select/packing.ts';
import type { BufferRef, Prologue } from '../../../../engine/select/spec/access.ts';
import type { MatmulSpec } from '../../../../engine/select/spec/product.ts';
import type { ConvolutionSpec } from '../../../../engine/select/spec/window.ts';
import type { RandomOperands } from './random-operands.ts';
import { NHWC, randomConvolution, randomMatmul, TILES } from './random-specs.ts';

/** Unsigned numbers of 8 bits less their zero point, at most; signed weights less theirs. */
const LARGEST = 255;

/** A tensor of integers, read as it is or less another integer. */
export function integerPrologue(
  o: RandomOperands,
  extents: readonly number[],
  order: readonly number[],
): Prologue {
  const tensor = o.tensor(extents, order);
  const data = o.arena[tensor.buffer.id];
  data?.forEach((value, i) => {
    data[i] = Math.round(value * LARGEST);
  });
  return { expression: { nodes: [{ kind: 'input', index: 0, type: 'f32' }], results: [0] }, reads: [tensor] };
}

/** Weights, and the same packed as pairs. */
export function integerPairs(
  o: RandomOperands,
  weights: PairWeights,
  columns: number,
): { readonly source: Float32Array; readonly packed: BufferRef } {
  const count = weights.groups * weights.taps * weights.inChannels * weights.outChannels;
  const source = Float32Array.from({ length: count }, () => o.whole(-LARGEST, LARGEST));
  const buffer = o.buffer('weights', packedPairsLength(weights, columns));
  const words = o.weights[buffer.id];
  if (words) packPairs(new Int16Array(words.buffer), partsOf(source), weights, columns);
  return { source, packed: buffer };
}

const wholeTile = (o: RandomOperands, simd: SimdClass) =>
  o.pick(TILES[simd].filter(tile => tile[1] % 4 === 0));

export function randomIntegerConvolution(o: RandomOperands, simd: SimdClass): ConvolutionSpec {
  const spec = randomConvolution(o, simd);
  const tile = wholeTile(o, simd);
  const { groups, inChannels, outChannels, batch, inputSize, window } = spec;
  const taps = window.kernel[0] * window.kernel[1];
  const strides = { group: outChannels * inChannels * taps, tap: 1, input: taps, output: inChannels * taps };
  const order = o.pick([NHWC, [0, 3, 1, 2]]);
  return {
    ...spec,
    tile,
    integers: true,
    // Elements of the input are integers too; of numbers, 0.
    outside: typeof spec.outside === 'string' ? spec.outside : 0,
    input: integerPrologue(o, [batch, ...inputSize, groups * inChannels], order),
    weights: integerPairs(o, { groups, taps, inChannels, outChannels, strides }, tile[1]).packed,
    ...(spec.bias && { bias: o.buffer('weights', groups * Math.ceil(outChannels / tile[1]) * tile[1]) }),
  };
}

export function randomIntegerMatmul(o: RandomOperands, simd: SimdClass): MatmulSpec {
  const spec = randomMatmul(o, simd);
  const tile = wholeTile(o, simd);
  const { k, n, m, batch } = spec;
  const strides = { group: 0, tap: 0, input: n, output: 1 };
  return {
    ...spec,
    tile,
    integers: true,
    a: integerPrologue(o, [...batch, m, k], [...batch.keys(), batch.length, batch.length + 1]),
    b: {
      packed: integerPairs(o, { groups: 1, taps: 1, inChannels: k, outChannels: n, strides }, tile[1]).packed,
    },
    ...(spec.bias && { bias: o.buffer('weights', Math.ceil(n / tile[1]) * tile[1]) }),
  };
}
