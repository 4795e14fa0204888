// Order and aliasing together: a result that may take the place of its operand in every order counts as one buffer
// with it while an order is looked for.

import type { LivenessPorts, LiveStep } from '../liveness.ts';

/**
 * Owners as the search for an order sees them: a result of its operand's size is one with it where no other step
 * reads or writes the operand, so that it may take its place in every order.
 */
export function ownersInPlace<V>(
  steps: readonly LiveStep<V>[],
  { inputs, outputs, describe, owner = id => id }: LivenessPorts<V>,
): (id: V) => V {
  const touching = new Map<V, Set<number>>();
  const touch = (id: V, step: number) => {
    touching.set(owner(id), (touching.get(owner(id)) ?? new Set()).add(step));
  };
  for (const id of inputs) touch(id, -1);
  for (const id of outputs) touch(id, steps.length);
  steps.forEach(({ reads, writes }, at) => {
    for (const id of [...reads, ...writes]) touch(id, at);
  });
  const placeOf = new Map<V, V>();
  const taken = new Set<V>();
  steps.forEach(({ writes, inPlace = [] }, at) => {
    for (const { result, operand, distance } of inPlace) {
      const first = writes.some(id => owner(id) === result) && !placeOf.has(result);
      const alone = [...(touching.get(operand) ?? [])].every(step => step <= at);
      const last = touching.get(operand)?.size === 2 && alone && !taken.has(operand);
      const fits = distance === 0 && describe(result)?.bytes === describe(operand)?.bytes;
      const born = Math.min(...(touching.get(result) ?? [])) === at;
      if (!first || !last || !fits || !born) continue;
      placeOf.set(result, placeOf.get(operand) ?? operand);
      taken.add(operand);
    }
  });
  return id => placeOf.get(owner(id)) ?? owner(id);
}
