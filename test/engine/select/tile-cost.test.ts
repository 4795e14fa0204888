import { describe, expect, test } from 'vitest';
import { integerTile, tileCandidates, tileFor, tileOf, tileTime } from '../../../engine/select/tile-cost.ts';

const products = (columns: number, terms: number, rows = 3136) => ({ columns, terms, rows });

describe('the tile of least time', () => {
  test('is the fastest where it leaves no column empty, another where it would', () => {
    expect(tileFor('256', products(96, 16))).toEqual([6, 16]);
    expect(tileFor('256', products(24, 16))).toEqual([3, 24]);
    expect(tileFor('128', products(8, 16))).toEqual([6, 8]);
    expect(tileFor('128', products(12, 16))).toEqual([3, 12]);
    expect(tileFor('scalar', products(4, 16))).toEqual([2, 4]);
  });

  test('is of dot products for one column, if enough terms lie side by side', () => {
    expect(tileFor('256', products(1, 64))).toEqual([8, 1]);
    expect(tileFor('256', products(1, 31))[1]).toBeGreaterThan(1);
    expect(tileFor('scalar', products(1, 1))).toEqual([8, 1]);
  });

  test('is followed by those within a factor of its time, slower and slower', () => {
    const sizes = products(96, 16);
    const found = tileCandidates('256', sizes, 1.5);
    expect(found.length).toBeGreaterThan(1);
    const times = found.map(tile => tileTime('256', tile, sizes));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(Math.max(...times)).toBeLessThanOrEqual(1.5 * Math.min(...times));
    expect(tileCandidates('256', sizes)).toEqual(found.slice(0, 1));
  });
});

test('rows that are left over take less than a tile, and more than their share of one', () => {
  const time = (rows: number) => tileTime('256', [6, 16], { columns: 16, rows });
  expect(time(12)).toBe(2 * time(6));
  expect(time(7)).toBeGreaterThan((7 / 6) * time(6));
  expect(time(7)).toBeLessThan(time(12));
});

test('a tile is known by its columns', () => {
  expect(tileOf('128', 12)).toEqual([3, 12]);
  expect(() => tileOf('128', 24)).toThrow('no tile of 24 columns for 128');
});

test('integer products have a tile where at least half of its columns are filled', () => {
  expect(integerTile('256', { columns: 8 })).toEqual([4, 16]);
  expect(integerTile('256', { columns: 7 })).toBeUndefined();
  expect(integerTile('128', { columns: 4 })).toEqual([4, 8]);
  expect(integerTile('scalar', { columns: 64 })).toBeUndefined();
});
