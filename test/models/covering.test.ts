import { expect, test } from 'vitest';
import { pairsOf, pairwise, product } from './covering.ts';

const factors = { a: ['x', 'y'], b: [1, 2, 3], c: [true, false], d: ['p', 'q', 'r', 's'] };

test('the product has every combination once', () => {
  const rows = product(factors).map(row => JSON.stringify(row));
  expect(rows).toHaveLength(2 * 3 * 2 * 4);
  expect(new Set(rows).size).toBe(rows.length);
});

test('every pair is in the covering array, which is much smaller', () => {
  const rows = pairwise(factors);
  const covered = new Set(rows.flatMap(pairsOf));
  expect([...new Set(product(factors).flatMap(pairsOf))].filter(pair => !covered.has(pair))).toEqual([]);
  expect(rows.length).toBeGreaterThanOrEqual(3 * 4);
  expect(rows.length).toBeLessThanOrEqual(3 * 4 + 3);
});
