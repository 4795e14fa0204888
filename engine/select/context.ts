// What selecting kernels works with, and the two hooks every template has: what is read, what becomes of results.

import { scalarType } from '../fusion/scalar-ops.ts';
import type { Expression, Group } from '../fusion/types.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import type { Dtype, Graph, Shape, ValueId } from '../ir/types.ts';
import type { Leanness, SimdClass } from '../options.ts';
import { type Axes, accessOf, broadcastTo, type Cut, type Locator } from './access.ts';
import type { Packing } from './packing.ts';
import type { Access, Epilogue, Prologue } from './spec/access.ts';
import type { Tiles } from './tile-choice.ts';
import type { Weights } from './weights.ts';

/** What selectors work with; `lean` is of the group at hand. */
export interface SelectContext {
  readonly graph: Graph;
  readonly locator: Locator;
  readonly weights: Weights;
  readonly packing: Packing;
  readonly read: ReadBytes;
  readonly simd: SimdClass;
  readonly tiles: Tiles;
  /** 3×3 convolutions by minimal filtering where that is faster */
  readonly winograd: boolean;
  /** little memory comes before speed: no scratch that is large, and memory is given free as early as can be */
  readonly lean: Leanness;
}

/** The value itself, in the type its elements have in a register. */
export function identity(dtype: Dtype): Expression {
  const type = scalarType(dtype);
  if (!type) throw new Error(`no kernel reads ${dtype}`);
  return { nodes: [{ kind: 'input', index: 0, type }], results: [0] };
}

/** Everything must be there, or nothing is. */
function all(accesses: readonly (Access | undefined)[]): Access[] | undefined {
  const found = accesses.filter(access => access !== undefined);
  return found.length === accesses.length ? found : undefined;
}

/**
 * What happens to results: over iteration axes of the logical shape they have, maybe with one of them cut. Undefined when
 * axes cannot merge.
 */
export function epilogueOf(
  { locator }: SelectContext,
  group: Group,
  space: Shape,
  axes: Axes,
  cut?: Cut,
): Epilogue | undefined {
  const [first] = group.outputs;
  const along = first === undefined ? [] : broadcastTo(locator.of(first), space);
  const reads = all(
    group.postOperands.map(operand =>
      accessOf(locator.beside(operand.value, space, along, operand.axis), space, axes, { ...operand, cut }),
    ),
  );
  const writes = all(group.outputs.map(id => accessOf(locator.of(id), space, axes, { cut })));
  return reads && writes && { expression: group.post, reads, writes };
}

/** How an anchor's input is read: the value, or what is fused before it, over axes of its logical shape, maybe cut. */
export function prologueOf(
  { locator, graph }: SelectContext,
  group: Group,
  index: number,
  value: ValueId,
  axes: Axes,
  cut?: Cut,
): Prologue | undefined {
  const space = graph.values[value]?.shape ?? [];
  const fused = group.pre.get(index);
  if (!fused) {
    const located = locator.of(value);
    const reads = all([accessOf(located, space, axes, { cut })]);
    return reads && { expression: identity(located.dtype), reads };
  }
  const reads = all(
    fused.operands.map(operand => accessOf(locator.of(operand.value), space, axes, { ...operand, cut })),
  );
  return reads && { expression: fused.expression, reads };
}

/** For axes that always exist: a missing access is a bug. */
export function required<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`${what}: axes do not merge`);
  return found;
}
