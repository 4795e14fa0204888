// Arenas with hardly any slack. Where nothing is lost, whatever dies in a step lies side by side, and what is born
// then takes exactly its place; so the order of what is live is left open, and each step only demands neighbours
// (open-order.ts). Where there are several ways to go on, a beam follows those that were likeliest a priori: what
// truly lies side by side demands little, what does not demands much before it fails. Offsets follow when all is
// decided. Of who is born beside whom, a step itself says nothing; a pass in the other direction has seen that
// (views). Invariant: what is placed never overlaps; pieces and the room left over between them add up to the height
// at all times.

import { alignUp, leastCommonMultiple } from '../align.ts';
import type { BufferIndex, Problem } from '../types.ts';
import { type OrderTree, pieces, type Taken } from './open-order.ts';
import { type Beliefs, type ExchangeState, ExchangeSteps, type Step } from './steps.ts';

/** Buffers outside, beside this share of all, with which it is not gone on. */
const MAX_OUTSIDE = { share: 0.01, least: 48 } as const;
/** Share of the steps in which as much must die as is born, or there is nothing to see. */
const MIN_EVEN = 0.3;

/** How far one pass may go, and what it knows. */
export interface ExchangeLimits {
  /** bytes: how high the arena is */
  readonly height: number;
  /** states kept */
  readonly width: number;
  /** pieces looked at */
  readonly work: number;
  readonly beliefs?: Beliefs;
  /** what a pass in the other direction has seen */
  readonly views?: Views;
  /** nothing may stay outside: where a step has no way, it is gone on with all orders open */
  readonly isStrict?: boolean;
  /** of so many steps, how many may have no way before it ends */
  readonly mostDeadEnds?: (steps: number) => number;
  /** asked once a step; true ends it */
  readonly stop: () => boolean;
}

/** What may lie beside what before each step, in order, the last first: what is known after it, the other way round. */
export type Views = readonly OrderTree[];

/** Where a pass put things; a plan only where nothing is outside. */
export interface ExchangePlan {
  /** bytes, one per buffer; 0 for what is outside */
  readonly offsets: readonly number[];
  /** buffers that no room was found for */
  readonly outside: readonly BufferIndex[];
}

/** Whether in many steps as many bytes die as are born, so that exchanges say something. */
export function isExchangeable({ buffers }: Problem): boolean {
  const change = new Map<number, number>();
  for (const { lower, upper, size } of buffers) {
    change.set(lower, (change.get(lower) ?? 0) + size);
    change.set(upper, (change.get(upper) ?? 0) - size);
  }
  const even = [...change.values()].filter(bytes => bytes === 0).length;
  return even >= MIN_EVEN * change.size;
}

/** How a pass went. */
export interface ExchangeFound {
  /** nothing where too much would stay outside, a limit was reached, or a strict pass met a dead end */
  readonly found?: ExchangePlan;
  /** for a pass in the other direction; nothing where a limit was reached */
  readonly views?: Views;
  /** steps that had no way, of all */
  readonly deadEnds: number;
  readonly steps: number;
  /** pieces looked at */
  readonly work: number;
}

/** For problems of `canSweep` (greedy/sweep.ts). Deterministic but for `stop`. */
export function placeByExchange(problem: Problem, limits: ExchangeLimits): ExchangeFound {
  const { width, work, stop, views, isStrict = false } = limits;
  const grain = problem.buffers.reduce((most, { alignment = 1 }) => leastCommonMultiple(most, alignment), 1);
  const height = Math.floor(limits.height / grain) * grain;
  const sizes = problem.buffers.map(({ size }) => alignUp(size, grain));
  const steps = new ExchangeSteps(sizes, limits.beliefs);
  const most = MAX_OUTSIDE.least + MAX_OUTSIDE.share * problem.buffers.length;
  const all = stepsOf(problem);
  const mostDead = limits.mostDeadEnds?.(all.length) ?? Number.POSITIVE_INFINITY;
  const live = new Set<BufferIndex>();
  const seen: OrderTree[] = [];
  let deadEnds = 0;
  let beam: readonly ExchangeState[] = [steps.start(height)];
  for (const [at, step] of all.entries()) {
    for (const b of step.dying) live.delete(b);
    for (const b of step.born) live.add(b);
    seen.push(likeliestOf(beam).tree);
    const view = { after: views?.[all.length - 1 - at], isStrict };
    beam = likeliest(
      beam.flatMap(state => [...steps.ways(state, step, view)]),
      width,
    );
    if (beam.length === 0) {
      deadEnds++;
      beam = [steps.anew([...live])];
    }
    const isLost = likeliestOf(beam).outside.length > most || deadEnds > mostDead;
    if (isLost || steps.work > work || stop()) return { deadEnds, steps: all.length, work: steps.work };
  }
  const passed = { views: seen, deadEnds, steps: all.length, work: steps.work };
  if (deadEnds > 0) return passed;
  const best = likeliestOf(beam);
  const laid = offsetsOf(best, steps.sizes);
  const offsets = problem.buffers.map((_, b) => laid[b] ?? 0);
  return { ...passed, found: { offsets, outside: best.outside } };
}

function likeliestOf([best]: readonly ExchangeState[]): ExchangeState {
  if (!best) throw new Error('a step without a way');
  return best;
}

/** The first of those that leave the same orders open, by likelihood. */
function likeliest(states: readonly ExchangeState[], width: number): ExchangeState[] {
  const kept: ExchangeState[] = [];
  const seen = new Set<number>();
  for (const state of states.toSorted((a, b) => b.score - a.score)) {
    if (seen.has(state.tree.hash)) continue;
    seen.add(state.tree.hash);
    if (kept.push(state) === width) break;
  }
  return kept;
}

/** Bytes per piece. Backwards: what an exchange put there says where what it took lay. */
function offsetsOf(state: ExchangeState, sizes: readonly number[]): readonly (number | undefined)[] {
  const offsets: (number | undefined)[] = [];
  const turned = new Set<number>();
  const lay = (taken: Taken, base: number, isTurned: boolean): void => {
    let at = base;
    for (const entry of isTurned ? taken.toReversed() : taken) {
      if (entry.kind === 'flag') {
        if (entry.isReversed !== isTurned) turned.add(entry.exchange);
        continue;
      }
      offsets[entry.piece] = at;
      at += sizes[entry.piece] ?? 0;
    }
  };
  lay(pieces(state.tree), 0, false);
  for (let exchange = state.last; exchange; exchange = exchange.before) {
    const { id, taken, put } = exchange;
    const base = Math.min(...put.map(piece => offsets[piece] ?? 0));
    lay(taken, base, turned.has(id));
  }
  for (const b of state.outside) offsets[b] = undefined;
  return offsets;
}

/** Steps in which buffers die or are born, in order. */
function stepsOf({ buffers }: Problem): Step[] {
  const steps = new Map<number, { dying: BufferIndex[]; born: BufferIndex[] }>();
  const at = (step: number) => {
    const known = steps.get(step) ?? { dying: [], born: [] };
    steps.set(step, known);
    return known;
  };
  buffers.forEach(({ lower, upper, size }, b) => {
    if (size === 0) return;
    at(lower).born.push(b);
    at(upper).dying.push(b);
  });
  return [...steps].sort(([a], [b]) => a - b).map(([, step]) => step);
}
