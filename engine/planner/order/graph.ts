// Steps that may be executed in another order: who waits for whom, and which buffers a step touches.
// Invariant: whatever order respects the dependencies computes the same, also where values share a buffer.

import { alignUp } from '../align.ts';
import type { LivenessPorts, LiveStep } from '../liveness.ts';
import { isIn, noSteps, type StepSet, withStep } from './step-set.ts';

export interface OrderBuffer {
  /** bytes, rounded up to the alignment */
  readonly size: number;
  /** steps that read or write it, ascending; it is live from the first of them executed to the last */
  readonly steps: readonly number[];
  /** live before the first step, after the last one */
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

export interface OrderGraph {
  readonly count: number;
  /** per step: steps that must come before it, after it */
  readonly before: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  readonly buffers: readonly OrderBuffer[];
  /** per step: the buffers it touches */
  readonly touched: readonly (readonly number[])[];
  /** per step: bytes it needs for itself */
  readonly scratch: readonly number[];
  /** bytes that are live in the first step only, in the last step only, and in all of them */
  readonly inFirst: number;
  readonly inLast: number;
  readonly always: number;
}

/** A step must come before another, beyond what their values say. */
export type Dependency = readonly [before: number, after: number];

interface Draft {
  size: number;
  readonly steps: Set<number>;
  atStart: boolean;
  atEnd: boolean;
  /** the last step that wrote it, and those that read it since */
  writer: number | undefined;
  readers: number[];
}

/**
 * The graph of steps given in an order that works. A step waits for the writers of what it reads; where it writes a
 * buffer that others use, it keeps its place among them. Lifetimes are those of livenessOf.
 */
export function orderGraph<V>(
  steps: readonly LiveStep<V>[],
  ports: LivenessPorts<V>,
  dependencies: readonly Dependency[] = [],
): OrderGraph {
  const { alignment = 1 } = ports;
  const before = steps.map(() => new Set<number>());
  for (const [first, second] of dependencies) before[second]?.add(first);
  const drafts = new Map<V, Draft>();
  const draftOf = (value: V): Draft | undefined => {
    const description = ports.describe(value);
    if (description === undefined) return undefined;
    const owner = ports.owner?.(value) ?? value;
    const draft: Draft = drafts.get(owner) ?? {
      size: 0,
      steps: new Set(),
      atStart: false,
      atEnd: false,
      writer: undefined,
      readers: [],
    };
    drafts.set(owner, draft);
    const bytes = Math.max(description.bytes, ports.describe(owner)?.bytes ?? 0);
    draft.size = Math.max(draft.size, alignUp(bytes, alignment));
    return draft;
  };
  for (const value of ports.inputs) (draftOf(value) ?? NOWHERE).atStart = true;
  steps.forEach((step, at) => {
    for (const value of step.reads) touch(draftOf(value), at, before[at], false);
    for (const value of step.writes) touch(draftOf(value), at, before[at], true);
  });
  for (const value of ports.outputs) (draftOf(value) ?? NOWHERE).atEnd = true;
  return graphOf(
    before.map(set => [...set]),
    [...drafts.values()],
    steps.map(({ scratch = [] }) => scratch.reduce((sum, { bytes }) => sum + alignUp(bytes, alignment), 0)),
  );
}

/** What a constant is noted in: it has no place in memory. */
const NOWHERE: Pick<Draft, 'atStart' | 'atEnd'> = { atStart: false, atEnd: false };

function touch(draft: Draft | undefined, at: number, before: Set<number> | undefined, writes: boolean): void {
  if (draft === undefined || before === undefined) return;
  draft.steps.add(at);
  if (draft.writer !== undefined && draft.writer !== at) before.add(draft.writer);
  if (!writes) {
    draft.readers.push(at);
    return;
  }
  for (const reader of draft.readers) if (reader !== at) before.add(reader);
  draft.writer = at;
  draft.readers = [];
}

function graphOf(
  before: readonly (readonly number[])[],
  drafts: readonly Draft[],
  scratch: readonly number[],
): OrderGraph {
  const after: number[][] = before.map(() => []);
  before.forEach((steps, at) => {
    for (const step of steps) after[step]?.push(at);
  });
  const used = drafts.filter(draft => draft.steps.size > 0 && draft.size > 0);
  const unused = drafts.filter(draft => draft.steps.size === 0);
  const bytes = (draft: readonly Draft[]): number => draft.reduce((sum, { size }) => sum + size, 0);
  const touched: number[][] = before.map(() => []);
  used.forEach(({ steps }, buffer) => {
    for (const step of steps) touched[step]?.push(buffer);
  });
  return {
    count: before.length,
    before,
    after,
    buffers: used.map(({ size, steps, atStart, atEnd }) => ({ size, steps: [...steps], atStart, atEnd })),
    touched,
    scratch,
    inFirst: bytes(unused.filter(draft => !draft.atEnd)),
    inLast: 0,
    always: bytes(unused.filter(draft => draft.atEnd)),
  };
}

/** The same with time running backwards: its orders are these reversed, and need as much. */
export function reversed(graph: OrderGraph): OrderGraph {
  return {
    ...graph,
    before: graph.after,
    after: graph.before,
    buffers: graph.buffers.map(buffer => ({ ...buffer, atStart: buffer.atEnd, atEnd: buffer.atStart })),
    inFirst: graph.inLast,
    inLast: graph.inFirst,
  };
}

/** Bytes live before the first step. */
export function liveAtStart({ buffers, always }: OrderGraph): number {
  return buffers.reduce((sum, { size, atStart }) => (atStart ? sum + size : sum), always);
}

/** What executing one more step needs, and what it leaves. */
export interface Effect {
  /** bytes live while it runs, beyond those live before it */
  born: number;
  /** bytes of these and of those before that are not live after it */
  dead: number;
  /** what was looked at so far for this and all effects before: the same everywhere, and about as long as it took */
  work: number;
}

/** For `effectOf` to write to: one for a whole search, so that none is made per state. */
export const noEffect = (): Effect => ({ born: 0, dead: 0, work: 0 });

/** Work of an effect, beside that of its buffers: words of a set that could be copied meanwhile. */
export const EFFECT_WORK = 16;

/** The effect of a step after the `executed` ones, `count` of them. Written to `effect`. */
export function effectOf(
  graph: OrderGraph,
  executed: StepSet,
  count: number,
  step: number,
  effect: Effect,
): void {
  let born = graph.scratch[step] as number;
  let dead = born;
  const extra = (count === 0 ? graph.inFirst : 0) + (count === graph.count - 1 ? graph.inLast : 0);
  born += extra;
  dead += extra;
  for (const b of graph.touched[step] as readonly number[]) {
    const { size, steps, atStart, atEnd } = graph.buffers[b] as OrderBuffer;
    let touched = 0;
    let left = 0;
    for (const other of steps) {
      if (isIn(executed, other)) touched++;
      else left++;
      // It was there before, and others need it after: nothing changes.
      if (touched > 0 && left > 1) break;
    }
    if (touched === 0 && !atStart) born += size;
    if (left === 1 && !atEnd) dead += size;
    effect.work += touched + left;
  }
  effect.born = born;
  effect.dead = dead;
  effect.work += EFFECT_WORK;
}

/** Bytes live at once at most, in an order that respects the dependencies. */
export function peakOf(graph: OrderGraph, order: readonly number[]): number {
  let live = liveAtStart(graph);
  let peak = live;
  let executed: StepSet = noSteps(graph.count);
  const effect = noEffect();
  order.forEach((step, count) => {
    effectOf(graph, executed, count, step, effect);
    peak = Math.max(peak, live + effect.born);
    live += effect.born - effect.dead;
    executed = withStep(executed, step);
  });
  return peak;
}
