// Running sums and products along an axis, one element after the other: floats in double precision, rounded as they
// are stored, integers as their type wraps. Neighbouring rows go together, so that none waits for the sum before; in
// vectors, where they lie side by side.

import type { ScalarType } from '../../../fusion/types.ts';
import { elementCount } from '../../../ir/tensor.ts';
import { LANES, type SimdClass } from '../../../options.ts';
import type { Access } from '../../../select/spec/access.ts';
import type { CumulateSpec } from '../../../select/spec/axis.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { KernelContext, Template } from '../../context.ts';
import { emitPrimitive } from '../../expression/primitives.ts';
import { loadLanes, type Place, storeLanes } from '../../vector/load-store.ts';
import { memoryType } from '../../vector/memory-types.ts';
import type { Lanes, Value } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from '../work/rows.ts';
import { pushElement } from '../work/units.ts';

/** Work per element, in the units of elementwise expressions. */
const COST = 2;
/** Rows that go together, where the innermost outer axis has a multiple of so many. */
const WIDTHS = [8, 4, 2];
/** In vectors, whose totals take fewer registers. */
const VECTOR_WIDTHS = [16, ...WIDTHS];

interface Columns {
  readonly width: number;
  /** rows that are the lanes of a vector */
  readonly lanes: Lanes;
  /** outer extents of groups of rows */
  readonly outer: readonly number[];
}

/** Rows that lie behind one another in memory are reached from the first of them. */
function columnsOf({ outer, input, output }: CumulateSpec, simd: SimdClass): Columns {
  const inner = outer.at(-1) ?? 1;
  const steps = [input, output].map(({ strides }) => strides[outer.length - 1] ?? 0);
  const isVector = LANES[simd] > 1 && inner % 4 === 0 && steps.every(step => step === 1);
  const widths = isVector ? VECTOR_WIDTHS : WIDTHS;
  const width = (steps.every(step => step >= 0) && widths.find(count => inner % count === 0)) || 1;
  const lanes = isVector ? (width === 4 ? 4 : LANES[simd]) : 1;
  return { width, lanes, outer: width === 1 ? outer : [...outer.slice(0, -1), inner / width] };
}

const splitOf = (spec: CumulateSpec, simd: SimdClass): Split => {
  const { width, outer } = columnsOf(spec, simd);
  return splitInto(elementCount(outer), spec.extent * width * COST);
};

function needsOf(spec: CumulateSpec, simd: SimdClass): KernelNeeds {
  const { units } = splitOf(spec, simd);
  return { units, scratchPerWorker: 0, scratchShared: 0, phases: [units] };
}

/** What it is added up in. */
const totalOf = (type: ScalarType): ScalarType => (type === 'f32' ? 'f64' : type);

export const cumulate: Template<CumulateSpec> = {
  needs: needsOf,
  emit(k, spec) {
    const { simd } = k.target;
    const columns = columnsOf(spec, simd);
    const { outer } = columns;
    if (elementCount(outer) * spec.extent === 0) return;
    const { from, to } = itemRange(k, splitOf(spec, simd), elementCount(outer));
    forRows(k, outer, from, to, at => k.f.scope(() => emitRows(k, spec, columns, at)));
  },
};

/** `width` neighbouring rows from their first to their last element, or backwards. */
function emitRows(
  k: KernelContext,
  spec: CumulateSpec,
  { width, lanes }: Columns,
  at: readonly Local[],
): void {
  const { f } = k;
  const { input, output, extent, exclusive, op } = spec;
  const v = k.vectors(lanes);
  const { type, sizeBytes } = memoryType(input.dtype);
  const total = totalOf(type);
  const totals = Array.from({ length: width / lanes }, () => v.fresh(total, 'total'));
  const [read, write] = [rowStart(k, spec, input, width, at), rowStart(k, spec, output, width, at)];
  const place = (access: Access, pointer: Local, vector: number): Place => {
    const stride = access.strides[spec.outer.length - 1] ?? 0;
    return { dtype: access.dtype, pointer, offset: vector * lanes * stride * sizeBytes, stride };
  };
  const rounded = (sum: Value): Value => (type === total ? sum : emitPrimitive(v, 'toF32', [sum], []));
  for (const sum of totals) v.assign(sum, v.constant(total, op === 'add' ? 0 : 1));
  f.range(f.local('i32', 'i'), 0, extent, 1, () => {
    for (const [vector, sum] of totals.entries()) {
      f.scope(() => {
        const keep = (): void => storeLanes(v, place(output, write, vector), rounded(sum), lanes);
        const loaded = loadLanes(v, place(input, read, vector), lanes);
        const element = type === total ? loaded : emitPrimitive(v, 'toF64', [loaded], []);
        if (exclusive) keep();
        v.assign(sum, emitPrimitive(v, op, [sum, element], []));
        if (!exclusive) keep();
      });
    }
    const ahead = spec.reverse ? -1 : 1;
    f.increment(read, ahead * (input.strides.at(-1) ?? 0) * sizeBytes);
    f.increment(write, ahead * (output.strides.at(-1) ?? 0) * sizeBytes);
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
  pushElement(k, first, memoryType(access.dtype).sizeBytes, at);
  f.set(start);
  return start;
}
