// Register tiles, rows × columns of results held in accumulators, chosen by what they cost: measured speeds of full
// tiles, zeros computed beyond the last column, and the less efficient tile for the rows that are left over.

import { LANES, type SimdClass } from '../options.ts';

export type Tile = readonly [rows: number, columns: number];

interface Candidate {
  readonly tile: Tile;
  /** multiply-adds per time of the full tile, relative to the first of its class (test/bench/kernels.ts) */
  readonly speed: number;
}

/** Accumulators, a row of weights and one broadcast value fit fifteen vector registers; more of them spill. */
const TILES: Readonly<Record<SimdClass, readonly Candidate[]>> = {
  '256': [
    { tile: [6, 16], speed: 1 },
    { tile: [3, 24], speed: 0.92 },
    { tile: [2, 32], speed: 0.92 },
    { tile: [12, 8], speed: 0.65 },
    { tile: [8, 1], speed: 0.65 },
  ],
  '128': [
    { tile: [6, 8], speed: 1 },
    { tile: [2, 16], speed: 0.92 },
    { tile: [3, 12], speed: 0.88 },
    { tile: [12, 4], speed: 0.6 },
    { tile: [8, 1], speed: 0.6 },
  ],
  scalar: [
    { tile: [2, 4], speed: 1 },
    { tile: [4, 2], speed: 0.85 },
    { tile: [8, 1], speed: 0.6 },
  ],
};

/**
 * Tiles of integer products, which need a register for every product before it is added; no scalar ones. Measured with
 * 16-bit pairs, multiply-adds per time relative to floats: 1.55 with pairs of vectors, 1.6 without.
 */
const INTEGER_TILES: Readonly<Record<SimdClass, Tile | undefined>> = {
  '256': [4, 16],
  '128': [4, 8],
  scalar: undefined,
};

/** The tile of an integer product; undefined where floats are faster: without vectors, or with most columns empty. */
export function integerTile(simd: SimdClass, { columns }: Pick<Products, 'columns'>): Tile | undefined {
  const tile = INTEGER_TILES[simd];
  return tile && 2 * columns >= tile[1] ? tile : undefined;
}

/** A load in multiply-adds: where a tile has many loads for its sums, they are what takes the time. */
const LOAD = 1.4;
/** Fewest terms side by side for which dot products pay. */
const DOT_TERMS = 32;
/** Adding up the lanes of a dot product, in terms for each of them. */
const ADDING_UP = 4;

export interface Products {
  /** results that share their left operand: output channels, columns of a matrix */
  readonly columns: number;
  /** pixels, rows of a matrix */
  readonly rows: number;
  /** terms of a sum that lie side by side */
  readonly terms: number;
  /** all terms of a sum, where there are more */
  readonly depth?: number;
}

/** The tile that takes the least time. */
export function tileFor(simd: SimdClass, products: Products): Tile {
  const [first] = tileCandidates(simd, products);
  if (!first) throw new Error(`no tile for ${simd}`);
  return first;
}

/** The tile of so many columns. */
export function tileOf(simd: SimdClass, columns: number): Tile {
  const found = TILES[simd].find(({ tile }) => tile[1] === columns);
  if (!found) throw new Error(`no tile of ${columns} columns for ${simd}`);
  return found.tile;
}

/** Tiles that take at most `within` times the least time, the fastest first. */
export function tileCandidates(simd: SimdClass, products: Products, within = 1): Tile[] {
  const dots = simd === 'scalar' || products.terms >= DOT_TERMS;
  const timed = TILES[simd]
    .filter(({ tile }) => tile[1] > 1 || dots)
    .map(({ tile }) => ({ tile, time: tileTime(simd, tile, products) }))
    .toSorted((a, b) => a.time - b.time);
  const least = timed[0]?.time ?? 0;
  return timed.filter(({ time }) => time <= least * within).map(({ tile }) => tile);
}

/** Time per term of all products with one tile, in multiply-adds of the class's fastest tile. */
export function tileTime(
  simd: SimdClass,
  tile: Tile,
  { columns, rows, terms, depth = terms }: Pick<Products, 'columns' | 'rows'> & Partial<Products>,
): number {
  const [height, width] = tile;
  const speed = TILES[simd].find(known => known.tile[0] === height && known.tile[1] === width)?.speed ?? 1;
  const vectors = Math.max(1, width / LANES[simd]);
  const work = (count: number): number => Math.max(count * vectors, LOAD * (count + vectors));
  const left = rows % height;
  const tiles = Math.floor(rows / height) + (left > 0 ? work(left) / work(height) : 0);
  const results = Math.ceil(columns / width) * tiles * height * width;
  const isDots = width === 1 && simd !== 'scalar' && depth !== undefined;
  return (results * (isDots ? 1 + (ADDING_UP * LANES[simd]) / depth : 1)) / speed;
}
