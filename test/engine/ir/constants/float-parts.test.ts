import { expect, test } from 'vitest';
import { readFromMemory } from '../../../../engine/ir/constants/constant.ts';
import { floatParts, partsOf, withoutSubnormals } from '../../../../engine/ir/constants/float-parts.ts';
import type { ReadBytes } from '../../../../engine/ir/constants/reading.ts';
import type { Constant } from '../../../../engine/ir/types.ts';

const COUNT = 200_003;
const elements = Float32Array.from({ length: COUNT }, (_, i) => i / 7);
const OFFSET = 6;
const file = new Uint8Array(OFFSET + COUNT * 4);
file.set(new Uint8Array(elements.buffer), OFFSET);
const stored: Constant = {
  kind: 'file',
  dtype: 'float32',
  shape: [COUNT],
  file: 'weights',
  offset: OFFSET,
  length: COUNT * 4,
  encoding: 'raw',
};
const copying = readFromMemory({ weights: file });
const reads: number[] = [];
const direct: ReadBytes = Object.assign((...range: Parameters<ReadBytes>) => copying(...range), {
  into: (name: string, offset: number, target: Uint8Array) => {
    const bytes = copying(name, offset, target.length);
    target.set(bytes);
    reads.push(bytes.length);
    return bytes.length;
  },
});

test.each([
  ['copied', copying],
  ['read to their place', direct],
])('parts of a file, %s, are its elements wherever they lie', (_, read) => {
  const parts = floatParts(stored, read);
  for (const [from, to] of [
    [0, 10],
    [10, 65_536],
    [65_530, 65_540],
    [3, 5],
    [0, COUNT],
    [COUNT - 1, COUNT],
  ] as const) {
    expect(parts(from, to)).toEqual(elements.subarray(from, to));
  }
});

test('parts in ascending order read every byte of the file once', () => {
  reads.length = 0;
  const parts = floatParts(stored, direct);
  for (let from = 0; from < COUNT; from += 64) parts(from, Math.min(from + 64, COUNT));
  expect(reads.reduce((sum, bytes) => sum + bytes, 0)).toBe(COUNT * 4);
  expect(reads.length).toBeLessThan(5);
});

test('a file that has become shorter is told about', () => {
  const parts = floatParts(stored, readFromMemory({ weights: file.subarray(0, 1000) }));
  expect(() => parts(0, 1000)).toThrow('weights');
});

test('subnormal numbers are 0 in a copy; all others stay as they are', () => {
  const least = 2 ** -126;
  const kept = [0, -0, least, -least, 1, -(2 ** -100), Infinity, -Infinity, NaN, 2 ** 127];
  const rounded = [least / 2, -least / 2, 2 ** -149, -(2 ** -149), least * (1 - 2 ** -23)];
  const mixed = Float32Array.from(kept.flatMap((value, i) => [value, rounded[i % rounded.length] ?? 0]));
  const before = mixed.slice();
  const parts = withoutSubnormals(partsOf(mixed));
  expect([...parts(0, mixed.length)]).toEqual(kept.flatMap(value => [value, 0]));
  expect([...parts(2, 5)]).toEqual([-0, 0, least]);
  expect(mixed).toEqual(before);
  const plain = Float32Array.from(kept);
  expect(withoutSubnormals(partsOf(plain))(0, plain.length).buffer).toBe(plain.buffer);
});
