// How a Winograd convolution is cut into work units, strips of tiles × blocks of output channels, and what each
// worker keeps in scratch. Numbers only; winograd.ts writes the code.

import type { WinogradSpec } from '../../../select/spec/window.ts';
import { tileCount } from '../pack/pack.ts';
import { type Strip, stripRowBytes, stripWidth } from '../strip/strip.ts';
import { wholeLines } from '../work/scratch.ts';
import { LEAN_WEIGHTS, piecesOf } from '../work/tiling.ts';
import { tileExtent } from './matrices.ts';

/**
 * Bytes of transformed input of one strip: most of a second-level cache of 1 MB; a byte more for so many bytes of
 * weights, which every strip reads again, up to most of one of 2 MB.
 */
const STRIP_BYTES = 640 * 1024;
const STRIP_WEIGHTS = 32;
const MOST_STRIP_BYTES = 1280 * 1024;
/** Bytes between transformed inputs of two products beyond their size, so that they fall into different sets. */
const SKEW_BYTES = 64;

/** Units, and where what lies in a worker's scratch. */
export interface WinogradPlan {
  /** inputs of a tile along an axis; its square is the number of products */
  readonly extent: number;
  readonly products: number;
  /** tiles of the image */
  readonly tiles: readonly [rows: number, columns: number];
  /** rows of tiles in a strip, strips of an image, blocks of output channels */
  readonly stripRows: number;
  readonly strips: number;
  readonly blocks: number;
  readonly units: number;
  /** the rows of input under one row of tiles, padded */
  readonly strip: Strip;
  readonly rowBytes: number;
  /** bytes of one pixel's or tile's input, and one column's weights of a product */
  readonly channelBytes: number;
  /** bytes of transformed input, of sums, from one product to the next */
  readonly inputStride: number;
  readonly sumStride: number;
  /** bytes from the worker's scratch: input rows, the same transformed along columns, fully, sums, one tile's results */
  readonly offsets: Readonly<Record<'rows' | 'columns' | 'inputs' | 'sums' | 'half' | 'results', number>>;
  readonly scratchBytes: number;
}

/** The same for everybody who asks with the same specification and threads. */
export function winogradPlan(spec: WinogradSpec, threads: number): WinogradPlan {
  const { outputTile, outputSize, inChannels, tile } = spec;
  const extent = tileExtent(outputTile);
  const products = extent ** 2;
  const tiles = [Math.ceil(outputSize[0] / outputTile), Math.ceil(outputSize[1] / outputTile)] as const;
  const blocks = tileCount(spec.outChannels, tile[1]);
  const channelBytes = inChannels * (spec.integers ? 2 : 4);
  const stripRows = spec.unitRows
    ? spec.unitRows / outputTile
    : rowsOfStrip(spec, tiles, {
        productBytes: products * channelBytes,
        wanted: piecesOf(spec.batch * blocks, threads),
      });
  const strips = Math.ceil(tiles[0] / stripRows);
  const strip = stripOf(spec, tiles[1]);
  const rowBytes = stripRowBytes(strip);
  const count = stripRows * tiles[1];
  const inputStride = count * channelBytes + SKEW_BYTES;
  const sumStride = count * tile[1] * 4 + SKEW_BYTES;
  let scratchBytes = 0;
  const place = (bytes: number): number => {
    const offset = scratchBytes;
    scratchBytes += wholeLines(bytes);
    return offset;
  };
  const offsets = {
    rows: place(extent * rowBytes),
    columns: place(extent * rowBytes),
    inputs: place(products * inputStride),
    sums: place(products * sumStride),
    half: place(extent * outputTile * tile[1] * 4),
    results: place(outputTile ** 2 * tile[1] * 4),
  };
  const cut = { extent, products, tiles, stripRows, strips, blocks, units: spec.batch * strips * blocks };
  return { ...cut, strip, rowBytes, channelBytes, inputStride, sumStride, offsets, scratchBytes };
}

/** Rows of tiles of one strip: what the cache holds, evenly, in as many strips of an image as are `wanted` at least. */
function rowsOfStrip(
  { outChannels, lean }: WinogradSpec,
  [rows, columns]: WinogradPlan['tiles'],
  { productBytes, wanted }: { readonly productBytes: number; readonly wanted: number },
): number {
  const weightBytes = productBytes * outChannels;
  const stripBytes = lean
    ? Math.min(STRIP_BYTES, weightBytes / LEAN_WEIGHTS)
    : Math.max(STRIP_BYTES, Math.min(MOST_STRIP_BYTES, weightBytes / STRIP_WEIGHTS));
  const cached = Math.floor(stripBytes / (productBytes * columns));
  const most = Math.max(1, Math.min(cached, Math.ceil(rows / wanted)));
  return Math.ceil(rows / Math.ceil(rows / most));
}

/** The input under so many tiles beside one another. */
function stripOf(spec: WinogradSpec, columns: number): Strip {
  const { input, inputSize, inChannels, outputTile, window, outside, integers } = spec;
  const [, left] = window.pads;
  const width = stripWidth(columns * outputTile + 2, left, inputSize[1], outside);
  return { input, size: inputSize, channels: inChannels, width, left, outside, pairs: integers };
}
