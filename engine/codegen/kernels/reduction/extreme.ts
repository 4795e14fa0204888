// The place of the first of the largest, or smallest, elements along an axis; the first NaN comes before them all.
// Neighbouring rows go together, so that none waits for the comparison before; in vectors, where they lie side by side.

import type { Primitive } from '../../../fusion/types.ts';
import { elementCount } from '../../../ir/tensor.ts';
import { LANES, type SimdClass } from '../../../options.ts';
import type { Access } from '../../../select/spec/access.ts';
import type { ExtremeSpec } from '../../../select/spec/axis.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { KernelContext, Template } from '../../context.ts';
import { emitPrimitive } from '../../expression/primitives.ts';
import { loadLanes, type Place, storeLanes } from '../../vector/load-store.ts';
import { memoryType } from '../../vector/memory-types.ts';
import type { Lanes, Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from '../work/rows.ts';
import { pushElement } from '../work/units.ts';

/** Work per element, in the units of elementwise expressions. */
const COST = 4;
/** Rows that go together, where the innermost outer axis has a multiple of so many. */
const WIDTHS = [4, 2];
/** In vectors. */
const VECTOR_WIDTHS = [16, 8, 4];

interface Columns {
  readonly width: number;
  /** rows that are the lanes of a vector */
  readonly lanes: Lanes;
  /** outer extents of groups of rows */
  readonly outer: readonly number[];
}

/** Rows that lie behind one another in memory are reached from the first of them. */
function columnsOf({ outer, input, indices }: ExtremeSpec, simd: SimdClass): Columns {
  const inner = outer.at(-1) ?? 1;
  const [step = 0, target = 0] = [input, indices].map(({ strides }) => strides[outer.length - 1] ?? 0);
  const isVector = LANES[simd] > 1 && inner % 4 === 0 && step === 1;
  const widths = isVector ? VECTOR_WIDTHS : WIDTHS;
  const width = (step >= 0 && target >= 0 && widths.find(count => inner % count === 0)) || 1;
  const lanes = !isVector || width === 1 ? 1 : width === 4 ? 4 : LANES[simd];
  return { width, lanes, outer: width === 1 ? outer : [...outer.slice(0, -1), inner / width] };
}

const splitOf = (spec: ExtremeSpec, simd: SimdClass): Split => {
  const { width, outer } = columnsOf(spec, simd);
  return splitInto(elementCount(outer), spec.extent * width * COST);
};

function needsOf(spec: ExtremeSpec, simd: SimdClass): KernelNeeds {
  const { units } = splitOf(spec, simd);
  return { units, scratchPerWorker: 0, scratchShared: 0, phases: [units] };
}

export const extreme: Template<ExtremeSpec> = {
  needs: needsOf,
  emit(k, spec) {
    const { simd } = k.target;
    const columns = columnsOf(spec, simd);
    const { outer } = columns;
    if (elementCount(outer) === 0) return;
    const { from, to } = itemRange(k, splitOf(spec, simd), elementCount(outer));
    forRows(k, outer, from, to, at => k.f.scope(() => emitRows(k, spec, columns, at)));
  },
};

/** `width` neighbouring rows from their first element to their last. */
function emitRows(
  k: KernelContext,
  spec: ExtremeSpec,
  { width, lanes }: Columns,
  at: readonly Local[],
): void {
  const { f } = k;
  const { input, indices, extent } = spec;
  const v = k.vectors(lanes);
  const { type, sizeBytes } = memoryType(input.dtype);
  const [read, write] = [rowStart(k, input, width, at), rowStart(k, indices, width, at)];
  const placeOf = (access: Access, pointer: Local, vector: number): Place => {
    const stride = access.strides[spec.outer.length - 1] ?? 0;
    const offset = vector * lanes * stride * memoryType(access.dtype).sizeBytes;
    return { dtype: access.dtype, pointer, offset, stride };
  };
  const load = (vector: number): Value => loadLanes(v, placeOf(input, read, vector), lanes);
  const rows = Array.from({ length: width / lanes }, () => ({
    best: v.fresh(type, 'best'),
    place: v.fresh('i32', 'place'),
  }));
  for (const [vector, { best, place }] of rows.entries()) {
    f.scope(() => v.assign(best, load(vector)));
    v.fill(place, 0);
  }
  const [i, now] = [f.local('i32', 'i'), f.local(v.partType('i32'), 'now')];
  f.range(i, 1, extent, 1, () => {
    f.increment(read, (input.strides.at(-1) ?? 0) * sizeBytes);
    f.get(i);
    if (!v.scalar) f.op('i32x4.splat');
    f.set(now);
    for (const [vector, { best, place }] of rows.entries()) {
      f.scope(() => {
        const element = load(vector);
        const first = comesFirst(v, spec, element, best);
        v.assign(best, emitPrimitive(v, 'select', [first, element, best], []));
        v.assign(place, v.select(first, v.everywhere('i32', now), place));
      });
    }
  });
  for (const [vector, { place }] of rows.entries()) {
    f.scope(() => {
      const index = emitPrimitive(v, 'toI64', [place], []);
      storeLanes(v, placeOf(indices, write, vector), index, lanes);
    });
  }
}

/** Whether the element comes before the best one so far, which stands before it. */
function comesFirst(v: Vectors, { largest }: ExtremeSpec, element: Value, best: Value): Value {
  const [low, high] = largest ? [best, element] : [element, best];
  const apply = (op: Primitive, ...args: readonly Value[]): Value => emitPrimitive(v, op, args, []);
  if (element.type !== 'f32' && element.type !== 'f64') return apply('lt', low, high);
  // No comparison with NaN holds: one that is new comes first, one that is there stays.
  return apply('and', apply('not', apply('le', high, low)), apply('eq', best, best));
}

/** The address of the element that the first of `width` rows begins with. */
function rowStart(k: KernelContext, access: Access, width: number, at: readonly Local[]): Local {
  const { f } = k;
  const inner = at.length - 1;
  const strides = access.strides.map((stride, axis) => (axis === inner ? stride * width : stride));
  const start = f.local('i32', 'start');
  pushElement(k, { ...access, strides }, memoryType(access.dtype).sizeBytes, at);
  f.set(start);
  return start;
}
