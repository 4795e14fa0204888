// The place of the first of the largest, or smallest, elements along an axis; the first NaN comes before them all.

import type { Primitive } from '../../../fusion/types.ts';
import type { ExtremeSpec } from '../../../select/spec/axis.ts';
import type { KernelContext } from '../../context.ts';
import { emitPrimitive } from '../../expression/primitives.ts';
import { loadLanes, storeLanes } from '../../vector/load-store.ts';
import { memoryType } from '../../vector/memory-types.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { alongAxis, type RowGroup, rowPlace, rowStart } from './row-groups.ts';

/** The template of ArgMax and ArgMin. */
export const extreme = alongAxis<ExtremeSpec>(
  {
    accesses: ({ input, indices }) => [input, indices],
    dense: ({ input }) => [input],
    widths: [4, 2],
    vectorWidths: [16, 8, 4],
    cost: 4,
  },
  emitRows,
);

/** The rows of a group from their first element to their last. */
function emitRows(k: KernelContext, spec: ExtremeSpec, group: RowGroup, at: readonly Local[]): void {
  const { f } = k;
  const { input, indices, extent } = spec;
  const { width, lanes } = group;
  const v = k.vectors(lanes);
  const { type, sizeBytes } = memoryType(input.dtype);
  const [read, write] = [rowStart(k, input, width, at), rowStart(k, indices, width, at)];
  const load = (vector: number): Value => loadLanes(v, rowPlace(input, read, group, vector), lanes);
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
      storeLanes(v, rowPlace(indices, write, group, vector), index, lanes);
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
