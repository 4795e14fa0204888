// A window that slides over each channel by itself: what such a kernel is, where it reads its input, how it is cut
// into work units and tiles of pixels. Numbers only; emit.ts writes the code.

import type { Outside } from '../../../fusion/types.ts';
import type { BufferRef, Epilogue, Prologue } from '../../../select/spec/access.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { Window } from '../../../select/spec/window.ts';
import { plainRead } from '../../expression/hook.ts';
import { inputExtent } from '../product/convolution.ts';
import { planesOf } from '../strip/planes.ts';
import { type Strip, stripLineBytes, stripRowBytes, stripWidth } from '../strip/strip.ts';
import { workerScratch } from '../work/scratch.ts';
import { piecesOf, stripRows } from '../work/tiling.ts';

/** Pixels computed at once, at most: their sums, a row of weights and the input fill the registers. */
const PIXELS = 7;

/** What becomes of the elements under the window. */
export type WindowOperation =
  /** weights [plane][row][column][channel], bias [channel] */
  | { readonly kind: 'weighted'; readonly weights: BufferRef; readonly bias?: BufferRef }
  | { readonly kind: 'max' }
  | { readonly kind: 'average'; readonly countPadding: boolean };

/** Iteration spaces have a plane, whether the window does or not. */
export interface WindowKernel {
  readonly operation: WindowOperation;
  readonly batch: number;
  readonly channels: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  readonly window: Window;
  /** output rows of a strip, where they are not chosen here */
  readonly unitRows?: number;
  readonly input: Prologue;
  /** what padding reads as; without it, what lies there is left out, as adds nothing in a weighted window */
  readonly outside: Outside | undefined;
  readonly epilogue: Epilogue;
  readonly lean?: boolean;
}

/** Where the input is read, and the geometry as seen from there. */
export interface WindowSource {
  /** undefined: in place */
  readonly strip?: Strip;
  readonly size: readonly [number, number];
  /** rows above, columns to the left of the input's first */
  readonly top: number;
  readonly left: number;
  /** planes that exist, and how many of the window's lie before the first */
  readonly planes: number;
  readonly front: number;
  /** bytes from one plane of the window to the next */
  readonly planeStride: number;
  /** bytes */
  readonly rowStride: number;
  readonly pixelStride: number;
}

function sourceOf(kernel: WindowKernel): WindowSource {
  const { window, inputSize, outputSize, channels, outside } = kernel;
  const [top, left] = window.pads;
  const volume = planesOf(window);
  const inside = { planes: volume.inputSize, front: volume.front };
  const access = plainRead(kernel.input);
  const [, plane = 0, y = 0, x = 0, channel = 0] = access?.strides ?? [];
  if (access?.dtype === 'float32' && outside === undefined && (channel === 1 || channels === 1) && x >= 0) {
    const strides = { planeStride: plane * volume.dilation * 4, rowStride: y * 4, pixelStride: x * 4 };
    return { size: inputSize, top, left, ...inside, ...strides };
  }
  const strip: Strip = {
    input: kernel.input,
    size: inputSize,
    channels,
    ...(outside === undefined
      ? { width: inputSize[1], left: 0, outside: 0 }
      : {
          width: stripWidth(inputExtent(window, 1, outputSize[1]), left, inputSize[1], outside),
          left,
          outside,
        }),
    planes: window.planes,
  };
  const strides = {
    planeStride: stripLineBytes(strip),
    rowStride: stripRowBytes(strip),
    pixelStride: channels * 4,
  };
  if (outside === undefined) return { strip, size: inputSize, top, left, ...inside, ...strides };
  const reach = (volume.outputSize - 1) * volume.stride + (volume.kernel - 1) * volume.dilation + 1;
  const size = [inputExtent(window, 0, outputSize[0]), strip.width] as const;
  return { strip, size, top: 0, left: 0, planes: reach, front: 0, ...strides };
}

/** Units and scratch. */
export interface WindowPlan {
  readonly source: WindowSource;
  readonly stripRows: number;
  readonly strips: number;
  /** channels of a unit, a multiple of the lanes or all */
  readonly blockChannels: number;
  readonly blocks: number;
  readonly units: number;
  /** of each worker */
  readonly scratchBytes: number;
}

/** `lanes`: those of a vector. */
export function windowPlan(kernel: WindowKernel, lanes: number, threads: number): WindowPlan {
  const { batch, channels, window, outputSize } = kernel;
  const source = sourceOf(kernel);
  const rowSpan = inputExtent(window, 0, 1);
  const { kernel: planes, outputSize: outputPlanes } = planesOf(window);
  const rowBytes = source.strip ? stripRowBytes(source.strip) : planes * kernel.inputSize[1] * channels * 4;
  const outer = batch * outputPlanes;
  const wanted = piecesOf(outer * outputSize[0], threads);
  const blockChannels =
    source.strip || kernel.unitRows ? channels : Math.ceil(channels / wanted / lanes) * lanes;
  const blocks = Math.ceil(channels / blockChannels);
  const height = stripRows({
    rows: outputSize[0],
    width: outputSize[1],
    rowStep: window.stride[0],
    rowSpan,
    rowBytes,
    outputRowBytes: outputSize[1] * channels * 4,
    inPlace: !source.strip,
    tileRows: 1,
    unitsPerStrip: blocks,
    weightBytes: 0,
    outer,
    threads,
    lean: kernel.lean ?? false,
    unitRows: kernel.unitRows,
  });
  const strips = Math.ceil(outputSize[0] / height);
  const inputRows = (height - 1) * window.stride[0] + rowSpan;
  return {
    source,
    stripRows: height,
    strips,
    blockChannels,
    blocks,
    units: outer * strips * blocks,
    scratchBytes: source.strip ? inputRows * rowBytes : 0,
  };
}

/** One phase; a strip of each worker's where one is packed. */
export function windowNeeds(kernel: WindowKernel, lanes: number, threads: number): KernelNeeds {
  const { units, scratchBytes } = windowPlan(kernel, lanes, threads);
  return { units, ...workerScratch(scratchBytes), scratchShared: 0, phases: [units] };
}

/** Columns of the window that lie inside, for one pixel of a tile: [first, last). */
export type Taps = readonly [number, number];

/** Neighbouring pixels computed at once. Tiles with the same taps are one loop. */
export interface TileRun {
  readonly first: number;
  readonly count: number;
  readonly taps: readonly Taps[];
}

/** Pixels of a tile, in a row of so many; the last tile may have fewer. */
export const tileWidth = (width: number): number => Math.ceil(width / Math.max(1, Math.ceil(width / PIXELS)));

/**
 * Cuts a row of pixels into tiles of nearly equal width, and joins neighbours whose taps are alike. From pixel to
 * pixel, neither end of the taps ever goes up: where two tiles are alike, so are those between them.
 */
export function tileRow(width: number, taps: (pixel: number) => Taps): TileRun[] {
  const size = tileWidth(width);
  const tiles = Math.ceil(width / size);
  const tapsOf = (tile: number): Taps[] =>
    Array.from({ length: Math.min(size, width - tile * size) }, (_, t) => taps(tile * size + t));
  const runs: TileRun[] = [];
  for (let tile = 0; tile < tiles; ) {
    const own = tapsOf(tile);
    let [alike, apart] = [tile, tiles];
    while (apart - alike > 1) {
      const middle = Math.floor((alike + apart) / 2);
      if (String(tapsOf(middle)) === String(own)) alike = middle;
      else apart = middle;
    }
    runs.push({ first: tile * size, count: apart - tile, taps: own });
    tile = apart;
  }
  return runs;
}

/** A window along one axis of its input: `before` of what it looks at lie before the input's first, `size` exist. */
export interface Sliding {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly size: number;
}

/** The window along its rows or columns. */
export function slidingAlong({ window }: WindowKernel, source: WindowSource, axis: 0 | 1): Sliding {
  const [kernel, stride, dilation] = [window.kernel[axis], window.stride[axis], window.dilation[axis]];
  return { kernel, stride, dilation, before: axis ? source.left : source.top, size: source.size[axis] };
}

/** The window along planes. */
export function slidingPlanes({ window }: WindowKernel, { front, planes }: WindowSource): Sliding {
  const { kernel, stride, dilation } = planesOf(window);
  return { kernel, stride, dilation, before: front, size: planes };
}

/** Taps of the window along an axis that lie inside the input, for the output at `position`. */
export function tapsInside({ kernel, stride, dilation, before, size }: Sliding, position: number): Taps {
  const start = position * stride - before;
  const limit = (index: number): number =>
    Math.max(0, Math.min(kernel, Math.ceil((index - start) / dilation)));
  return [limit(0), limit(size)];
}

/** The first input column that a tile needs, counted from the first tap of its first pixel. */
export function firstColumn({ stride, dilation }: Window, run: TileRun): number {
  const first = run.taps.flatMap(([begin, end], t) =>
    end > begin ? [t * stride[1] + begin * dilation[1]] : [],
  );
  return first.length ? Math.min(...first) : 0;
}
