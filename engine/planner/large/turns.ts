// Several methods that lower a plan share the time by what they gain: each goes on while it lowers the plan, and one
// that has brought nothing for a while leaves the rest to the next; that while grows with every turn that brought
// something, and shrinks with every other. Without a limit in time each has one turn, as long as its own work lasts.

import type { Layout } from '../greedy/place.ts';

/** What a method is told in its turn. */
export interface Turn {
  /** asked often: all must end now */
  readonly isOver: () => boolean;
  /** asked between tries: all must end, or nothing was gained for too long */
  readonly stop: () => boolean;
  /** to be called with every lower height, in bytes */
  readonly gained: (height: number) => void;
  /** milliseconds left of all, and for a try that brings nothing */
  readonly leftMs: () => number;
  readonly patienceMs: number;
}

export interface Method {
  /** of the limit in time, how long it goes on without gain in its first turn */
  readonly patience: number;
  /** The best, or a lower one where it was found. Called again it goes on. */
  readonly improve: (best: Layout, turn: Turn) => Layout;
}

const MORE = 2;
const LESS = 0.5;
/** Of its first patience, what a method keeps however often it brought nothing. */
const LEAST = 1 / 8;

/** Of the way to the floor, what must be gained for patience to begin anew. */
const WORTH = 0.05;

export interface TurnLimits {
  /** bytes: a plan within it is good enough */
  readonly floor: number;
  /** milliseconds left in all; infinite where there is no limit */
  readonly leftMs: () => number;
  readonly isOver: () => boolean;
  /** whether a method that was through with its work may begin anew */
  readonly again: boolean;
}

/**
 * The lowest plan that the methods find in turn; a first one of infinite height is none, and the first method makes
 * one.
 */
export function takeTurns(methods: readonly Method[], first: Layout, limits: TurnLimits): Layout {
  const { floor, leftMs, isOver, again } = limits;
  const firstMs = methods.map(method => method.patience * leftMs());
  const patience = [...firstMs];
  let best = first;
  do {
    for (const [at, method] of methods.entries()) {
      if (best.height <= floor || (Number.isFinite(best.height) && isOver())) return best;
      const patienceMs = patience[at] ?? 0;
      const found = method.improve(best, turnOf(patienceMs, best.height, limits));
      const isGain = found.height < best.height;
      if (isGain) best = found;
      patience[at] = isGain ? patienceMs * MORE : Math.max(LEAST * (firstMs[at] ?? 0), patienceMs * LESS);
    }
  } while (again);
  return best;
}

function turnOf(patienceMs: number, first: number, { floor, leftMs, isOver }: TurnLimits): Turn {
  let from = first;
  let until = leftMs() - patienceMs;
  const isIdle = () => Number.isFinite(patienceMs) && leftMs() <= until;
  return {
    isOver,
    stop: () => isOver() || isIdle(),
    gained: height => {
      if (Number.isFinite(from) && from - height < WORTH * (from - floor)) return;
      from = height;
      until = leftMs() - patienceMs;
    },
    leftMs,
    patienceMs,
  };
}
