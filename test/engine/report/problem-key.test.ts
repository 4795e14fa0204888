import { expect, test } from 'vitest';
import { problemKey } from '../../../engine/report/problem-key.ts';

const buffers = [
  { id: 'a', lower: 0, upper: 2, size: 8 },
  { id: 'b', lower: 1, upper: 3, size: 8 },
];
const key = problemKey({ buffers });

test('names have no part in it', () => {
  expect(problemKey({ buffers: buffers.map(buffer => ({ ...buffer, id: `${buffer.id}'` })) })).toBe(key);
});

test('lifetimes, sizes and what may lie over what have', () => {
  const [a, b] = buffers;
  if (!a || !b) throw new Error('two buffers');
  expect(problemKey({ buffers: [a, { ...b, upper: 4 }] })).not.toBe(key);
  expect(problemKey({ buffers: [a, { ...b, size: 9 }] })).not.toBe(key);
  expect(problemKey({ buffers, overlaps: [{ below: 0, above: 1, distance: 0, exact: true }] })).not.toBe(key);
});
