// Running sums and products along an axis, one element after the other: floats in double precision, rounded as they are
// stored, integers as their type wraps. Neighbouring rows go together, so that none waits for the sum before.

import { elementCount } from '../../ir/tensor.ts';
import type { Access, CumulateSpec, KernelNeeds } from '../../select/spec.ts';
import type { KernelContext, Template } from '../context.ts';
import type { Local } from '../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from './rows.ts';
import { pushElement } from './units.ts';

/** Work per element, in the units of elementwise expressions. */
const COST = 2;
/** Rows that go together, where the innermost outer axis has a multiple of so many. */
const WIDTHS = [8, 4, 2];

interface Columns {
  readonly width: number;
  /** outer extents of groups of rows */
  readonly outer: readonly number[];
}

/** Rows that lie behind one another in memory are reached from the first of them. */
function columnsOf({ outer, input, output }: CumulateSpec): Columns {
  const inner = outer.at(-1) ?? 1;
  const ahead = [input, output].every(({ strides }) => (strides[outer.length - 1] ?? 0) >= 0);
  const width = (ahead && WIDTHS.find(count => inner % count === 0)) || 1;
  return { width, outer: width === 1 ? outer : [...outer.slice(0, -1), inner / width] };
}

const splitOf = (spec: CumulateSpec): Split => {
  const { width, outer } = columnsOf(spec);
  return splitInto(elementCount(outer), spec.extent * width * COST);
};

function needsOf(spec: CumulateSpec): KernelNeeds {
  const { units } = splitOf(spec);
  return { units, scratchPerWorker: 0, scratchShared: 0, phases: [units] };
}

/** How a type is read into a total and written from it. */
const TYPES = {
  float32: { bytes: 4, total: 'f64', load: ['f64.promote_f32'], store: ['f32.demote_f64'], memory: 'f32' },
  float64: { bytes: 8, total: 'f64', load: [], store: [], memory: 'f64' },
  int32: { bytes: 4, total: 'i32', load: [], store: [], memory: 'i32' },
  int64: { bytes: 8, total: 'i64', load: [], store: [], memory: 'i64' },
} as const;

function typeOf({ dtype }: Access) {
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'int32' || dtype === 'int64')
    return TYPES[dtype];
  throw new Error(`no running totals of ${dtype}`);
}

export const cumulate: Template<CumulateSpec> = {
  needs: needsOf,
  emit(k, spec) {
    const { width, outer } = columnsOf(spec);
    if (elementCount(outer) * spec.extent === 0) return;
    const { from, to } = itemRange(k, splitOf(spec), elementCount(outer));
    forRows(k, outer, from, to, at => k.f.scope(() => emitRows(k, spec, width, at)));
  },
};

/** `width` neighbouring rows from their first to their last element, or backwards. */
function emitRows(k: KernelContext, spec: CumulateSpec, width: number, at: readonly Local[]): void {
  const { f } = k;
  const { input, output, extent, exclusive, op } = spec;
  const { total, memory, load, store, bytes } = typeOf(input);
  const columns = Array.from({ length: width }, (_, c) => f.local(total, `total${c}`));
  const element = f.local(total, 'element');
  const [read, write] = [rowStart(k, spec, input, width, at), rowStart(k, spec, output, width, at)];
  const apart = ({ strides }: Access): number => (strides[spec.outer.length - 1] ?? 0) * bytes;
  const neutral = op === 'add' ? 0 : 1;
  for (const column of columns) {
    if (total === 'f64') f.f64(neutral);
    else if (total === 'i64') f.i64(BigInt(neutral));
    else f.i32(neutral);
    f.set(column);
  }
  const writeTotal = (column: Local, c: number): void => {
    f.get(write);
    f.get(column);
    for (const convert of store) f.op(convert);
    f.memory(`${memory}.store`, c * apart(output));
  };
  f.range(f.local('i32', 'i'), 0, extent, 1, () => {
    columns.forEach((column, c) => {
      f.get(read);
      f.memory(`${memory}.load`, c * apart(input));
      for (const convert of load) f.op(convert);
      f.set(element);
      if (exclusive) writeTotal(column, c);
      f.get(column);
      f.get(element);
      f.op(`${total}.${op}`);
      f.set(column);
      if (!exclusive) writeTotal(column, c);
    });
    const ahead = spec.reverse ? -1 : 1;
    f.increment(read, ahead * (input.strides.at(-1) ?? 0) * bytes);
    f.increment(write, ahead * (output.strides.at(-1) ?? 0) * bytes);
  });
}

/** The address of the element that the first of `width` rows begins with. */
function rowStart(
  k: KernelContext,
  { outer, extent, reverse }: CumulateSpec,
  access: Access,
  width: number,
  at: readonly Local[],
): Local {
  const { f } = k;
  const { offset, strides } = access;
  const inner = outer.length - 1;
  const first = {
    ...access,
    offset: offset + (reverse ? (extent - 1) * (strides.at(-1) ?? 0) : 0),
    strides: strides.map((stride, axis) => (axis === inner ? stride * width : stride)),
  };
  const start = f.local('i32', 'start');
  pushElement(k, first, typeOf(access).bytes, at);
  f.set(start);
  return start;
}
