// Neighbouring rows that go along an axis together, so that none waits for what the element before it gave; in vectors,
// where they lie side by side.

import { elementCount } from '../../../ir/tensor.ts';
import { LANES, type SimdClass } from '../../../options.ts';
import type { Access } from '../../../select/spec/access.ts';
import type { CumulateSpec, ExtremeSpec } from '../../../select/spec/axis.ts';
import type { KernelContext, Template } from '../../context.ts';
import type { Place } from '../../vector/load-store.ts';
import { memoryType } from '../../vector/memory-types.ts';
import type { Lanes } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from '../work/rows.ts';
import { pushElement } from '../work/units.ts';

/** Kernels that go along the last axis of their accesses, for every place of the outer axes. */
type AlongAxis = CumulateSpec | ExtremeSpec;

/** How a kernel's rows may be grouped. */
interface Grouping<S extends AlongAxis> {
  /** what the rows of a group are reached in, from the first of them */
  readonly accesses: (spec: S) => readonly Access[];
  /** of these, what must lie side by side for rows to be the lanes of vectors */
  readonly dense: (spec: S) => readonly Access[];
  /** rows that go together, where the innermost outer axis has a multiple of so many: the first that fits */
  readonly widths: readonly number[];
  /** the same in vectors, multiples of 4 */
  readonly vectorWidths: readonly number[];
  /** work per element, in the units of elementwise expressions */
  readonly cost: number;
}

/** Rows that go together. */
export interface RowGroup {
  readonly width: number;
  /** rows that are the lanes of a vector */
  readonly lanes: Lanes;
  /** outer extents of groups of rows */
  readonly outer: readonly number[];
}

/** The template of a kernel that goes along an axis; `emitRows` writes one group, from indices of the outer axes. */
export function alongAxis<S extends AlongAxis>(
  grouping: Grouping<S>,
  emitRows: (k: KernelContext, spec: S, group: RowGroup, at: readonly Local[]) => void,
): Template<S> {
  const splitOf = (spec: S, { width, outer }: RowGroup): Split =>
    splitInto(elementCount(outer), spec.extent * width * grouping.cost);
  return {
    needs(spec, simd) {
      const { units } = splitOf(spec, groupOf(grouping, spec, simd));
      return { units, scratchPerWorker: 0, scratchShared: 0, phases: [units] };
    },
    emit(k, spec) {
      const group = groupOf(grouping, spec, k.target.simd);
      const count = elementCount(group.outer);
      if (count * spec.extent === 0) return;
      const { from, to } = itemRange(k, splitOf(spec, group), count);
      forRows(k, group.outer, from, to, at => k.f.scope(() => emitRows(k, spec, group, at)));
    },
  };
}

function groupOf<S extends AlongAxis>(grouping: Grouping<S>, spec: S, simd: SimdClass): RowGroup {
  const { outer } = spec;
  const inner = outer.at(-1) ?? 1;
  const stepOf = ({ strides }: Access): number => strides[outer.length - 1] ?? 0;
  const isDense = grouping.dense(spec).every(access => stepOf(access) === 1);
  const isVector = LANES[simd] > 1 && inner % 4 === 0 && isDense;
  const isForward = grouping.accesses(spec).every(access => stepOf(access) >= 0);
  const widths = isVector ? grouping.vectorWidths : grouping.widths;
  const width = (isForward && widths.find(count => inner % count === 0)) || 1;
  const lanes = !isVector || width === 1 ? 1 : width === 4 ? 4 : LANES[simd];
  return { width, lanes, outer: width === 1 ? outer : [...outer.slice(0, -1), inner / width] };
}

/** The address of the element that the first row of a group begins with. */
export function rowStart(k: KernelContext, access: Access, width: number, at: readonly Local[]): Local {
  const { f } = k;
  const inner = at.length - 1;
  const strides = access.strides.map((stride, axis) => (axis === inner ? stride * width : stride));
  const start = f.local('i32', 'start');
  pushElement(k, { ...access, strides }, memoryType(access.dtype).sizeBytes, at);
  f.set(start);
  return start;
}

/** Where the rows of a vector have the element that a pointer of the group's first row stands at. */
export function rowPlace(access: Access, pointer: Local, { outer, lanes }: RowGroup, vector: number): Place {
  const stride = access.strides[outer.length - 1] ?? 0;
  const offset = vector * lanes * stride * memoryType(access.dtype).sizeBytes;
  return { dtype: access.dtype, pointer, offset, stride };
}
