// Which rows of a plan lie over bytes of each other while both are live: results that take the place of operands. Pure.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';

const found = new WeakMap<PlanView, ReadonlyMap<number, readonly PlanTensor[]>>();

/** By a row's id, the rows that share bytes with it in the step that writes one and reads the other. */
export function overlappingRows(plan: PlanView): ReadonlyMap<number, readonly PlanTensor[]> {
  const known = found.get(plan);
  if (known) return known;
  const rows = new Map(plan.tensors.map(row => [row.id, row]));
  const overlapping = new Map<number, PlanTensor[]>();
  const add = (id: number, other: PlanTensor): void => {
    overlapping.set(id, [...(overlapping.get(id) ?? []), other]);
  };
  for (const result of plan.tensors) {
    for (const { id } of result.inPlaceOf ?? []) {
      const operand = rows.get(id);
      if (!operand || !meet(result, operand)) continue;
      add(operand.id, result);
      add(result.id, operand);
    }
  }
  found.set(plan, overlapping);
  return overlapping;
}

const meet = (a: PlanTensor, b: PlanTensor): boolean =>
  a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes && a.lower < b.upper && b.lower < a.upper;
