// How a kernel's output is cut: register tiles, and work units of strips of rows, whose input stays in the
// second-level cache, times blocks of columns. Numbers only.

import type { SimdClass } from '../../options.ts';

/** Bytes of input one strip may take: half of a small second-level cache, weights need the rest. */
export const STRIP_BYTES = 256 * 1024;
/** Reading an image again in order is prefetched, which weights read again for every few rows are less. */
const RESTREAM_GAIN = 1.5;
/** Units per worker that even out what is left over at the end. */
const UNITS_PER_WORKER = 4;

export interface StripRequest {
  /** output rows of one image */
  readonly rows: number;
  /** output pixels of one row */
  readonly width: number;
  /** input rows from one output row to the next */
  readonly rowStep: number;
  /** input rows one output row needs */
  readonly rowSpan: number;
  /** bytes of one input row */
  readonly rowBytes: number;
  /** whether the input is read where it lies, so that a strip may be of any size */
  readonly inPlace: boolean;
  /** pixels of a register tile */
  readonly tileRows: number;
  /** units that every strip gives: blocks of columns */
  readonly unitsPerStrip: number;
  /** bytes of weights that each strip reads */
  readonly weightBytes: number;
  /** images, groups */
  readonly outer: number;
  readonly threads: number;
}

/** Output rows of a strip: what the cache holds, fewer where workers would idle, whole tiles where possible. */
export function stripRows(request: StripRequest): number {
  const { rows, width, tileRows, unitsPerStrip, outer, threads } = request;
  const wanted = threads > 1 ? Math.ceil((UNITS_PER_WORKER * threads) / (outer * unitsPerStrip)) : 1;
  const most = Math.max(1, Math.min(cachedRows(request), Math.ceil(rows / wanted)));
  const even = Math.ceil(rows / Math.ceil(rows / most));
  if (even >= rows) return rows;
  const whole = tileRows / greatestDivisor(width, tileRows);
  const rounded = Math.ceil(even / whole) * whole;
  if (rounded <= most) return rounded;
  return even > whole ? even - (even % whole) : even;
}

/**
 * Rows that the cache holds, a whole tile at least. Every strip reads all weights again, and without strips every
 * block of columns reads the image again: where rows are so long that the former is more, there is one strip.
 */
function cachedRows(request: StripRequest): number {
  const { rows, width, rowStep, rowSpan, rowBytes, weightBytes, unitsPerStrip } = request;
  const fitting = Math.floor((STRIP_BYTES / rowBytes - rowSpan) / rowStep) + 1;
  const cached = Math.max(fitting, Math.ceil(request.tileRows / width));
  if (!request.inPlace || cached >= rows || weightBytes <= STRIP_BYTES) return cached;
  const imageBytes = rows * rowStep * rowBytes;
  const withStrips = Math.ceil(rows / cached) * weightBytes + imageBytes;
  const without = weightBytes + unitsPerStrip * imageBytes;
  return without < RESTREAM_GAIN * withStrips ? rows : cached;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

interface TileChoice {
  readonly tile: readonly [number, number];
  /** share of the class's best, measured on x64 with all tiles full */
  readonly speed: number;
}

/**
 * Tiles worth trying, fastest first. Accumulators, a row of weights and one broadcast value must fit V8's fifteen
 * vector registers; more spill and are half as fast. Without revectorization the tiles of '256' spill, too.
 */
export const TILES: Readonly<Record<SimdClass, readonly TileChoice[]>> = {
  scalar: [
    { tile: [2, 4], speed: 1 },
    { tile: [4, 2], speed: 0.85 },
  ],
  '128': [
    { tile: [6, 8], speed: 1 },
    { tile: [3, 12], speed: 0.93 },
    { tile: [2, 16], speed: 0.93 },
    { tile: [12, 4], speed: 0.86 },
  ],
  '256': [
    { tile: [6, 16], speed: 1 },
    { tile: [3, 24], speed: 0.94 },
    { tile: [2, 32], speed: 0.93 },
    { tile: [12, 8], speed: 0.86 },
  ],
};

/** The tile that should be fastest for so many output columns (channels of a group), tails included. */
export function tileFor(simd: SimdClass, columns: number): readonly [number, number] {
  const cost = ({ tile, speed }: TileChoice): number => (Math.ceil(columns / tile[1]) * tile[1]) / speed;
  return TILES[simd].reduce((best, choice) => (cost(choice) < cost(best) ? choice : best)).tile;
}
