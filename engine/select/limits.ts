// Reductions over a run-time extent: terms that a mask hides because they lie beyond it change nothing, so the kernel
// reads the extent when it runs, and leaves them out.

import type { Expression } from '../fusion/types.ts';
import { intAttribute } from '../ir/attributes.ts';
import { unsealed } from '../ir/dynamic.ts';
import { producerOf } from '../ir/graph.ts';
import type { Graph, ValueId } from '../ir/types.ts';
import type { Access } from './spec/access.ts';
import type { ReduceSpec, TermLimit } from './spec/axis.ts';
import type { StepDraft } from './step.ts';
import type { Storages } from './storage.ts';

/** The step, with the number that says how many of its terms count where that is not all of them. */
export function limitedStep(graph: Graph, storages: Storages, step: StepDraft): StepDraft {
  if (step.kind !== 'kernel') return step;
  const [spec, ...others] = step.kernels;
  if (spec?.kind !== 'reduce' || others.length > 0) return step;
  for (const mask of masksOf(graph, spec)) {
    const owner = storages.get(mask.count)?.owner ?? mask.count;
    const limit: TermLimit = { count: { space: 'arena', id: owner }, axis: mask.axis, masks: mask.reads };
    const reads = [...new Set([...step.reads, mask.count])];
    return { ...step, reads, kernels: [{ ...spec, limit }] };
  }
  return step;
}

/** What hides terms beyond a number. */
interface TermMask {
  readonly count: ValueId;
  /** of what is reduced */
  readonly axis: number;
  /** which reads tell whether a term is hidden */
  readonly reads: readonly number[];
}

function masksOf(graph: Graph, spec: ReduceSpec): TermMask[] {
  const { reads, expression } = spec.input;
  const found = reads.flatMap((access, read) => maskOf(graph, spec, access, read) ?? []);
  return found.flatMap(({ count, axis }) => {
    const same = found.filter(other => other.count === count && other.axis === axis);
    const all = same.flatMap(other => other.reads);
    return termBeyond(expression, all) === NOTHING[spec.op] ? [{ count, axis, reads: all }] : [];
  });
}

/** Terms that change nothing. */
const NOTHING: Readonly<Record<ReduceSpec['op'], number>> = {
  sum: 0,
  mean: 0,
  sumSquare: 0,
  prod: 1,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
};

/** A read of what lies below a number, along one axis of what is reduced and no other. */
function maskOf(graph: Graph, { outer, reduced }: ReduceSpec, access: Access, read: number) {
  const { buffer, offset, strides } = access;
  const below = buffer.space === 'arena' ? producerOf(graph, buffer.id as ValueId) : undefined;
  const [count] = below?.inputs ?? [];
  const [along, ...others] = strides.flatMap((stride, axis) => (stride === 0 ? [] : [axis]));
  if (!below || unsealed(below).op !== 'bounded.Below' || count === undefined || along === undefined)
    return undefined;
  const axis = along - outer.length;
  const whole = reduced[axis] === intAttribute(below, 'count') && strides[along] === 1 && offset === 0;
  return whole && others.length === 0 ? { count, axis, reads: [read] } : undefined;
}

/** What a term is where these inputs are false; undefined where that hangs on others. */
function termBeyond({ nodes, results }: Expression, hidden: readonly number[]): number | undefined {
  const values: (number | undefined)[] = [];
  for (const node of nodes) {
    if (node.kind === 'constant') values.push(node.value);
    else if (node.kind === 'input') values.push(hidden.includes(node.index) ? 0 : undefined);
    else {
      const [a, b, c] = node.args.map(arg => values[arg]);
      if (node.op === 'select') values.push(a === undefined ? undefined : a ? b : c);
      // The other factor is hidden too, where it is made.
      else values.push(node.op === 'mul' && (a === 0 || b === 0) ? 0 : undefined);
    }
  }
  return values[results[0] ?? 0];
}
