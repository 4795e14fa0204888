// How a Winograd convolution is cut into work units, strips of tiles × blocks of output channels, and what each
// worker keeps in scratch. Numbers only; winograd.ts writes the code.

import type { WinogradSpec } from '../../select/spec.ts';
import {
  type Box,
  combinations,
  moment,
  type Pace,
  type Traversal,
  tellingRounds,
  touchedIn,
  wholeBox,
} from '../traversal.ts';
import { tileCount } from './pack.ts';
import { wholeLines } from './scratch.ts';
import type { Strip } from './strip.ts';
import { stripRowBytes, stripWidth } from './strip.ts';
import { LEAN_WEIGHTS, piecesOf } from './tiling.ts';
import { tileExtent } from './winograd-matrices.ts';

/** Bytes of transformed input of one strip: most of a second-level cache of 1 MB. */
const STRIP_BYTES = 640 * 1024;
/** Bytes between transformed inputs of two products beyond their size, so that they fall into different sets. */
const SKEW_BYTES = 64;

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

export function winogradPlan(spec: WinogradSpec, threads: number): WinogradPlan {
  const { outputTile, outputSize, inChannels, tile, window } = spec;
  const extent = tileExtent(outputTile);
  const products = extent ** 2;
  const rows = Math.ceil(outputSize[0] / outputTile);
  const columns = Math.ceil(outputSize[1] / outputTile);
  const blocks = tileCount(spec.outChannels, tile[1]);
  const channelBytes = inChannels * (spec.integers ? 2 : 4);
  const rowOfTiles = products * columns * channelBytes;
  const wanted = piecesOf(spec.batch * blocks, threads);
  const weightBytes = products * channelBytes * spec.outChannels;
  const stripBytes = spec.lean ? Math.min(STRIP_BYTES, weightBytes / LEAN_WEIGHTS) : STRIP_BYTES;
  const most = Math.max(1, Math.min(Math.floor(stripBytes / rowOfTiles), Math.ceil(rows / wanted)));
  const even = Math.ceil(rows / Math.ceil(rows / most));
  const stripRows = spec.unitRows ? spec.unitRows / outputTile : even;
  const strips = Math.ceil(rows / stripRows);
  const strip = {
    input: spec.input,
    size: spec.inputSize,
    channels: inChannels,
    width: stripWidth(columns * outputTile + 2, window.pads[1], spec.inputSize[1], spec.outside),
    left: window.pads[1],
    outside: spec.outside,
    pairs: spec.integers,
  };
  const rowBytes = stripRowBytes(strip);
  const count = stripRows * columns;
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
  return {
    ...{
      extent,
      products,
      stripRows,
      strips,
      blocks,
      strip,
      rowBytes,
      channelBytes,
      inputStride,
      sumStride,
      offsets,
    },
    ...{ tiles: [rows, columns], units: spec.batch * strips * blocks, scratchBytes },
  };
}

/** Strips after one another; a strip is read again when its blocks are handed out one by one. */
export function* winogradMoments(spec: WinogradSpec, threads: number, pace: Pace): Traversal {
  const { stripRows, strips, blocks } = winogradPlan(spec, threads);
  const { batch, inputSize, outputSize, outputTile, inChannels, outChannels, window } = spec;
  const rounds = [batch, strips];
  const read = touchedIn([batch, ...inputSize, inChannels], rounds, spec.input.reads, pace);
  const [others, written] = [spec.epilogue.reads, spec.epilogue.writes].map(accesses =>
    touchedIn([batch, ...outputSize, outChannels], rounds, accesses, pace),
  );
  for (const [image = 0, strip = 0] of combinations(rounds.map(count => tellingRounds(count, 1, pace)))) {
    const first = strip * stripRows * outputTile;
    const last = Math.min(outputSize[0], first + stripRows * outputTile);
    const top = first - window.pads[0];
    const under = [Math.max(0, top), Math.min(inputSize[0], last - window.pads[0] + 2)] as const;
    const box = (rows: Box, width: number, channels: number): Box => [
      [image, image + 1],
      ...rows,
      ...wholeBox([width, channels]),
    ];
    const results = box([[first, last]], outputSize[1], outChannels);
    // What continues the input is looked for all over it.
    const rows = typeof spec.outside === 'number' ? under : ([0, inputSize[0]] as const);
    const operands = [...read(box([rows], inputSize[1], inChannels)), ...(others?.(results) ?? [])];
    yield moment(operands, written?.(results) ?? [], blocks);
  }
}
