// Turns of a body: what goes around from turn to turn, what each is given, and what is kept of each.

import type { Tensor } from '../../ir/types.ts';
import type { Datum } from '../datum.ts';

/** Turns that are still to be run. */
export interface Turns {
  /** number of the next turn; the turns end before `limit` */
  readonly next: number;
  readonly limit: number;
  /**
   * The body is given the number of the turn and a condition before all else, and first returns whether there is to be
   * another turn.
   */
  readonly conditional: boolean;
  /** what goes around: results of a turn are inputs of the next */
  readonly state: readonly Datum[];
  /** inputs behind the state: entry `next` of the first axis of each, and so on */
  readonly sequences: readonly Tensor[];
}

/** What turns left behind. */
export interface TurnResults {
  /** whether there is none to come */
  readonly ended: boolean;
  /** how many ran */
  readonly turns: number;
  readonly state: readonly Datum[];
  /** what the turns returned behind the state, stacked along a new first axis */
  readonly stacked: readonly Tensor[];
}
