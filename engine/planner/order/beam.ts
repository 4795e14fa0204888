// An order where the exact search does not finish: a beam over sets of executed steps, all of the same number.
// Never finds more than it looks for: an order below the peak it is given, or none.

import { type Effect, effectOf, liveAtStart, type OrderGraph } from './graph.ts';
import { isIn, noSteps, type OfSet, SetTable, stepHashes, withStep } from './step-set.ts';

interface Partial extends OfSet {
  readonly ready: readonly number[];
  /** bytes */
  readonly live: number;
  readonly peak: number;
  readonly parent: Partial | undefined;
  readonly step: number;
}

/** One more step on the beam, before its set is made. */
interface Move {
  readonly from: Partial;
  readonly step: number;
  readonly live: number;
  readonly peak: number;
}

/** An order whose peak is below `ceiling`, bytes. O(steps × width × ready steps); the work is added to `effect`'s. */
export function beamOrder(
  graph: OrderGraph,
  ceiling: number,
  width: number,
  effect: Effect,
  stop: () => boolean,
): readonly number[] | undefined {
  const hashes = stepHashes(graph.count);
  const live = liveAtStart(graph);
  let beam: Partial[] = [
    {
      executed: noSteps(graph.count),
      hash: 0,
      ready: graph.before.flatMap((steps, at) => (steps.length === 0 ? [at] : [])),
      live,
      peak: live,
      parent: undefined,
      step: -1,
    },
  ];
  for (let count = 0; count < graph.count; count++) {
    if (stop()) return undefined;
    const moves = beam.flatMap(from => movesOf(graph, from, count, ceiling, effect));
    // A step that leaves no more than there was is never wrong; else the lowest peak so far, then the least live.
    moves.sort((a, b) => a.peak - b.peak || a.live - b.live || a.step - b.step);
    const seen = new SetTable<Partial>();
    const next: Partial[] = [];
    for (const move of moves) {
      if (next.length === width) break;
      const { from, step } = move;
      const hash = from.hash ^ (hashes[step] as number);
      if (seen.find(from.executed, step, hash)) continue;
      const reached = after(graph, move, hash);
      seen.add(reached);
      next.push(reached);
    }
    beam = next;
  }
  const best = beam[0];
  if (best === undefined) return undefined;
  const order: number[] = [];
  for (let at = best; at.parent !== undefined; at = at.parent) order.push(at.step);
  return order.reverse();
}

function movesOf(graph: OrderGraph, from: Partial, count: number, ceiling: number, effect: Effect): Move[] {
  const moves: Move[] = [];
  for (const step of from.ready) {
    effectOf(graph, from.executed, count, step, effect);
    const peak = Math.max(from.peak, from.live + effect.born);
    if (peak >= ceiling) continue;
    const move = { from, step, peak, live: from.live + effect.born - effect.dead };
    if (peak === from.peak && move.live <= from.live) return [move];
    moves.push(move);
  }
  return moves;
}

function after(graph: OrderGraph, { from, step, live, peak }: Move, hash: number): Partial {
  const executed = withStep(from.executed, step);
  const ready = from.ready.filter(other => other !== step);
  for (const next of graph.after[step] ?? []) {
    if ((graph.before[next] ?? []).every(at => isIn(executed, at))) ready.push(next);
  }
  return { executed, hash, ready, live, peak, parent: from, step };
}
