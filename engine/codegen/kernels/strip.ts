// A strip: some rows of an input, padded and with the expression applied, packed channels-last and without gaps into
// the worker's scratch. Kernels that cannot read their input where it lies read such a copy: rows shared by two
// strips are packed twice, so no worker waits for another.

import { mostAround, type Segment, segmentsOf } from '../../fusion/padding.ts';
import type { Outside } from '../../fusion/types.ts';
import type { Planes, Prologue } from '../../select/spec.ts';
import type { KernelContext } from '../context.ts';
import { Cursor } from '../cursor.ts';
import { prologueHook } from '../expression-hook.ts';
import { loadLanes, storeLanes } from '../load-store.ts';
import { integerBits } from '../math/integer-bits.ts';
import type { Value, Vectors } from '../vector.ts';
import type { FunctionBuilder, Local, Operand32 } from '../wasm/function.ts';
import { type NarrowRead, narrowRead } from './narrow-read.ts';
import { transpose4 } from './transpose.ts';

export interface Strip {
  /** iteration space: outer …, row, column, channel */
  readonly input: Prologue;
  /** rows and columns that exist */
  readonly size: readonly [number, number];
  readonly channels: number;
  /** columns of the strip, the first `left` of them before the input's first; see stripWidth */
  readonly width: number;
  readonly left: number;
  /** what a position outside reads as */
  readonly outside: Outside;
  /** a row of the strip is those of several planes, one behind the other; `outer` then says the output's plane second */
  readonly planes?: Planes | undefined;
  /** elements are integers of 16 bits, each pixel padded to whole words with whatever is there; otherwise floats */
  readonly pairs?: boolean | undefined;
  /** whether no row is asked for that the input has not */
  readonly rowsExist?: boolean;
}

/** Columns of a strip of which so many are needed: what continues the input copies any of its columns. */
export const stripWidth = (needed: number, left: number, inputWidth: number, outside: Outside): number =>
  typeof outside === 'number' ? needed : Math.max(needed, left + inputWidth);

const elementBytes = ({ pairs }: Strip): number => (pairs ? 2 : 4);

/** Bytes of one pixel of a strip. */
export const stripPixelBytes = ({ channels, pairs }: Pick<Strip, 'channels' | 'pairs'>): number =>
  (pairs ? Math.ceil(channels / 2) : channels) * 4;

/** Bytes of one plane's part of a row of the strip. */
export const stripLineBytes = (strip: Strip): number => strip.width * stripPixelBytes(strip);

/** Bytes of one row of the strip. */
export const stripRowBytes = (strip: Strip): number => stripLineBytes(strip) * (strip.planes?.kernel ?? 1);

/**
 * Packs `count` rows of the input, from row `first` on (locals; it may be negative), to the address in `target`.
 */
export function emitStrip(
  k: KernelContext,
  strip: Strip,
  outer: readonly Operand32[],
  first: Local,
  count: Local,
  target: Local,
): void {
  const { f } = k;
  const v = k.vectors();
  f.scope(() => {
    const to = f.local('i32', 'to');
    const row = f.local('i32', 'row');
    const last = f.local('i32', 'lastRow');
    f.get(target);
    f.set(to);
    const pixelAxis = outer.length;
    if (isColumn(strip) && !v.scalar && isCrossing(strip, pixelAxis, pixelAxis + 2)) {
      const run = { at: [...outer, first], pixelAxis, channelAxis: pixelAxis + 2, count };
      emitTurned(k, k.vectors(4), strip, run, to);
      return;
    }
    f.get(first);
    f.get(count);
    f.op('i32.add');
    f.set(last);
    f.range(row, first, last, 1, () => emitLines(k, v, strip, outer, row, to));
  });
}

/** Whether rows are one pixel each, inside the input. */
const isColumn = ({ width, left, size, channels, planes, rowsExist = false }: Strip): boolean =>
  rowsExist && width === 1 && left === 0 && size[1] === 1 && channels > 1 && !planes;

/** One row of all planes; `to` moves to the next. */
function emitLines(
  k: KernelContext,
  v: Vectors,
  strip: Strip,
  outer: readonly Operand32[],
  row: Local,
  to: Local,
): void {
  const { f } = k;
  const { planes } = strip;
  const source = mappedInto(f, strip.outside, row, strip.size[0]);
  const line = (at: readonly Operand32[], plane?: Local): void => {
    // Unsigned, so that rows and planes before the first count as beyond the last.
    f.get(source);
    f.i32(strip.size[0]);
    f.op('i32.lt_u');
    if (plane && planes) {
      f.get(plane);
      f.i32(planes.inputSize);
      f.op('i32.lt_u');
      f.op('i32.and');
    }
    f.if(
      () => emitRow(k, v, strip, [...at, source], to),
      () => emitFill(v, strip, to, strip.width),
    );
  };
  if (!planes) {
    line(outer);
    return;
  }
  f.scope(() => {
    const plane = f.local('i32', 'plane');
    f.operand(outer[1] ?? 0);
    f.scale(planes.stride);
    f.i32(planes.front);
    f.op('i32.sub');
    f.set(plane);
    const tap = f.local('i32', 'planeTap');
    f.range(tap, 0, planes.kernel, 1, () => {
      f.scope(() => {
        const inside = mappedInto(f, strip.outside, plane, planes.inputSize);
        line(outer.with(1, inside), inside);
      });
      f.increment(plane, planes.dilation);
    });
  });
}

/** The row or plane of the input that stands at a position, which stays outside where nothing does. */
function mappedInto(f: FunctionBuilder, outside: Outside, position: Local, extent: number): Local {
  if (typeof outside === 'number') return position;
  const [at, other] = [f.local('i32', 'inside'), f.local('i32', 'mirrored')];
  const least = (than: 'i32.lt_s' | 'i32.gt_s'): void => {
    f.get(at);
    f.get(other);
    f.get(at);
    f.get(other);
    f.op(than);
    f.select();
    f.set(at);
  };
  const wrapped = (than: 'i32.lt_s' | 'i32.ge_s', limit: number, by: number): void => {
    f.get(at);
    f.get(at);
    f.i32(limit);
    f.op(than);
    f.i32(by);
    f.op('i32.mul');
    f.op('i32.add');
    f.set(at);
  };
  f.get(position);
  f.set(at);
  if (outside === 'wrap') {
    wrapped('i32.lt_s', 0, extent);
    wrapped('i32.ge_s', extent, -extent);
    return at;
  }
  const bound = (from: number, mirror: boolean, than: 'i32.lt_s' | 'i32.gt_s'): void => {
    f.i32(from);
    if (mirror) {
      f.get(at);
      f.op('i32.sub');
    }
    f.set(other);
    least(than);
  };
  const mirror = outside === 'reflect';
  bound(0, mirror, 'i32.gt_s');
  bound(mirror ? 2 * (extent - 1) : extent - 1, mirror, 'i32.lt_s');
  return at;
}

/** One existing row of one plane; `to` moves behind it. */
function emitRow(k: KernelContext, v: Vectors, strip: Strip, row: readonly Operand32[], to: Local): void {
  if (typeof strip.outside !== 'number') {
    emitContinued(k, v, strip, strip.outside, row, to);
    return;
  }
  const { width, left } = strip;
  const before = Math.max(0, Math.min(left, width));
  const skipped = Math.max(0, -left);
  const columns = Math.max(0, Math.min(strip.size[1] - skipped, width - before));
  emitFill(v, strip, to, before);
  if (columns) emitColumns(k, v, strip, [...row, skipped], columns, to);
  emitFill(v, strip, to, width - before - columns);
}

/** A row that goes on with columns of its own: they are packed by now. Beyond what they can be, 0. */
function emitContinued(
  k: KernelContext,
  v: Vectors,
  strip: Strip,
  fill: Exclude<Outside, number>,
  row: readonly Operand32[],
  to: Local,
): void {
  const { f } = k;
  const { width, left, size } = strip;
  const [, columns] = size;
  const room = width - left - columns;
  if (left < 0 || room < 0) throw new Error(`a strip of ${width} columns does not hold ${left} + ${columns}`);
  const behind = Math.min(room, mostAround(columns, fill));
  const segments = segmentsOf(columns, left, behind, fill);
  const bytes = stripPixelBytes(strip);
  f.scope(() => {
    const start = f.local('i32', 'rowStart');
    f.get(to);
    f.set(start);
    f.increment(to, left * bytes);
    emitColumns(k, v, strip, [...row, 0], columns, to);
    for (const segment of [segments.before, segments.behind]) emitCopies(v, strip, start, segment);
    f.increment(to, behind * bytes);
  });
  emitFill(v, strip, to, room - behind);
}

/** Columns of the strip from other ones in the row that begins at `start`. */
function emitCopies(v: Vectors, strip: Strip, start: Local, { at, count, from, step }: Segment): void {
  const { f } = v;
  const bytes = stripPixelBytes(strip);
  if (count === 0) return;
  f.scope(() => {
    const [source, target, done] = [f.local('i32', 'from'), f.local('i32', 'copy'), f.local('i32', 'copied')];
    for (const [pointer, column] of [
      [source, strip.left + from],
      [target, at],
    ] as const) {
      f.get(start);
      f.i32(column * bytes);
      f.op('i32.add');
      f.set(pointer);
    }
    f.range(done, 0, count, 1, () => {
      emitLanes(v, bytes / 4, lanes => {
        const word = (pointer: Local) => ({ dtype: 'float32', pointer, offset: 0, stride: 1 }) as const;
        f.scope(() => storeLanes(v, word(target), loadLanes(v, word(source), lanes), lanes));
        for (const pointer of [source, target]) f.increment(pointer, lanes * 4);
      });
      f.increment(source, (step - 1) * bytes);
    });
  });
}

/** Existing columns of a row from `at` on; `to` moves behind them. */
function emitColumns(
  k: KernelContext,
  v: Vectors,
  strip: Strip,
  at: readonly Operand32[],
  columns: number,
  to: Local,
): void {
  const [pixelAxis, channelAxis] = [at.length - 1, at.length];
  const turned = !v.scalar && strip.channels > 1 && isCrossing(strip, pixelAxis, channelAxis);
  k.f.scope(() => {
    if (turned) emitTurned(k, k.vectors(4), strip, { at, pixelAxis, channelAxis, count: columns }, to);
    else emitStraight(k, v, strip, at, columns, to);
  });
}

/** Lanes along the channels. Where columns continue one another they are read as one long one. */
function emitStraight(
  k: KernelContext,
  v: Vectors,
  strip: Strip,
  at: readonly Operand32[],
  columns: number,
  to: Local,
): void {
  const { f } = k;
  const { input, channels } = strip;
  const [columnAxis, channelAxis] = [at.length - 1, at.length];
  const size = elementBytes(strip);
  const gap = stripPixelBytes(strip) - channels * size;
  const joined =
    gap === 0 &&
    input.reads.every(({ strides }) => strides[columnAxis] === channels * (strides[channelAxis] ?? 0));
  const narrow = strip.pairs && !v.scalar ? narrowRead(input, channelAxis) : undefined;
  if (narrow) {
    emitNarrow(k, k.vectors(4), strip, narrow, at, columns, joined, to);
    return;
  }
  const hook = prologueHook(k, v, input, channelAxis);
  hook.seek(at);
  const run = (count: number): void =>
    emitLanes(v, count, lanes => {
      f.scope(() => storeElements(v, strip, to, 0, hook.value([], lanes), lanes));
      hook.advance(channelAxis, lanes);
      f.increment(to, lanes * size);
    });
  if (joined) {
    run(columns * channels);
    return;
  }
  const x = f.local('i32', 'x');
  f.range(x, 0, columns, 1, () => {
    hook.saved(() => run(channels));
    f.increment(to, gap);
    hook.advance(columnAxis, 1);
  });
}

/** Rows of stored numbers side by side, less a zero point: eight at once as integers of 16 bits. */
function emitNarrow(
  k: KernelContext,
  v: Vectors,
  strip: Strip,
  { access, zero }: NarrowRead,
  at: readonly Operand32[],
  columns: number,
  joined: boolean,
  to: Local,
): void {
  const { f } = k;
  const { channels } = strip;
  const [columnAxis, channelAxis] = [at.length - 1, at.length];
  const cursor = new Cursor(k, [access]);
  cursor.seek(at);
  const centre = v.constant('i32', (zero & 0xffff) | (zero << 16));
  const signed = access.dtype === 'int8';
  const eight = (): void => {
    f.get(to);
    const { pointer, offset } = cursor.place(0, [], channelAxis);
    f.get(pointer);
    f.memory(signed ? 'v128.load8x8_s' : 'v128.load8x8_u', offset);
    if (zero !== 0) {
      f.get(v.part(centre, 0));
      f.op('i16x8.sub');
    }
    f.memory('v128.store', 0);
    cursor.advance(channelAxis, 8);
    f.increment(to, 16);
  };
  const one = (): void => {
    f.get(to);
    const { pointer, offset } = cursor.place(0, [], channelAxis);
    f.get(pointer);
    f.memory(signed ? 'i32.load8_s' : 'i32.load8_u', offset);
    f.i32(zero);
    f.op('i32.sub');
    f.memory('i32.store16', 0);
    cursor.advance(channelAxis, 1);
    f.increment(to, 2);
  };
  const run = (count: number): void =>
    f.scope(() => {
      const done = f.local('i32', 'done');
      f.range(done, 0, count, 8, eight);
      const tail = count % 8;
      if (tail) f.range(done, 0, tail, 1, one);
    });
  if (joined) {
    run(columns * channels);
    return;
  }
  const x = f.local('i32', 'x');
  f.range(x, 0, columns, 1, () => {
    cursor.saved(() => run(channels));
    f.increment(to, stripPixelBytes(strip) - channels * 2);
    cursor.advance(columnAxis, 1);
  });
}

/** Neighbours in memory that are pixels of a strip, behind one another there. */
interface PixelRun {
  readonly at: readonly Operand32[];
  readonly pixelAxis: number;
  readonly channelAxis: number;
  readonly count: Operand32;
}

/** Pixels whose loads and stores are written out. */
const PIXELS_AT_ONCE = 16;
/** Of more nodes the code would become long. */
const SHORT_EXPRESSION = 8;

/** Whether pixels lie side by side and their channels apart. */
const isCrossing = ({ input }: Strip, pixelAxis: number, channelAxis: number): boolean =>
  input.reads.every(({ strides }) => strides[pixelAxis] === 0 || strides[pixelAxis] === 1) &&
  input.reads.some(({ strides }) => strides[channelAxis] !== 0 && strides[channelAxis] !== 1);

/**
 * Pixels lie side by side, channels apart: read with lanes along the pixels, and turned in registers. Four channels at a
 * time are read to their end: lines of all channels together would not stay in the cache, as planes are often powers of
 * two apart, and are more than are fetched ahead.
 */
function emitTurned(k: KernelContext, v: Vectors, strip: Strip, run: PixelRun, to: Local): void {
  const { f } = k;
  const { input, channels } = strip;
  const { at, pixelAxis, channelAxis, count } = run;
  const [size, pixelBytes] = [elementBytes(strip), stripPixelBytes(strip)];
  const hook = prologueHook(k, v, input, pixelAxis);
  hook.seek(at);
  const place = (pixel: number, channel: number): number[] => {
    const indices = new Array<number>(channelAxis + 1).fill(0);
    indices[pixelAxis] = pixel;
    indices[channelAxis] = channel;
    return indices;
  };
  const pointer = f.local('i32', 'pixel');
  const block = (pixel: number, width: number, height: number): void =>
    f.scope(() => {
      const lines = [0, 1, 2, 3].map(c => (c < height ? hook.value(place(pixel, c), width) : v.f32(0)));
      transpose4(v, lines).forEach((turned, x) => {
        if (x < width) storeElements(v, strip, pointer, (pixel + x) * pixelBytes, turned, height);
      });
    });
  const pixels = (number: number, height: number): void => {
    for (let pixel = 0; pixel < number; pixel += 4) block(pixel, Math.min(4, number - pixel), height);
    hook.advance(pixelAxis, number);
    f.increment(pointer, number * pixelBytes);
  };
  const atOnce = input.expression.nodes.length <= SHORT_EXPRESSION ? PIXELS_AT_ONCE : 4;
  emitLanes(v, channels, height => {
    f.get(to);
    f.set(pointer);
    hook.saved(() => inSteps(v, count, [atOnce, 4], number => pixels(number, height)));
    hook.advance(channelAxis, height);
    f.increment(to, height * size);
  });
  // Behind the pixels.
  f.operand(count);
  f.scale(pixelBytes);
  f.i32(channels * size);
  f.op('i32.sub');
  f.get(to);
  f.op('i32.add');
  f.set(to);
}

/** Runs `body` for `count` elements, as many at a time as the steps say, the largest first; then for those left over. */
function inSteps(
  v: Vectors,
  count: Operand32,
  steps: readonly number[],
  body: (number: number) => void,
): void {
  const { f } = v;
  f.scope(() => {
    const done = f.local('i32', 'done');
    f.i32(0);
    f.set(done);
    let left = typeof count === 'number' ? count : undefined;
    for (const step of typeof count === 'number' ? steps : [...steps, 1]) {
      if (left !== undefined && left < step) continue;
      f.range(done, done, count, step, () => body(step));
      if (left !== undefined) left %= step;
    }
    if (left) body(left);
  });
}

function storeElements(
  v: Vectors,
  { pairs }: Strip,
  to: Local,
  offset: number,
  value: Value,
  lanes: number,
): void {
  if (!pairs) {
    storeLanes(v, { dtype: 'float32', pointer: to, offset, stride: 1 }, value, lanes);
    return;
  }
  storeLanes(v, { dtype: 'int16', pointer: to, offset, stride: 1 }, integerBits(v, value), lanes);
}

/** `pixels` of the padding's value from `to` on, which moves behind them. */
function emitFill(v: Vectors, strip: Strip, to: Local, pixels: number): void {
  const size = elementBytes(strip);
  const value = typeof strip.outside === 'number' ? strip.outside : 0;
  emitLanes(v, (pixels * stripPixelBytes(strip)) / size, lanes => {
    v.f.scope(() => storeElements(v, strip, to, 0, v.f32(value), lanes));
    v.f.increment(to, lanes * size);
  });
}

/** Runs `body` for `count` elements: full vectors in a loop, then once for the lanes that are left. */
export function emitLanes(v: Vectors, count: number, body: (lanes: number) => void): void {
  const { f } = v;
  f.scope(() => {
    const done = f.local('i32', 'done');
    f.range(done, 0, count, v.lanes, () => body(v.lanes));
  });
  if (count % v.lanes) body(count % v.lanes);
}
