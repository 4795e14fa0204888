// Weights of integer products in the order the kernels read them: two terms of a sum side by side as 16-bit integers,
// so that one instruction multiplies both and adds the products. Tails are filled with zeros.

import type { FloatParts } from '../../../ir/constants/reading.ts';
import type { PairWeights } from '../../../select/packing.ts';
import { tileCount } from './pack.ts';

/** In words of two elements. */
export function packedPairsLength(weights: PairWeights, columns: number): number {
  const { groups, taps, inChannels, outChannels } = weights;
  return groups * tileCount(outChannels, columns) * taps * Math.ceil(inChannels / 2) * columns;
}

/** → [group][out channel / columns][tap][in channel / 2][columns][2] */
export function packPairs(
  target: Int16Array,
  source: FloatParts,
  weights: PairWeights,
  columns: number,
): void {
  const { groups, taps, inChannels, outChannels, strides } = weights;
  const pairs = Math.ceil(inChannels / 2);
  const tiles = tileCount(outChannels, columns);
  const elements = source(0, groups * taps * inChannels * outChannels);
  target.fill(0);
  for (let group = 0; group < groups; group++)
    for (let output = 0; output < outChannels; output++) {
      const tile = group * tiles + Math.floor(output / columns);
      const from = group * strides.group + output * strides.output;
      for (let tap = 0; tap < taps; tap++)
        for (let input = 0; input < inChannels; input++) {
          const pair = (tile * taps + tap) * pairs + (input >> 1);
          const to = (pair * columns + (output % columns)) * 2 + (input & 1);
          target[to] = elements[from + tap * strides.tap + input * strides.input] ?? 0;
        }
    }
}
