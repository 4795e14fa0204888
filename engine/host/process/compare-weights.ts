// Whether weights of two models hold the same values: their bytes, read from the files as far as that takes.

import { constantDtype, constantShape, loadConstant } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { storedBytes, tensorBytes } from '../../ir/tensor.ts';
import type { Constant } from '../../ir/types.ts';
import type { WeightDifferences } from '../../protocol.ts';

/** A weight of each model, of the same type and shape. */
export interface WeightPair {
  readonly before: Constant;
  readonly after: Constant;
}

export interface WeightReaders {
  readonly before: ReadBytes;
  readonly after: ReadBytes;
}

/** So much of both models together is read: the small ones first. */
const MOST_COMPARED_BYTES = 2 ** 32;
const CHUNK_BYTES = 2 ** 22;

const bytesOf = (constant: Constant): number => tensorBytes(constantDtype(constant), constantShape(constant));

/**
 * Positions of the pairs that differ in a byte, and of those that were not looked at, ascending. Equal numbers of
 * other bytes (0 and −0) differ. `looked` hears how many are done, and may throw to end it.
 */
export function compareWeights(
  pairs: readonly WeightPair[],
  read: WeightReaders,
  looked: (done: number) => void,
  mostBytes = MOST_COMPARED_BYTES,
): WeightDifferences {
  const changed: number[] = [];
  const skipped: number[] = [];
  const order = pairs
    .map(({ before }, at) => ({ at, bytes: 2 * bytesOf(before) }))
    .toSorted((a, b) => a.bytes - b.bytes);
  let left = mostBytes;
  for (const [done, { at, bytes }] of order.entries()) {
    looked(done);
    const pair = pairs[at];
    if (bytes > left) skipped.push(at);
    else if (pair && differ(pair, read, () => looked(done))) changed.push(at);
    if (bytes <= left) left -= bytes;
  }
  const ascending = (places: number[]): number[] => places.sort((a, b) => a - b);
  return { changed: ascending(changed), skipped: ascending(skipped) };
}

function differ({ before, after }: WeightPair, read: WeightReaders, between: () => void): boolean {
  if (isRaw(before) && isRaw(after)) {
    if (before.length !== after.length) return true;
    for (let done = 0; done < before.length; done += CHUNK_BYTES) {
      between();
      const length = Math.min(CHUNK_BYTES, before.length - done);
      const a = read.before(before.file, before.offset + done, length);
      if (Buffer.compare(a, read.after(after.file, after.offset + done, length)) !== 0) return true;
    }
    return false;
  }
  const [a, b] = [loadConstant(before, read.before), loadConstant(after, read.after)];
  if (a.dtype === 'string' || b.dtype === 'string')
    return a.data.length !== b.data.length || a.data.some((element, at) => element !== b.data[at]);
  return Buffer.compare(storedBytes(a), storedBytes(b)) !== 0;
}

const isRaw = (constant: Constant): constant is Extract<Constant, { kind: 'file' }> =>
  constant.kind === 'file' && constant.encoding !== 'varint';
