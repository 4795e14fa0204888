// What depthwise convolution and pooling have in common: a window slides over each channel by itself. Lanes run over
// channels; several neighbouring pixels of a row are computed at once, so that each input vector is loaded once for
// all of them. Nothing is padded: taps outside are left out, to the sides when the code is written, above and below
// by the limits of the loop over the window's rows.

import { LANES } from '../../../options.ts';
import type { BufferRef } from '../../../select/spec/access.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { KernelContext } from '../../context.ts';
import { Cursor } from '../../cursor.ts';
import { epilogueHook, type Hook } from '../../expression/hook.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { inputExtent } from '../product/convolution.ts';
import { emitStrip } from '../strip/emit.ts';
import { planesOf } from '../strip/planes.ts';
import { pushWorkerScratch } from '../work/scratch.ts';
import { limitTo, takeIndex } from '../work/units.ts';
import { emitWindowSums, isOnePlane, type WindowPointers } from './tile.ts';
import {
  firstColumn,
  type Sliding,
  slidingAlong,
  slidingPlanes,
  type TileRun,
  tapsInside,
  tileRow,
  type WindowKernel,
  type WindowPlan,
  windowPlan,
} from './window.ts';

/** Axis of the epilogue's iteration space. */
const CHANNEL = 4;

/** Emits the units [begin, end). */
export function emitWindow(k: KernelContext, kernel: WindowKernel, needs: KernelNeeds): void {
  new WindowEmitter(k, kernel, windowPlan(kernel, LANES[k.target.simd], k.target.threads), needs).emit();
}

class WindowEmitter {
  private readonly k: KernelContext;
  private readonly v: Vectors;
  private readonly kernel: WindowKernel;
  private readonly plan: WindowPlan;
  private readonly needs: KernelNeeds;
  private readonly hook: Hook;
  private readonly runs: readonly TileRun[];
  private readonly image: Operand32;
  private readonly plane: Operand32;
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
  /** the same of its planes */
  private readonly planeBegin: Operand32;
  private readonly planeEnd: Operand32;

  constructor(k: KernelContext, kernel: WindowKernel, plan: WindowPlan, needs: KernelNeeds) {
    const { f } = k;
    this.k = k;
    this.v = k.vectors();
    this.kernel = kernel;
    this.plan = plan;
    this.needs = needs;
    this.hook = epilogueHook(k, this.v, kernel.epilogue, CHANNEL);
    const columns = slidingAlong(kernel, plan.source, 1);
    this.runs = tileRow(kernel.outputSize[1], pixel => tapsInside(columns, pixel));
    this.image = kernel.batch === 1 ? 0 : f.local('i32', 'image');
    const { outputSize: planes } = planesOf(kernel.window);
    this.plane = planes === 1 ? 0 : f.local('i32', 'plane');
    this.firstRow = f.local('i32', 'firstRow');
    this.lastRow = f.local('i32', 'lastRow');
    this.channel = f.local('i32', 'channel');
    this.channelBytes = f.local('i32', 'channelBytes');
    this.vectorCount = f.local('i32', 'vectors');
    this.base = f.local('i32', 'base');
    [this.tapBegin, this.tapEnd] = this.limits(slidingAlong(kernel, plan.source, 0), kernel.outputSize[0]);
    [this.planeBegin, this.planeEnd] = this.limits(slidingPlanes(kernel, plan.source), planes);
  }

  /** Locals for the taps inside, or all of them where none ever lies outside. */
  private limits(sliding: Sliding, positions: number): readonly [Operand32, Operand32] {
    const { f } = this.k;
    const all = [0, sliding.kernel] as const;
    const inside = [0, positions - 1].every(at => String(tapsInside(sliding, at)) === String(all));
    return inside ? all : [f.local('i32', 'tapBegin'), f.local('i32', 'tapEnd')];
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
    f.assign(rest, unit);
    takeIndex(f, rest, blocks, this.channel);
    takeIndex(f, rest, strips, this.firstRow);
    if (typeof this.plane === 'object')
      takeIndex(f, rest, planesOf(this.kernel.window).outputSize, this.plane);
    if (typeof this.image === 'object') {
      f.assign(this.image, rest);
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
    this.limitTaps(slidingPlanes(this.kernel, this.plan.source), this.plane, [
      this.planeBegin,
      this.planeEnd,
    ]);
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
      cursor.seek([this.image, this.firstPlane(), first]);
      const { pointer, offset } = cursor.place(0, [], -1);
      f.assignSum(this.base, pointer, offset);
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
    const rows = { outer: [this.image, this.plane], first, count };
    emitStrip(this.k, source.strip, rows, this.base);
  }

  /** The input's plane under the window's first, which may lie before all of them. */
  private firstPlane(): Operand32 {
    const { f } = this.k;
    const { stride, front } = planesOf(this.kernel.window);
    if (typeof this.plane === 'number') return -front;
    const first = f.local('i32', 'inputPlane');
    f.get(this.plane);
    f.scale(stride);
    f.i32(front);
    f.op('i32.sub');
    f.set(first);
    return first;
  }

  private emitRow(row: Local): void {
    const { f } = this.k;
    const { window } = this.kernel;
    const { source } = this.plan;
    f.scope(() => {
      this.limitTaps(slidingAlong(this.kernel, source, 0), row, [this.tapBegin, this.tapEnd]);
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
      if (this.planeBegin !== 0) {
        f.operand(this.planeBegin);
        f.scale(source.planeStride);
        f.op('i32.add');
      }
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

  /** Rows or planes of the window inside for this row or plane of the output; see tapsInside. */
  private limitTaps(
    { kernel, stride, dilation, before, size }: Sliding,
    position: Operand32,
    [begin, end]: readonly [Operand32, Operand32],
  ): void {
    const { f } = this.k;
    for (const [tap, index] of [
      [begin, 0],
      [end, size],
    ] as const) {
      if (typeof tap !== 'object') continue;
      // ⌈(index + before − position · stride) / dilation⌉, not below 0: for that the numerator may be cut at 0
      f.i32(index + before + dilation - 1);
      f.operand(position);
      f.scale(stride);
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
      limitTo(f, tap, kernel);
    }
  }

  /** All channels of the unit for one tile of pixels from `x` on. */
  private emitTile(run: TileRun, row: Local, x: Local, rowPointer: Local): void {
    const { f } = this.k;
    const { v } = this;
    const { operation, channels, window } = this.kernel;
    const { pixelStride, left } = this.plan.source;
    f.scope(() => {
      this.hook.seek([this.image, this.plane, row, x, this.channel]);
      const input = f.local('i32', 'input');
      f.get(x);
      f.scale(window.stride[1] * pixelStride);
      f.i32((firstColumn(window, run) - left) * pixelStride);
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
        if (this.planeBegin !== 0) {
          f.operand(this.planeBegin);
          f.scale(window.kernel[0] * window.kernel[1] * channels * 4);
          f.get(weights);
          f.op('i32.add');
          f.set(weights);
        }
        if (operation.bias && bias) pointInto(this.k, operation.bias, this.channelBytes, bias);
      }
      const { tapBegin, tapEnd, planeBegin, planeEnd } = this;
      const pointers = { input, weights, bias, tapBegin, tapEnd, planeBegin, planeEnd };
      const divisors = this.divisors(run);
      const vector = (lanes: number): void => {
        f.scope(() => this.emitVector(run, lanes, pointers, divisors));
        this.hook.advance(CHANNEL, lanes);
        for (const pointer of [input, weights, bias]) if (pointer) f.increment(pointer, lanes * 4);
      };
      const done = f.local('i32', 'done');
      f.range(done, 0, this.vectorCount, 1, () => vector(v.lanes));
      this.emitChannelTail(() => vector(channels % v.lanes));
    });
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
    const taps = planesOf(window).kernel * window.kernel[0] * window.kernel[1];
    if (operation.countPadding) return run.taps.map(() => this.v.f32(taps));
    const { tapBegin, tapEnd, planeBegin, planeEnd } = this;
    const byColumns = new Map<number, Value>();
    return run.taps.map(([first, last]) => {
      const columns = last - first;
      let value = byColumns.get(columns);
      if (!value) {
        f.operand(tapEnd);
        f.operand(tapBegin);
        f.op('i32.sub');
        f.scale(columns);
        if (!isOnePlane({ planeBegin, planeEnd })) {
          f.operand(planeEnd);
          f.operand(planeBegin);
          f.op('i32.sub');
          f.op('i32.mul');
        }
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
    pointers: WindowPointers,
    divisors: readonly (Value | undefined)[],
  ): void {
    const { f } = this.k;
    const { v } = this;
    const tile = { v, kernel: this.kernel, source: this.plan.source, run, lanes };
    const sums = emitWindowSums(tile, pointers);
    sums.forEach((sum, t) => {
      f.scope(() => {
        const divisor = divisors[t];
        const value = divisor ? v.op('f32.div', sum, divisor) : sum;
        this.hook.store([0, 0, 0, t, 0], lanes, value);
      });
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
