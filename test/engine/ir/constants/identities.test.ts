// Equal constants have one number wherever they come from, others never; little is read to tell.

import { expect, test } from 'vitest';
import { Identities } from '../../../../engine/ir/constants/identities.ts';
import type { ReadBytes } from '../../../../engine/ir/constants/reading.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Constant, Recipe } from '../../../../engine/ir/types.ts';
import { noFiles } from '../../../support/build-graph.ts';

const ELEMENTS = 4096;

/** A file of float32 constants, one after the other, and how many bytes of it were read. */
function file(constants: readonly Float32Array[]) {
  const bytes = new Uint8Array(constants.length * ELEMENTS * 4);
  for (const [index, data] of constants.entries()) {
    bytes.set(new Uint8Array(data.buffer), index * ELEMENTS * 4);
  }
  const counter = { bytes: 0 };
  const read: ReadBytes = (_, offset, length) => {
    counter.bytes += length;
    return bytes.subarray(offset, offset + length);
  };
  const at = (index: number): Constant => ({
    ...{ kind: 'file', dtype: 'float32', shape: [ELEMENTS], file: 'f', encoding: 'raw' },
    ...{ offset: index * ELEMENTS * 4, length: ELEMENTS * 4 },
  });
  return { read, at, counter };
}

const ramp = (change?: number): Float32Array =>
  Float32Array.from({ length: ELEMENTS }, (_, i) => (i === change ? -1 : i));

const inline = (...elements: readonly number[]): Constant => ({
  kind: 'inline',
  tensor: tensorOf('float32', [elements.length], elements),
});

test('what is alone of its type and shape is not read', () => {
  const { read, at, counter } = file([ramp()]);
  new Identities(read).of(at(0));
  expect(counter.bytes).toBe(0);
});

test('the same place of a file, and equal bytes at another', () => {
  const { read, at } = file([ramp(), ramp(7), ramp(), ramp(ELEMENTS - 1)]);
  const identities = new Identities(read);
  const [first, other, same, last] = [0, 1, 2, 3].map(index => identities.of(at(index)));
  expect(same).toBe(first);
  expect(identities.of(at(0))).toBe(first);
  expect(new Set([first, other, last]).size).toBe(3);
});

test('constants that differ everywhere are told apart by little of them', () => {
  const { read, at, counter } = file([1, 2, 3, 4].map(factor => ramp().map(element => element * factor)));
  const identities = new Identities(read);
  expect(new Set([0, 1, 2, 3].map(index => identities.of(at(index)))).size).toBe(4);
  expect(counter.bytes).toBeLessThan(1024);
});

test('0 and −0 are two, NaN is one', () => {
  const identities = new Identities(noFiles);
  expect(identities.of(inline(1, 0))).not.toBe(identities.of(inline(1, -0)));
  expect(identities.of(inline(1, Number.NaN))).toBe(identities.of(inline(1, Number.NaN)));
});

test('made in the same way of equal ones', () => {
  const identities = new Identities(noFiles);
  const made = (how: string, from: readonly Constant[], order?: readonly number[]): Constant => {
    const recipe: Recipe = { how, from, ...(order && { order }) };
    const compute = (): never => {
      throw new Error('nobody looks at elements');
    };
    return { kind: 'computed', dtype: 'float32', shape: [2], compute, recipe };
  };
  const twice = made('twice', [inline(1, 2)]);
  expect(identities.of(made('twice', [inline(1, 2)]))).toBe(identities.of(twice));
  expect(identities.of(made('twice', [inline(1, 3)]))).not.toBe(identities.of(twice));
  expect(identities.of(made('thrice', [inline(1, 2)]))).not.toBe(identities.of(twice));
  const [rows, columns] = [
    [0, 1],
    [1, 0],
  ].map(order => identities.of(made('axes', [twice], order)));
  expect(rows).not.toBe(columns);
});
