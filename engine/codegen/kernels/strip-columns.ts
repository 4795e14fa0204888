// Packs pixels of a strip, with the expression applied: lanes along the channels, or along the pixels and turned in
// registers, as they lie in memory.

import type { KernelContext } from '../context.ts';
import { Cursor } from '../cursor.ts';
import { prologueHook } from '../expression-hook.ts';
import { storeLanes } from '../load-store.ts';
import { integerBits } from '../math/integer-bits.ts';
import type { Value, Vectors } from '../vector.ts';
import type { Local, Operand32 } from '../wasm/function.ts';
import { emitLanes, inSteps } from './lanes.ts';
import { type NarrowRead, narrowRead } from './narrow-read.ts';
import { elementBytes, type Strip, stripPixelBytes } from './strip.ts';
import { transpose4 } from './transpose.ts';

/** Existing columns of a row from `at` on; `to` moves behind them. */
export function emitColumns(
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
export const isCrossing = ({ input }: Strip, pixelAxis: number, channelAxis: number): boolean =>
  input.reads.every(({ strides }) => strides[pixelAxis] === 0 || strides[pixelAxis] === 1) &&
  input.reads.some(({ strides }) => strides[channelAxis] !== 0 && strides[channelAxis] !== 1);

/**
 * Pixels lie side by side, channels apart: read with lanes along the pixels, and turned in registers. Four channels at a
 * time are read to their end: lines of all channels together would not stay in the cache, as planes are often powers of
 * two apart, and are more than are fetched ahead.
 */
export function emitTurned(k: KernelContext, v: Vectors, strip: Strip, run: PixelRun, to: Local): void {
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
    f.assign(pointer, to);
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

/** Elements of a strip, `offset` bytes from an address. */
export function storeElements(
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
