// Register tiles, rows × columns of results held in accumulators, by SIMD class. Measured: 6×16 wins with
// revectorization, 6×8 without; narrow outputs take fewer columns and more rows instead of computing zeros.

import type { SimdClass } from '../options.ts';

export type Tile = readonly [rows: number, columns: number];

/** Widest first, with the speed of each relative to the first. */
const TILES: Readonly<Record<SimdClass, readonly { readonly tile: Tile; readonly speed: number }[]>> = {
  '256': [
    { tile: [6, 16], speed: 1 },
    { tile: [8, 8], speed: 0.75 },
  ],
  '128': [
    { tile: [6, 8], speed: 1 },
    { tile: [8, 4], speed: 0.75 },
  ],
  scalar: [
    { tile: [4, 4], speed: 1 },
    { tile: [4, 1], speed: 0.5 },
  ],
};

/** The tile that takes the least time for so many output columns, padding included. */
export function tileFor(simd: SimdClass, columns: number): Tile {
  const cost = ({ tile, speed }: { tile: Tile; speed: number }) =>
    (Math.ceil(columns / tile[1]) * tile[1]) / speed;
  const [best] = [...TILES[simd]].sort((a, b) => cost(a) - cost(b));
  if (!best) throw new Error(`no tile for ${simd}`);
  return best.tile;
}
