// Running sums and products along an axis, one element after the other: floats in double precision, rounded as they
// are stored, integers as their type wraps.

import type { ScalarType } from '../../../fusion/types.ts';
import type { Access } from '../../../select/spec/access.ts';
import type { CumulateSpec } from '../../../select/spec/axis.ts';
import type { KernelContext } from '../../context.ts';
import { emitPrimitive } from '../../expression/primitives.ts';
import { loadLanes, storeLanes } from '../../vector/load-store.ts';
import { memoryType } from '../../vector/memory-types.ts';
import type { Value } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { alongAxis, type RowGroup, rowPlace, rowStart } from './row-groups.ts';

/** The template of running totals. */
export const cumulate = alongAxis<CumulateSpec>(
  {
    accesses: ({ input, output }) => [input, output],
    dense: ({ input, output }) => [input, output],
    widths: [8, 4, 2],
    // Totals of vectors take fewer registers.
    vectorWidths: [16, 8, 4],
    cost: 2,
  },
  emitRows,
);

/** What it is added up in. */
const totalOf = (type: ScalarType): ScalarType => (type === 'f32' ? 'f64' : type);

/** The rows of a group from their first to their last element, or backwards. */
function emitRows(k: KernelContext, spec: CumulateSpec, group: RowGroup, at: readonly Local[]): void {
  const { f } = k;
  const { input, output, extent, exclusive, op } = spec;
  const { width, lanes } = group;
  const v = k.vectors(lanes);
  const { type, sizeBytes } = memoryType(input.dtype);
  const total = totalOf(type);
  const totals = Array.from({ length: width / lanes }, () => v.fresh(total, 'total'));
  const [read, write] = [
    rowStart(k, begun(input, spec), width, at),
    rowStart(k, begun(output, spec), width, at),
  ];
  const rounded = (sum: Value): Value => (type === total ? sum : emitPrimitive(v, 'toF32', [sum], []));
  for (const sum of totals) v.assign(sum, v.constant(total, op === 'add' ? 0 : 1));
  f.range(f.local('i32', 'i'), 0, extent, 1, () => {
    for (const [vector, sum] of totals.entries()) {
      f.scope(() => {
        const keep = (): void => storeLanes(v, rowPlace(output, write, group, vector), rounded(sum), lanes);
        const loaded = loadLanes(v, rowPlace(input, read, group, vector), lanes);
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

/** The access from the element on that a row begins with: its last one where it goes backwards. */
const begun = (access: Access, { extent, reverse }: CumulateSpec): Access => ({
  ...access,
  offset: access.offset + (reverse ? (extent - 1) * (access.strides.at(-1) ?? 0) : 0),
});
