// Packs pixels of a strip, with the expression applied: lanes along the channels, or along the pixels and turned in
// registers, as they lie in memory.

import type { KernelContext } from '../../context.ts';
import { Cursor } from '../../cursor.ts';
import { prologueHook } from '../../expression/hook.ts';
import { integerBits } from '../../math/integer-bits.ts';
import { type Place, storeLanes } from '../../vector/load-store.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { transpose4 } from '../elementwise/transpose.ts';
import { emitLanes, inSteps } from '../work/lanes.ts';
import { type NarrowRead, narrowRead } from './narrow-read.ts';
import { elementBytes, type Strip, stripPixelBytes } from './strip.ts';

/** A strip while it is packed: `to` is where to go on, and moves behind what is written. */
export interface StripWriter {
  readonly k: KernelContext;
  readonly v: Vectors;
  readonly strip: Strip;
  readonly to: Local;
}

/** Existing columns of a row from `at` on. */
export function emitColumns(writer: StripWriter, at: readonly Operand32[], columns: number): void {
  const { k, v, strip } = writer;
  const [pixelAxis, channelAxis] = [at.length - 1, at.length];
  const turned = !v.scalar && strip.channels > 1 && isCrossing(strip, pixelAxis, channelAxis);
  k.f.scope(() => {
    if (turned) emitTurned(writer, { at, pixelAxis, channelAxis, count: columns });
    else emitStraight(writer, at, columns);
  });
}

/** Lanes along the channels. Where columns continue one another they are read as one long one. */
function emitStraight(writer: StripWriter, at: readonly Operand32[], columns: number): void {
  const { k, v, strip, to } = writer;
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
    emitNarrow(writer, narrow, at, { columns, joined });
    return;
  }
  const hook = prologueHook(k, v, input, channelAxis);
  hook.seek(at);
  const run = (count: number): void =>
    emitLanes(v, count, lanes => {
      f.scope(() => storeElements(v, strip, { pointer: to, offset: 0 }, hook.value([], lanes), lanes));
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

/** Pixels of stored numbers side by side, less a zero point: eight at once as integers of 16 bits. */
function emitNarrow(
  { k, strip, to }: StripWriter,
  { access, zero }: NarrowRead,
  at: readonly Operand32[],
  { columns, joined }: { readonly columns: number; readonly joined: boolean },
): void {
  const { f } = k;
  const v = k.vectors(4);
  const [columnAxis, channelAxis] = [at.length - 1, at.length];
  const cursor = new Cursor(k, [access]);
  cursor.seek(at);
  const centre = v.constant('i32', (zero & 0xffff) | (zero << 16));
  const signed = access.dtype === 'int8';
  const next = (count: 1 | 8): void => {
    const { pointer, offset } = cursor.place(0, [], channelAxis);
    f.get(to);
    f.get(pointer);
    if (count === 8) {
      f.memory(signed ? 'v128.load8x8_s' : 'v128.load8x8_u', offset);
      if (zero !== 0) {
        f.get(v.part(centre, 0));
        f.op('i16x8.sub');
      }
      f.memory('v128.store', 0);
    } else {
      f.memory(signed ? 'i32.load8_s' : 'i32.load8_u', offset);
      f.i32(zero);
      f.op('i32.sub');
      f.memory('i32.store16', 0);
    }
    cursor.advance(channelAxis, count);
    f.increment(to, 2 * count);
  };
  const run = (count: number): void =>
    f.scope(() => {
      const done = f.local('i32', 'done');
      f.range(done, 0, count, 8, () => next(8));
      if (count % 8) f.range(done, 0, count % 8, 1, () => next(1));
    });
  const { channels } = strip;
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
export function emitTurned({ k, strip, to }: StripWriter, run: PixelRun): void {
  const { f } = k;
  const v = k.vectors(4);
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
        if (x < width) storeElements(v, strip, { pointer, offset: (pixel + x) * pixelBytes }, turned, height);
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

/** The first `lanes` lanes as elements of a strip. */
export function storeElements(
  v: Vectors,
  { pairs }: Strip,
  at: Pick<Place, 'pointer' | 'offset'>,
  value: Value,
  lanes: number,
): void {
  if (pairs) storeLanes(v, { ...at, dtype: 'int16', stride: 1 }, integerBits(v, value), lanes);
  else storeLanes(v, { ...at, dtype: 'float32', stride: 1 }, value, lanes);
}
