// Packs the rows of a strip: those that exist, what is beside and between them, and planes one behind the other.
// columns.ts packs the columns of a row.

import { mostAround, type Segment, segmentsOf } from '../../../fusion/padding.ts';
import type { Outside } from '../../../fusion/types.ts';
import type { KernelContext } from '../../context.ts';
import { loadLanes, storeLanes } from '../../vector/load-store.ts';
import type { Vectors } from '../../vector/vector.ts';
import type { FunctionBuilder, Local, Operand32 } from '../../wasm/function.ts';
import { emitLanes } from '../work/lanes.ts';
import { emitColumns, emitTurned, isCrossing, type StripWriter, storeElements } from './columns.ts';
import { elementBytes, type Strip, stripPixelBytes } from './strip.ts';

/** Which rows of the input: `count` of them from row `first` on, which may be negative. */
export interface StripRows {
  readonly outer: readonly Operand32[];
  readonly first: Local;
  readonly count: Local;
}

/** Packs rows of the input to the address in `target`. */
export function emitStrip(
  k: KernelContext,
  strip: Strip,
  { outer, first, count }: StripRows,
  target: Local,
): void {
  const { f } = k;
  const v = k.vectors();
  f.scope(() => {
    const to = f.local('i32', 'to');
    const row = f.local('i32', 'row');
    const last = f.local('i32', 'lastRow');
    f.assign(to, target);
    const writer = { k, v, strip, to };
    const pixelAxis = outer.length;
    if (isColumn(strip) && !v.scalar && isCrossing(strip, pixelAxis, pixelAxis + 2)) {
      const run = { at: [...outer, first], pixelAxis, channelAxis: pixelAxis + 2, count };
      emitTurned(writer, run);
      return;
    }
    f.assignSum(last, first, count);
    f.range(row, first, last, 1, () => emitLines(writer, outer, row));
  });
}

/** Whether rows are one pixel each, inside the input. */
const isColumn = ({ width, left, size, channels, planes, rowsExist = false }: Strip): boolean =>
  rowsExist && width === 1 && left === 0 && size[1] === 1 && channels > 1 && !planes;

/** One row of all planes. */
function emitLines(writer: StripWriter, outer: readonly Operand32[], row: Local): void {
  const { k, strip } = writer;
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
      () => emitRow(writer, [...at, source]),
      () => emitFill(writer, strip.width),
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
  f.assign(at, position);
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

/** One existing row of one plane. */
function emitRow(writer: StripWriter, row: readonly Operand32[]): void {
  const { strip } = writer;
  if (typeof strip.outside !== 'number') {
    emitContinued(writer, strip.outside, row);
    return;
  }
  const { width, left } = strip;
  const before = Math.max(0, Math.min(left, width));
  const skipped = Math.max(0, -left);
  const columns = Math.max(0, Math.min(strip.size[1] - skipped, width - before));
  emitFill(writer, before);
  if (columns) emitColumns(writer, [...row, skipped], columns);
  emitFill(writer, width - before - columns);
}

/** A row that goes on with columns of its own: they are packed by now. Beyond what they can be, 0. */
function emitContinued(writer: StripWriter, fill: Exclude<Outside, number>, row: readonly Operand32[]): void {
  const { k, v, strip, to } = writer;
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
    f.assign(start, to);
    f.increment(to, left * bytes);
    emitColumns(writer, [...row, 0], columns);
    for (const segment of [segments.before, segments.behind]) emitCopies(v, strip, start, segment);
    f.increment(to, behind * bytes);
  });
  emitFill(writer, room - behind);
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
      f.assignSum(pointer, start, column * bytes);
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

/** `pixels` of the padding's value. */
function emitFill({ v, strip, to }: StripWriter, pixels: number): void {
  const size = elementBytes(strip);
  const value = typeof strip.outside === 'number' ? strip.outside : 0;
  emitLanes(v, (pixels * stripPixelBytes(strip)) / size, lanes => {
    v.f.scope(() => storeElements(v, strip, { pointer: to, offset: 0 }, v.f32(value), lanes));
    v.f.increment(to, lanes * size);
  });
}
