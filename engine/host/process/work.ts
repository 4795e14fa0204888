// What work in the engine worker is given: a way to be stopped, a way to tell how far it is, and what is known already.

import type { KnownAnswers } from '../../planner/known-answers.ts';
import type { Measured } from '../../select/choices.ts';
import type { LoopOrders } from '../../select/order-choice.ts';
import type { Tiles } from '../../select/tile-choice.ts';
import type { ProgramCache } from '../cache/program-cache.ts';
import { cancelled } from '../failure.ts';

/** What one request is served with. */
export interface Work {
  /** shared; word 0 is not 0 when the work is to end */
  readonly cancel: Int32Array;
  readonly progress: (what: string, done: number, of: number) => void;
  /** register tiles and orders of loops known to be fast on this machine */
  readonly measured?: Measured;
  /** takes the place of those: what choices are asked for is wanted */
  readonly choices?: { readonly tiles: Tiles; readonly orders: LoopOrders };
  /** what was searched for before: only where compiling is not timed */
  readonly known?: KnownAnswers;
  /** programs compiled before; absent: everything is compiled */
  readonly programs?: ProgramCache;
}

/** Whether the work is to end; the engine's long searches ask now and then. */
export const isCancelled = ({ cancel }: Work): boolean => Atomics.load(cancel, 0) !== 0;

/** Throws `cancelled` once the work is to end. */
export function checkCancelled(work: Work): void {
  if (isCancelled(work)) throw cancelled();
}
