import { expect, test } from 'vitest';
import { Tiles, tileKey } from '../../../engine/select/tile-choice.ts';
import { tileFor } from '../../../engine/select/tile-cost.ts';

const products = { rows: 3136, columns: 96, terms: 16 };
const key = tileKey('256', products);
const modelled = tileFor('256', products);

test('without measurements the model chooses, and the question is open', () => {
  const tiles = new Tiles();
  expect(tiles.for('256', products)).toEqual(modelled);
  expect(tiles.for('256', products)).toEqual(modelled);
  expect(tiles.open().map(question => question.key)).toEqual([key]);
  expect(tiles.open()[0]?.candidates[0]).toEqual(modelled);
});

test('what was measured is used, and asked no more', () => {
  const tiles = new Tiles({ [key]: [3, 24] });
  expect(tiles.for('256', products)).toEqual([3, 24]);
  expect(tiles.for('128', products)).toEqual(tileFor('128', products));
  expect(tiles.open().map(({ simd }) => simd)).toEqual(['128']);
});

test('a tile that no kernel has, or that is far too slow, is not believed', () => {
  for (const tile of [
    [7, 5],
    [8, 1],
  ] as const) {
    expect(new Tiles({ [key]: tile }).for('256', products)).toEqual(modelled);
  }
});
