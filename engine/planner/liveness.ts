// From an ordered list of steps to a planning problem: who is live when. Knows steps and values, not tensors:
// the same code serves a graph as given (a step per node) and a compiled program (a step per kernel).
// Invariant: a buffer is live in every step that touches one of its values, and without a break between.

import type { Buffer, BufferIndex, Overlap, Problem } from './types.ts';

/** What a step touches. Values that take no arena memory (constants) may be named; they are passed over. */
export interface LiveStep<V> {
  readonly reads: readonly V[];
  readonly writes: readonly V[];
  /** memory a step needs for itself */
  readonly scratch?: readonly { readonly id: string; readonly bytes: number }[];
  /** results that may lie over an operand, where nobody needs the operand any more */
  readonly inPlace?: readonly InPlaceResult<V>[];
}

export interface InPlaceResult<V> {
  /** owners of their memory */
  readonly result: V;
  readonly operand: V;
  /** bytes from the start of the result's buffer to that of the operand's */
  readonly distance: number;
  /** the operand may lie further above, too: the result is written behind what is still to be read */
  readonly trailing?: boolean;
}

export interface LivenessPorts<V> {
  readonly inputs: readonly V[];
  readonly outputs: readonly V[];
  /** name and bytes of a value, or undefined when it takes no memory of the arena (constants) */
  readonly describe: (value: V) => { readonly id: string; readonly bytes: number } | undefined;
  /** the value whose memory this one shares (views, in-place results); itself when absent */
  readonly owner?: (value: V) => V;
  /** bytes, of every offset; 1 when absent */
  readonly alignment?: number;
}

/** What lives in a buffer of the problem, at the same index. */
export interface LiveBuffer<V> {
  /** in order of appearance; none for scratch */
  readonly values: readonly V[];
  readonly kind: 'input' | 'output' | 'activation' | 'scratch';
}

export interface Liveness<V> {
  readonly problem: Problem;
  readonly buffers: readonly LiveBuffer<V>[];
  /** the buffer a value lives in; values without arena memory are absent */
  readonly bufferOf: ReadonlyMap<V, BufferIndex>;
}

/** A buffer while its lifetime grows. */
interface Draft<V> {
  readonly id: string;
  readonly lower: number;
  readonly values: V[];
  kind: LiveBuffer<V>['kind'];
  bytes: number;
  upper: number;
}

/** Drafts so far, and where each value and each owner lives. */
interface Ledger<V> {
  readonly ports: LivenessPorts<V>;
  readonly drafts: Draft<V>[];
  readonly byOwner: Map<V, BufferIndex>;
  readonly bufferOf: Map<V, BufferIndex>;
}

/**
 * Lifetimes in steps, half-open. Inputs are there from step 0 and die after their last use; outputs live from
 * the step that writes them to the end, where the caller reads them; a result nobody reads lives for the step
 * that writes it. Buffers appear in order of birth: inputs first, then what each step writes, then its scratch.
 * A step that reads what was not written before is a bug and throws. In-place results become exact overlaps where
 * the operand dies in the step and the result is born in it.
 */
export function livenessOf<V>(steps: readonly LiveStep<V>[], ports: LivenessPorts<V>): Liveness<V> {
  const ledger: Ledger<V> = { ports, drafts: [], byOwner: new Map(), bufferOf: new Map() };
  const { drafts, bufferOf } = ledger;
  for (const value of ports.inputs) write(ledger, value, 0, 'input');
  steps.forEach((step, at) => {
    for (const value of step.reads) {
      const draft = lookUp(ledger, value, `step ${at} reads`);
      if (draft !== undefined) draft.upper = Math.max(draft.upper, at + 1);
    }
    for (const value of step.writes) write(ledger, value, at, 'activation');
    for (const { id, bytes } of step.scratch ?? []) drafts.push(newDraft(id, 'scratch', bytes, at));
  });
  for (const value of ports.outputs) {
    const draft = lookUp(ledger, value, 'the caller reads');
    if (draft === undefined) continue;
    draft.upper = Math.max(draft.upper, steps.length);
    if (draft.kind === 'activation') draft.kind = 'output';
  }
  const { alignment = 1 } = ports;
  const overlaps = steps.flatMap((step, at) => inPlaceOverlaps(ledger, step, at));
  return {
    problem: {
      buffers: drafts.map(draft => bufferFrom(draft, alignment)),
      ...(overlaps.length > 0 && { overlaps }),
    },
    buffers: drafts.map(({ values, kind }) => ({ values, kind })),
    bufferOf,
  };
}

/** The value comes to live in its owner's buffer, which is made when it is the first there. */
function write<V>(ledger: Ledger<V>, value: V, at: number, kind: LiveBuffer<V>['kind']): void {
  const { ports, drafts, byOwner, bufferOf } = ledger;
  const description = ports.describe(value);
  if (description === undefined) return;
  const owner = ports.owner?.(value) ?? value;
  const index = byOwner.get(owner) ?? drafts.length;
  // The owner's whole size counts, also where only a part of it is ever written.
  const bytes = Math.max(description.bytes, ports.describe(owner)?.bytes ?? 0);
  drafts[index] ??= newDraft(description.id, kind, bytes, at);
  const draft = drafts[index];
  if (!bufferOf.has(value)) draft.values.push(value);
  byOwner.set(owner, index);
  bufferOf.set(value, index);
  draft.bytes = Math.max(draft.bytes, bytes);
  draft.upper = Math.max(draft.upper, at + 1);
}

/** Where a value lives that was written before, or is a view of what was. */
function lookUp<V>(ledger: Ledger<V>, value: V, action: string): Draft<V> | undefined {
  const { ports, drafts, byOwner, bufferOf } = ledger;
  const description = ports.describe(value);
  if (description === undefined) return undefined;
  const index = bufferOf.get(value) ?? byOwner.get(ports.owner?.(value) ?? value);
  const draft = drafts[index ?? -1];
  if (index === undefined || draft === undefined) {
    throw new Error(`${action} ${description.id} before it is written`);
  }
  if (!bufferOf.has(value)) draft.values.push(value);
  bufferOf.set(value, index);
  return draft;
}

function inPlaceOverlaps<V>(ledger: Ledger<V>, { inPlace = [] }: LiveStep<V>, at: number): Overlap[] {
  const { ports, drafts, byOwner } = ledger;
  const kept = new Set(ports.outputs.map(value => byOwner.get(ports.owner?.(value) ?? value)));
  return inPlace.flatMap(({ result, operand, distance, trailing = false }): Overlap[] => {
    const over = byOwner.get(result);
    const under = byOwner.get(operand);
    if (over === undefined || under === undefined || over === under || kept.has(under)) return [];
    const born = drafts[over]?.lower === at && drafts[over]?.kind !== 'input';
    if (!born || drafts[under]?.upper !== at + 1) return [];
    const [below, above] = distance < 0 ? [under, over] : [over, under];
    if (trailing && distance >= (drafts[below]?.bytes ?? 0)) return [];
    return [{ below, above, distance: Math.abs(distance), ...(!trailing && { exact: true }) }];
  });
}

function newDraft<V>(id: string, kind: LiveBuffer<V>['kind'], bytes: number, lower: number): Draft<V> {
  return { id, kind, bytes, lower, upper: lower + 1, values: [] };
}

function bufferFrom<V>({ id, lower, upper, bytes }: Draft<V>, alignment: number): Buffer {
  return { id, lower, upper, size: bytes, ...(alignment === 1 ? {} : { alignment }) };
}
