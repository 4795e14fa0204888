// What depthwise convolution and pooling have in common: a window slides over each channel by itself. Lanes run over
// channels; several neighbouring pixels of a row are computed at once, so that each input vector is loaded once for
// all of them. Nothing is padded: taps outside are left out, to the sides when the code is written, above and below
// by the limits of the loop over the window's rows.

import type { BufferRef, Epilogue, KernelNeeds, Prologue, Window } from '../../select/spec.ts';
import type { KernelContext } from '../context.ts';
import { Cursor } from '../cursor.ts';
import { epilogueHook, type Hook, plainRead } from '../expression-hook.ts';
import { loadLanes } from '../load-store.ts';
import { LANES, type Value, type Vectors } from '../vector.ts';
import type { Local, Operand32 } from '../wasm/function.ts';
import { inputExtent } from './convolution.ts';
import { emitStrip, type Strip, stripRowBytes } from './strip.ts';
import { stripRows } from './tiling.ts';
import { limitTo, pushWorkerScratch, takeIndex } from './units.ts';

/** Pixels computed at once, at most: their sums, a row of weights and the input fill the registers. */
const PIXELS = 7;
const UNITS_PER_WORKER = 4;

export type WindowOperation =
  /** weights [row][column][channel], bias [channel] */
  | { readonly kind: 'weighted'; readonly weights: BufferRef; readonly bias?: BufferRef }
  | { readonly kind: 'max' }
  | { readonly kind: 'average'; readonly countPadding: boolean };

export interface WindowKernel {
  readonly operation: WindowOperation;
  readonly batch: number;
  readonly channels: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
  readonly window: Window;
  readonly input: Prologue;
  /** what padding reads as, where it is read: not 0 in a weighted window only */
  readonly padValue: number;
  readonly epilogue: Epilogue;
}

/** Where the input is read, and the geometry as seen from there. */
interface Source {
  /** undefined: in place */
  readonly strip?: Strip;
  readonly size: readonly [number, number];
  /** rows above, columns to the left of the input's first */
  readonly top: number;
  readonly left: number;
  /** bytes */
  readonly rowStride: number;
  readonly pixelStride: number;
}

function sourceOf(kernel: WindowKernel): Source {
  const { window, inputSize, outputSize, channels } = kernel;
  const [top, left] = window.pads;
  const access = plainRead(kernel.input);
  const [, y = 0, x = 0, channel = 0] = access?.strides ?? [];
  if (access?.dtype === 'float32' && kernel.padValue === 0 && (channel === 1 || channels === 1) && x >= 0)
    return { size: inputSize, top, left, rowStride: y * 4, pixelStride: x * 4 };
  const filled = kernel.padValue !== 0;
  const strip: Strip = {
    input: kernel.input,
    size: inputSize,
    channels,
    width: filled ? inputExtent(window, 1, outputSize[1]) : inputSize[1],
    left: filled ? left : 0,
    padValue: kernel.padValue,
  };
  const strides = { rowStride: stripRowBytes(strip), pixelStride: channels * 4 };
  if (!filled) return { strip, size: inputSize, top, left, ...strides };
  return { strip, size: [inputExtent(window, 0, outputSize[0]), strip.width], top: 0, left: 0, ...strides };
}

interface Plan {
  readonly source: Source;
  readonly stripRows: number;
  readonly strips: number;
  /** channels of a unit, a multiple of the lanes or all */
  readonly blockChannels: number;
  readonly blocks: number;
  readonly units: number;
  readonly scratchPerWorker: number;
}

function planOf(kernel: WindowKernel, lanes: number, threads: number): Plan {
  const { batch, channels, window, outputSize } = kernel;
  const source = sourceOf(kernel);
  const rowSpan = inputExtent(window, 0, 1);
  const rowBytes = source.strip ? stripRowBytes(source.strip) : kernel.inputSize[1] * channels * 4;
  const wanted = threads > 1 ? Math.ceil((UNITS_PER_WORKER * threads) / (batch * outputSize[0])) : 1;
  const blockChannels = source.strip ? channels : Math.ceil(channels / wanted / lanes) * lanes;
  const blocks = Math.ceil(channels / blockChannels);
  const height = stripRows({
    rows: outputSize[0],
    width: outputSize[1],
    rowStep: window.stride[0],
    rowSpan,
    rowBytes,
    inPlace: !source.strip,
    tileRows: 1,
    unitsPerStrip: blocks,
    weightBytes: 0,
    outer: batch,
    threads,
  });
  const strips = Math.ceil(outputSize[0] / height);
  const inputRows = (height - 1) * window.stride[0] + rowSpan;
  return {
    source,
    stripRows: height,
    strips,
    blockChannels,
    blocks,
    units: batch * strips * blocks,
    scratchPerWorker: source.strip ? Math.ceil((inputRows * rowBytes) / 64) * 64 : 0,
  };
}

export function windowNeeds(kernel: WindowKernel, lanes: number, threads: number): KernelNeeds {
  const { units, scratchPerWorker } = planOf(kernel, lanes, threads);
  return { units, scratchPerWorker, scratchShared: 0, phases: [units] };
}

export function emitWindow(k: KernelContext, kernel: WindowKernel, needs: KernelNeeds): void {
  new WindowEmitter(k, kernel, planOf(kernel, LANES[k.target.simd], k.target.threads), needs).emit();
}

/** Columns of the window that lie inside, for one pixel of a tile: [first, last). */
type Taps = readonly [number, number];

/** Neighbouring pixels computed at once. Tiles with the same taps are one loop. */
interface TileRun {
  readonly first: number;
  readonly count: number;
  readonly taps: readonly Taps[];
}

/** Cuts a row of pixels into tiles of nearly equal width, and joins neighbours whose taps are alike. */
export function tileRow(width: number, taps: (pixel: number) => Taps): TileRun[] {
  const size = Math.ceil(width / Math.ceil(width / PIXELS));
  const runs: { first: number; count: number; taps: Taps[] }[] = [];
  for (let first = 0; first < width; first += size) {
    const tile = Array.from({ length: Math.min(size, width - first) }, (_, t) => taps(first + t));
    const last = runs.at(-1);
    if (last && String(last.taps) === String(tile)) last.count++;
    else runs.push({ first, count: 1, taps: tile });
  }
  return runs;
}

class WindowEmitter {
  private readonly k: KernelContext;
  private readonly v: Vectors;
  private readonly kernel: WindowKernel;
  private readonly plan: Plan;
  private readonly needs: KernelNeeds;
  private readonly hook: Hook;
  private readonly runs: readonly TileRun[];
  private readonly image: Operand32;
  private readonly firstRow: Local;
  private readonly lastRow: Local;
  private readonly channel: Local;
  /** bytes of the unit's first channel, and full vectors in the unit */
  private readonly channelBytes: Local;
  private readonly vectorCount: Local;
  /** where input row (first output row · stride − top), column 0 lies */
  private readonly base: Local;
  /** rows of the window inside: [begin, end) */
  private readonly tapBegin: Operand32;
  private readonly tapEnd: Operand32;

  constructor(k: KernelContext, kernel: WindowKernel, plan: Plan, needs: KernelNeeds) {
    const { f } = k;
    this.k = k;
    this.v = k.vectors();
    this.kernel = kernel;
    this.plan = plan;
    this.needs = needs;
    this.hook = epilogueHook(k, this.v, kernel.epilogue, 3);
    this.runs = tileRow(kernel.outputSize[1], pixel => this.tapsInside(1, pixel));
    this.image = kernel.batch === 1 ? 0 : f.local('i32', 'image');
    this.firstRow = f.local('i32', 'firstRow');
    this.lastRow = f.local('i32', 'lastRow');
    this.channel = f.local('i32', 'channel');
    this.channelBytes = f.local('i32', 'channelBytes');
    this.vectorCount = f.local('i32', 'vectors');
    this.base = f.local('i32', 'base');
    const rows = kernel.outputSize[0];
    const [taps] = kernel.window.kernel;
    const clipped = [0, rows - 1].some(y => String(this.tapsInside(0, y)) !== String([0, taps]));
    this.tapBegin = clipped ? f.local('i32', 'tapBegin') : 0;
    this.tapEnd = clipped ? f.local('i32', 'tapEnd') : taps;
  }

  /** Taps of the window along an axis that lie inside the input, for the output at `position`. */
  private tapsInside(axis: 0 | 1, position: number): Taps {
    const { window } = this.kernel;
    const { size, top, left } = this.plan.source;
    const start = position * window.stride[axis] - (axis ? left : top);
    const dilation = window.dilation[axis];
    const limit = (index: number): number =>
      Math.max(0, Math.min(window.kernel[axis], Math.ceil((index - start) / dilation)));
    return [limit(0), limit(size[axis])];
  }

  emit(): void {
    const { f } = this.k;
    const unit = f.local('i32', 'unit');
    this.hook.seek();
    this.hook.hoist('all', () =>
      f.range(unit, this.k.begin, this.k.end, 1, () => {
        f.scope(() => {
          this.enterUnit(unit);
          const row = f.local('i32', 'row');
          f.range(row, this.firstRow, this.lastRow, 1, () => this.emitRow(row));
        });
      }),
    );
  }

  private enterUnit(unit: Local): void {
    const { f } = this.k;
    const { blocks, blockChannels, strips, stripRows: height } = this.plan;
    const { channels, outputSize } = this.kernel;
    const rest = f.local('i32', 'rest');
    f.get(unit);
    f.set(rest);
    takeIndex(f, rest, blocks, this.channel);
    takeIndex(f, rest, strips, this.firstRow);
    if (typeof this.image === 'object') {
      f.get(rest);
      f.set(this.image);
    }
    f.get(this.channel);
    f.scale(blockChannels);
    f.tee(this.channel);
    f.scale(4);
    f.set(this.channelBytes);
    // ⌊min(blockChannels, channels − channel) / lanes⌋
    f.i32(channels);
    f.get(this.channel);
    f.op('i32.sub');
    f.set(this.vectorCount);
    limitTo(f, this.vectorCount, blockChannels);
    f.get(this.vectorCount);
    f.i32(this.v.lanes);
    f.op('i32.div_u');
    f.set(this.vectorCount);
    f.get(this.firstRow);
    f.scale(height);
    f.tee(this.firstRow);
    f.i32(height);
    f.op('i32.add');
    f.set(this.lastRow);
    limitTo(f, this.lastRow, outputSize[0]);
    this.enterInput();
  }

  /** Sets `base`, packing the strip if there is one. */
  private enterInput(): void {
    const { f } = this.k;
    const { window, input } = this.kernel;
    const { source } = this.plan;
    const first = f.local('i32', 'inputRow');
    f.get(this.firstRow);
    f.scale(window.stride[0]);
    f.i32(window.pads[0]);
    f.op('i32.sub');
    f.set(first);
    if (!source.strip) {
      const cursor = new Cursor(this.k, input.reads.slice(0, 1));
      cursor.seek([this.image, first]);
      const { pointer, offset } = cursor.place(0, [], -1);
      f.get(pointer);
      f.i32(offset);
      f.op('i32.add');
      f.set(this.base);
      return;
    }
    const count = f.local('i32', 'inputRows');
    f.get(this.lastRow);
    f.get(this.firstRow);
    f.op('i32.sub');
    f.scale(window.stride[0]);
    f.i32(inputExtent(window, 0, 1) - window.stride[0]);
    f.op('i32.add');
    f.set(count);
    pushWorkerScratch(this.k, this.needs);
    f.set(this.base);
    emitStrip(this.k, source.strip, [this.image], first, count, this.base);
  }

  private emitRow(row: Local): void {
    const { f } = this.k;
    const { window } = this.kernel;
    const { source } = this.plan;
    f.scope(() => {
      this.limitTaps(row);
      const pointer = f.local('i32', 'rowPointer');
      f.get(row);
      f.get(this.firstRow);
      f.op('i32.sub');
      f.scale(window.stride[0] * source.rowStride);
      f.get(this.base);
      f.op('i32.add');
      f.get(this.channelBytes);
      f.op('i32.add');
      f.operand(this.tapBegin);
      f.scale(window.dilation[0] * source.rowStride);
      f.op('i32.add');
      f.set(pointer);
      for (const run of this.runs)
        f.scope(() => {
          const x = f.local('i32', 'x');
          const size = run.taps.length;
          f.range(x, run.first, run.first + run.count * size, size, () =>
            this.emitTile(run, row, x, pointer),
          );
        });
    });
  }

  /** Rows of the window inside for this output row; see tapsInside. */
  private limitTaps(row: Local): void {
    const { f } = this.k;
    const { window } = this.kernel;
    const { size, top } = this.plan.source;
    const dilation = window.dilation[0];
    for (const [tap, index] of [
      [this.tapBegin, 0],
      [this.tapEnd, size[0]],
    ] as const) {
      if (typeof tap !== 'object') continue;
      // ⌈(index + top − row · stride) / dilation⌉, not below 0: for that the numerator may be cut at 0
      f.i32(index + top + dilation - 1);
      f.get(row);
      f.scale(window.stride[0]);
      f.op('i32.sub');
      f.set(tap);
      f.get(tap);
      f.i32(0);
      f.get(tap);
      f.i32(0);
      f.op('i32.gt_s');
      f.select();
      f.i32(dilation);
      f.op('i32.div_u');
      f.set(tap);
      limitTo(f, tap, window.kernel[0]);
    }
  }

  /** All channels of the unit for one tile of pixels from `x` on. */
  private emitTile(run: TileRun, row: Local, x: Local, rowPointer: Local): void {
    const { f } = this.k;
    const { v } = this;
    const { operation, channels, window } = this.kernel;
    const { pixelStride, left } = this.plan.source;
    f.scope(() => {
      this.hook.seek([this.image, row, x, this.channel]);
      const input = f.local('i32', 'input');
      f.get(x);
      f.scale(window.stride[1] * pixelStride);
      f.i32((this.firstColumn(run) - left) * pixelStride);
      f.op('i32.add');
      f.get(rowPointer);
      f.op('i32.add');
      f.set(input);
      const weights = operation.kind === 'weighted' ? f.local('i32', 'weights') : undefined;
      const bias = operation.kind === 'weighted' && operation.bias ? f.local('i32', 'bias') : undefined;
      if (operation.kind === 'weighted' && weights) {
        pointInto(this.k, operation.weights, this.channelBytes, weights);
        f.operand(this.tapBegin);
        f.scale(window.kernel[1] * channels * 4);
        f.get(weights);
        f.op('i32.add');
        f.set(weights);
        if (operation.bias && bias) pointInto(this.k, operation.bias, this.channelBytes, bias);
      }
      const divisors = this.divisors(run);
      const vector = (lanes: number): void => {
        f.scope(() => this.emitVector(run, lanes, input, weights, bias, divisors));
        this.hook.advance(3, lanes);
        for (const pointer of [input, weights, bias]) if (pointer) f.increment(pointer, lanes * 4);
      };
      const done = f.local('i32', 'done');
      f.range(done, 0, this.vectorCount, 1, () => vector(v.lanes));
      this.emitChannelTail(() => vector(channels % v.lanes));
    });
  }

  /** The first input column that a tile needs, from the first tap of its first pixel. */
  private firstColumn(run: TileRun): number {
    const { stride, dilation } = this.kernel.window;
    const first = run.taps.flatMap(([begin, end], t) =>
      end > begin ? [t * stride[1] + begin * dilation[1]] : [],
    );
    return first.length ? Math.min(...first) : 0;
  }

  /** The channels that fill no vector: in the last block only. */
  private emitChannelTail(body: () => void): void {
    const { f } = this.k;
    const { channels } = this.kernel;
    const { blocks, blockChannels } = this.plan;
    if (channels % this.v.lanes === 0) return;
    if (blocks === 1) {
      body();
      return;
    }
    f.get(this.channel);
    f.i32((blocks - 1) * blockChannels);
    f.op('i32.eq');
    f.if(body);
  }

  /** What each pixel's sum is divided by. */
  private divisors(run: TileRun): (Value | undefined)[] {
    const { f } = this.k;
    const { operation, window } = this.kernel;
    if (operation.kind !== 'average') return run.taps.map(() => undefined);
    if (operation.countPadding) return run.taps.map(() => this.v.f32(window.kernel[0] * window.kernel[1]));
    const { tapBegin, tapEnd } = this;
    const byColumns = new Map<number, Value>();
    return run.taps.map(([first, last]) => {
      const columns = last - first;
      let value = byColumns.get(columns);
      if (!value) {
        f.operand(tapEnd);
        f.operand(tapBegin);
        f.op('i32.sub');
        f.scale(columns);
        f.op('f32.convert_i32_s');
        value = this.v.splat();
        byColumns.set(columns, value);
      }
      return value;
    });
  }

  /** One vector of channels for all pixels of a tile. */
  private emitVector(
    run: TileRun,
    lanes: number,
    input: Local,
    weights: Local | undefined,
    bias: Local | undefined,
    divisors: readonly (Value | undefined)[],
  ): void {
    const { f } = this.k;
    const { v } = this;
    const { operation, window, channels } = this.kernel;
    const parts = v.scalar ? 1 : Math.ceil(lanes / 4);
    const sums = run.taps.map(() => v.fresh('f32', 'sum', parts));
    f.scope(() => {
      const start = bias
        ? loadLanes(v, { dtype: 'float32', pointer: bias, offset: 0, stride: 1 }, lanes)
        : v.constant('f32', operation.kind === 'max' ? Number.NEGATIVE_INFINITY : 0, parts);
      for (const sum of sums) v.assign(sum, start);
      const at = f.local('i32', 'at');
      f.get(input);
      f.set(at);
      const weightsAt = weights && f.local('i32', 'weightsAt');
      if (weights && weightsAt) {
        f.get(weights);
        f.set(weightsAt);
      }
      const tap = f.local('i32', 'tap');
      f.range(tap, this.tapBegin, this.tapEnd, 1, () => {
        f.scope(() => this.emitWindowRow(run, lanes, sums, at, weightsAt));
        f.increment(at, window.dilation[0] * this.plan.source.rowStride);
        if (weightsAt) f.increment(weightsAt, window.kernel[1] * channels * 4);
      });
    });
    sums.forEach((sum, t) => {
      f.scope(() => {
        const divisor = divisors[t];
        const value = divisor ? v.op('f32.div', sum, divisor) : sum;
        this.hook.store([0, 0, t, 0], lanes, value);
      });
    });
  }

  /** One row of the window: every input column once, to all the pixels that it belongs to. */
  private emitWindowRow(
    run: TileRun,
    lanes: number,
    sums: readonly Value[],
    at: Local,
    weightsAt: Local | undefined,
  ): void {
    const { f } = this.k;
    const { v } = this;
    const { window, channels } = this.kernel;
    const [, stride] = window.stride;
    const [, dilation] = window.dilation;
    const load = (pointer: Local, offset: number): Value =>
      loadLanes(v, { dtype: 'float32', pointer, offset, stride: 1 }, lanes);
    const weights =
      weightsAt &&
      Array.from({ length: window.kernel[1] }, (_, tap) =>
        run.taps.some(([first, last]) => tap >= first && tap < last)
          ? load(weightsAt, tap * channels * 4)
          : undefined,
      );
    const origin = this.firstColumn(run);
    const columns = (run.taps.length - 1) * stride + (window.kernel[1] - 1) * dilation + 1;
    for (let column = 0; column < columns; column++) {
      const users = run.taps.flatMap(([first, last], t) => {
        const tap = (column - t * stride) / dilation;
        const sum = sums[t];
        return Number.isInteger(tap) && tap >= first && tap < last && sum ? [{ sum, tap }] : [];
      });
      if (!users.length) continue;
      f.scope(() => {
        const value = load(at, (column - origin) * this.plan.source.pixelStride);
        for (const { sum, tap } of users) this.combine(sum, value, weights?.[tap]);
      });
    }
  }

  private combine(sum: Value, value: Value, weight: Value | undefined): void {
    if (weight) this.v.accumulate(sum, value, weight);
    else if (this.kernel.operation.kind === 'max') this.maximum(sum, value);
    else this.v.update('f32.add', sum, value);
  }

  /**
   * sum ← max(sum, value), NaN if either is. The vector instruction f32.max takes seven of x64 to be exact about
   * NaN and −0; of the two one-instruction maxima each keeps the NaN of its first argument, so their bits together
   * keep both (and −0 may stand for 0).
   */
  private maximum(sum: Value, value: Value): void {
    const { v } = this;
    if (v.scalar) {
      v.update('f32.max', sum, value);
      return;
    }
    v.f.scope(() => {
      const [one, other] = [v.op('f32.pmax', sum, value), v.op('f32.pmax', value, sum)];
      v.assign(sum, v.op('i32.or', one, other));
    });
  }
}

/** target ← address of the buffer + bytes */
function pointInto(k: KernelContext, buffer: BufferRef, bytes: Local, target: Local): void {
  k.address(buffer);
  k.f.get(bytes);
  k.f.op('i32.add');
  k.f.set(target);
}
