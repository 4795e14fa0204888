// What changes of a schedule are worth: each is applied, planned anew and checked, alone and together with others.
// Knows schedules, not operators. Invariant: a peak that is reported is that of a plan the validator accepted.

import type { PlanControl } from '../control.ts';
import type { PlanResult } from '../types.ts';
import { Hopes } from './hope.ts';
import { planChecked, pressureOf, problemOf, type Schedule } from './schedule.ts';

/** A change of a schedule. `apply` gives undefined where it does not apply, as after other changes. */
export interface Change {
  readonly id: string;
  /** extra work in any unit; free ones go with all others */
  readonly work: number;
  /** the values whose memory it may lower, in the schedule as it stands; left out: any */
  readonly lowers?: readonly number[];
  readonly apply: (schedule: Schedule) => Schedule | undefined;
}

/** Changes that were made together, and the plan that was found for them. */
export interface Tried<C extends Change> {
  readonly changes: readonly C[];
  readonly schedule: Schedule;
  readonly result: PlanResult;
}

/** Changes that are added one after the other, and plans made for each of them. */
const MAX_ROUNDS = 16;
const PLANS_PER_ROUND = 6;

/** Told before each change, or each round of changes together, how many of how many were looked at. */
export type WhatIfProgress = (what: 'changes alone' | 'changes together', done: number, of: number) => void;

/** When to end with what there is, by the clock of the control. */
export interface WhatIfLimits {
  readonly aloneUntil: number;
  readonly togetherUntil: number;
}

/** How far the search came. */
export interface WhatIfTried {
  /** changes of which it is known what they save alone */
  readonly alone: number;
  readonly of: number;
  /** changes were added to each other until none saved more */
  readonly together: boolean;
}

/** Changes of one schedule, tried one by one and then together, those first that may lower the peak the most. */
export class WhatIfSearch<C extends Change> {
  readonly base: Tried<C>;
  readonly #tried = { alone: 0, of: 0, together: true };
  readonly #limits: WhatIfLimits | undefined;
  readonly #clock: () => number;
  readonly #free: readonly C[];
  readonly #costly: readonly C[];
  readonly #control: PlanControl;
  readonly #progress: WhatIfProgress;

  /** The base is the schedule as it stands. `cancelled` of the control ends everything with what there is. */
  constructor(
    schedule: Schedule,
    changes: readonly C[],
    control: PlanControl,
    progress: WhatIfProgress = () => {},
    limits?: WhatIfLimits,
  ) {
    this.#control = control;
    this.#limits = limits;
    this.#clock = control.clock ?? (() => performance.now());
    this.#progress = progress;
    this.#free = changes.filter(({ work }) => work === 0);
    this.#costly = changes.filter(({ work }) => work > 0);
    this.base = { changes: [], schedule, result: planChecked(problemOf(schedule).problem, control) };
  }

  /** Each change alone: those that lower the peak, the lowest first. */
  alone(): Tried<C>[] {
    return this.aloneOf([...this.#free, ...this.#costly]);
  }

  /** The same for changes that are not to be added up with others. Those that may save most are tried first. */
  aloneOf(changes: readonly C[]): Tried<C>[] {
    const { schedule, result } = this.base;
    const hopeful = byHope(changes, schedule, result.solution.height);
    this.#tried.of += changes.length;
    // What cannot save anything needs no trial.
    this.#tried.alone += changes.length - hopeful.length;
    const found: { readonly at: number; readonly tried: readonly Tried<C>[] }[] = [];
    for (const [done, { change, at }] of hopeful.entries()) {
      if (this.#isPast(this.#limits?.aloneUntil)) break;
      this.#progress('changes alone', done, hopeful.length);
      found.push({ at, tried: this.#lower(schedule, [change], result.solution.height) });
      this.#tried.alone++;
    }
    const inOrder = found.sort((a, b) => a.at - b.at).flatMap(({ tried }) => tried);
    return inOrder.sort(byHeight);
  }

  /** What `alone` and `front` have looked at so far. */
  get tried(): WhatIfTried {
    return this.#tried;
  }

  /**
   * Plans with ever lower peaks: the free changes together, then costly ones added to them; and what was tried on the
   * way.
   */
  front(): Tried<C>[] {
    const free = this.#withFree([]) ?? this.base;
    const found: Tried<C>[] = [this.base, free];
    let left = this.#costly;
    let at = free;
    for (let round = 0; round < MAX_ROUNDS && left.length > 0; round++) {
      if (this.#isPast(this.#limits?.togetherUntil)) {
        this.#tried.together = false;
        break;
      }
      this.#progress('changes together', round, MAX_ROUNDS);
      const chosen = at.changes.filter(({ work }) => work > 0);
      const next = this.#next(at, chosen, left, found);
      if (next === undefined) break;
      at = next;
      left = left.filter(change => !next.changes.includes(change));
    }
    return found;
  }

  /** The costly change that saves the most bytes per work beside those chosen; what is planned is noted in `found`. */
  #next(at: Tried<C>, chosen: readonly C[], left: readonly C[], found: Tried<C>[]): Tried<C> | undefined {
    const height = at.result.solution.height;
    const looked: {
      readonly at: number;
      readonly change: C;
      readonly gain: number;
      readonly saved: number;
    }[] = [];
    for (const hopeful of byHope(left, at.schedule, height)) {
      if (this.#stopped() || this.#isPast(this.#limits?.togetherUntil)) {
        this.#tried.together = false;
        break;
      }
      const { change } = hopeful;
      const schedule = applied(at.schedule, [change]).schedule;
      const saved = height - pressureOf(problemOf(schedule));
      if (saved > 0 && schedule !== at.schedule)
        looked.push({ at: hopeful.at, change, gain: saved / change.work, saved });
    }
    const hopes = looked.sort((a, b) => a.at - b.at);
    const promising = [
      ...hopes.toSorted((a, b) => b.gain - a.gain).slice(0, PLANS_PER_ROUND / 2),
      ...hopes.toSorted((a, b) => b.saved - a.saved).slice(0, PLANS_PER_ROUND / 2),
    ];
    let best: Tried<C> | undefined;
    let most = 0;
    for (const change of new Set(promising.map(hope => hope.change))) {
      if (this.#stopped()) break;
      const tried = this.#withFree([...chosen, change]);
      if (tried === undefined || tried.result.solution.height >= height) continue;
      found.push(tried);
      const gain = (height - tried.result.solution.height) / change.work;
      if (gain > most) [best, most] = [tried, gain];
    }
    return best;
  }

  /** Costly changes on the base, and all free ones with them. */
  #withFree(costly: readonly C[]): Tried<C> | undefined {
    const changes = [...costly, ...this.#free];
    return this.#lower(this.base.schedule, changes, this.base.result.solution.height)[0];
  }

  /** The plan with these changes if its peak is below the height. */
  #lower(from: Schedule, wanted: readonly C[], height: number): Tried<C>[] {
    if (this.#stopped()) return [];
    const { schedule, changes } = applied(from, wanted);
    if (changes.length === 0) return [];
    const scheduled = problemOf(schedule);
    if (pressureOf(scheduled) >= height) return [];
    const result = planChecked(scheduled.problem, this.#control);
    return result.solution.height < height ? [{ changes, schedule, result }] : [];
  }

  #stopped(): boolean {
    return this.#control.cancelled?.() === true;
  }

  #isPast(until = Number.POSITIVE_INFINITY): boolean {
    return this.#clock() > until;
  }
}

interface Hopeful<C extends Change> {
  readonly change: C;
  /** its place among all */
  readonly at: number;
  /** it saves no more than that */
  readonly hope: number;
}

/** Changes that may lead below a height; those that may save most come first. */
function byHope<C extends Change>(
  changes: readonly C[],
  schedule: Schedule,
  height: number,
): readonly Hopeful<C>[] {
  const hopes = new Hopes(schedule);
  const hopeful = changes.map((change, at): Hopeful<C> => {
    const least = change.lowers ? hopes.leastBytes(change.lowers) : 0;
    return { change, at, hope: height - least };
  });
  return hopeful.filter(({ hope }) => hope > 0).sort((a, b) => b.hope - a.hope || a.at - b.at);
}

function applied<C extends Change>(
  schedule: Schedule,
  wanted: readonly C[],
): { readonly schedule: Schedule; readonly changes: readonly C[] } {
  const changes: C[] = [];
  let at = schedule;
  for (const change of wanted) {
    const next = change.apply(at);
    if (next === undefined) continue;
    at = next;
    changes.push(change);
  }
  return { schedule: at, changes };
}

const workOf = <C extends Change>({ changes }: Tried<C>): number =>
  changes.reduce((sum, { work }) => sum + work, 0);

function byHeight<C extends Change>(a: Tried<C>, b: Tried<C>): number {
  return a.result.solution.height - b.result.solution.height || workOf(a) - workOf(b);
}
