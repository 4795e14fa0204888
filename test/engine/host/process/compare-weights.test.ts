import { expect, test } from 'vitest';
import { compareWeights } from '../../../../engine/host/process/compare-weights.ts';
import { readFromMemory } from '../../../../engine/ir/constants/constant.ts';
import { makeTensor, tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Constant, Dtype } from '../../../../engine/ir/types.ts';

const LENGTH = 9 * 2 ** 20;
const [first, second] = [new Uint8Array(LENGTH), new Uint8Array(LENGTH)];
// Behind the first chunks that are read.
second[LENGTH - 1] = 1;
const read = { before: readFromMemory({ f: first }), after: readFromMemory({ f: second }) };
const nothing = () => {};

const stored = (offset: number, length: number): Constant => ({
  ...{ kind: 'file', dtype: 'uint8', shape: [length], file: 'f', encoding: 'raw' },
  ...{ offset, length },
});
const inline = (dtype: Dtype, data: readonly number[]): Constant => ({
  kind: 'inline',
  tensor: tensorOf(dtype, [data.length], data),
});
const text = (...data: string[]): Constant => ({
  kind: 'inline',
  tensor: makeTensor('string', [data.length], data),
});

test('weights differ where one byte does, wherever they are', () => {
  const pairs = [
    { before: stored(0, LENGTH), after: stored(0, LENGTH) },
    { before: stored(0, 8), after: stored(0, 8) },
    { before: stored(0, 4), after: inline('uint8', [0, 0, 0, 0]) },
    { before: stored(0, 4), after: inline('uint8', [0, 0, 0, 2]) },
    { before: inline('float32', [0]), after: inline('float32', [-0]) },
    { before: inline('float32', [Number.NaN]), after: inline('float32', [Number.NaN]) },
    { before: text('a'), after: text('b') },
    { before: text('a'), after: text('a') },
  ];
  expect(compareWeights(pairs, read, nothing)).toEqual({ changed: [0, 3, 4, 6], skipped: [] });
});

test('what is too much is not compared, the largest first, and said', () => {
  const pairs = [
    { before: stored(0, LENGTH), after: stored(0, LENGTH) },
    { before: inline('uint8', [1]), after: inline('uint8', [2]) },
  ];
  expect(compareWeights(pairs, read, nothing, LENGTH)).toEqual({ changed: [1], skipped: [0] });
});

test('it can be ended within a large weight', () => {
  let looks = 0;
  const look = (): void => {
    if (++looks === 3) throw new Error('enough');
  };
  const pair = { before: stored(0, LENGTH - 1), after: stored(0, LENGTH - 1) };
  expect(() => compareWeights([pair], read, look)).toThrow('enough');
});
