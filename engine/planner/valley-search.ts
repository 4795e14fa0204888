// Placement under a capacity, from the bottom up, where there is least choice: what lies above the floor is a skyline,
// and whatever comes next in one of its valleys must fit into it, so the valley that the fewest buffers fit is filled
// first. Sections where placements failed count as having less choice (Boussemart et al., "Boosting systematic search
// by weighting constraints", 2004), also in later attempts. Finds tight plans that a search by offset misses; proves
// nothing. Invariant: a branch that fails leaves the state as it found it.

import { type SearchTables, searchTables } from './search-tables.ts';
import { sectionsOf } from './sections.ts';
import type { Problem } from './types.ts';
import { ValleyState } from './valley-state.ts';

export interface ValleyAttempt {
  /** bytes */
  readonly capacity: number;
  /** search nodes, after which the attempt is given up */
  readonly nodeLimit: number;
  /** share of the capacity lost below a buffer at which it counts as a third of one that fits */
  readonly tolerance: number;
  /** share by which the order of buffers that fit alike is jittered, and the source of the jitter */
  readonly noise: number;
  readonly random: () => number;
  /** asked every few milliseconds; true gives the attempt up */
  readonly stop?: () => boolean;
}

/** Nodes between two looks at `stop`. */
const STOP_INTERVAL = 64;
/** What failures before the last attempt still count. */
const MEMORY = 0.99;
/** Tolerances lost, beyond which a buffer does not fit at all. */
const WORST = 20;
/** Choices of a section that differ from none only by rounding. */
const NOTHING = 1e-9;
/** Fewer than this are one. */
const FORCED = 1.5;
/** What the height of a valley counts against its choice. */
const LOW = 1e-6;
const NOWHERE = -1;
const ALL_PLACED = -2;

export class ValleySearch {
  /** nodes over all attempts */
  nodes = 0;
  readonly #tables: SearchTables;
  readonly #state: ValleyState;
  /** per section: steps */
  readonly #steps: Float64Array;
  /** per buffer: its sections' steps */
  readonly #life: Float64Array;
  /** per buffer: share of the capacity that is lost below it if it is placed now; -1 where it cannot be */
  readonly #loss: Float64Array;
  /** per buffer: 1 where it loses nothing, less the more it does, 0 where it cannot be placed now */
  readonly #fit: Float64Array;
  /** per section: how many buffers fit it, those with a loss counting less */
  readonly #choice: Float64Array;
  #attempt: ValleyAttempt | undefined;
  #stopAt = 0;
  #isStopped = false;

  constructor(problem: Problem) {
    this.#tables = searchTables(problem);
    this.#state = new ValleyState(this.#tables);
    const { starts, count } = sectionsOf(problem);
    this.#steps = Float64Array.from({ length: count }, (_, s) => (starts[s + 1] ?? 0) - (starts[s] ?? 0));
    this.#life = Float64Array.from(problem.buffers, ({ lower, upper }) => upper - lower);
    this.#loss = new Float64Array(problem.buffers.length);
    this.#fit = new Float64Array(problem.buffers.length);
    this.#choice = new Float64Array(count + 1);
  }

  /** Bytes, one per buffer; valid after an attempt that found a solution, until the next. */
  get offsets(): readonly number[] {
    return Array.from(this.#state.offset);
  }

  /** Whether a solution within the capacity was found. Deterministic but for `random` and `stop`. */
  run(attempt: ValleyAttempt): boolean {
    this.#attempt = attempt;
    this.#stopAt = this.nodes + attempt.nodeLimit;
    this.#isStopped = false;
    this.#state.forget(MEMORY);
    return this.#state.reset(attempt.capacity) && this.#descend();
  }

  #descend(): boolean {
    this.nodes++;
    if (this.nodes > this.#stopAt) this.#isStopped = true;
    if (this.nodes % STOP_INTERVAL === 0 && this.#attempt?.stop?.()) this.#isStopped = true;
    if (this.#isStopped) return false;
    const state = this.#state;
    const section = this.#narrowest();
    if (section < 0) return section === ALL_PLACED;
    for (const b of this.#fitting(section)) {
      const { mark } = state;
      if (state.place(b) && this.#descend()) return true;
      if (this.#isStopped) return false;
      state.undo(mark);
    }
    return false;
  }

  /** Unplaced buffers of a section that can be placed now: those that lose least first, of these the largest. */
  #fitting(section: number): number[] {
    const { members, memberStart, size } = this.#tables;
    const { noise, random } = this.#attempt as ValleyAttempt;
    const loss = this.#loss;
    const list: { readonly b: number; readonly loss: number; readonly area: number }[] = [];
    const stop = memberStart[section + 1] as number;
    for (let i = memberStart[section] as number; i < stop; i++) {
      const b = members[i] as number;
      if ((loss[b] as number) < 0) continue;
      const area = (size[b] as number) * (this.#life[b] as number) * (1 - noise * random());
      list.push({ b, loss: loss[b] as number, area });
    }
    list.sort((x, y) => x.loss - y.loss || y.area - x.area || x.b - y.b);
    return list.map(({ b }) => b);
  }

  /** The section of some valley that the fewest buffers fit, for its failures; none where nothing fits one. */
  #narrowest(): number {
    if (!this.#weigh()) return ALL_PLACED;
    const { sectionCount } = this.#tables;
    const { floor, weight, capacity } = this.#state;
    const choice = this.#choice;
    let best = NOWHERE;
    let least = Number.POSITIVE_INFINITY;
    let before = Number.POSITIVE_INFINITY;
    for (let s = 0; s < sectionCount; ) {
      const height = floor[s] as number;
      let end = s + 1;
      while (end < sectionCount && floor[end] === height) end++;
      const after = end < sectionCount ? (floor[end] as number) : Number.POSITIVE_INFINITY;
      if (height < before && height < after) {
        for (let v = s; v < end; v++) {
          const count = choice[v] as number;
          if (count < NOTHING) {
            weight[v] = (weight[v] as number) + 1;
            return NOWHERE;
          }
          // What is forced comes first; then the lowest of equals.
          const width = (count < FORCED ? 0 : count / (weight[v] as number)) + (LOW * height) / capacity;
          if (width >= least) continue;
          least = width;
          best = v;
        }
      }
      before = height;
      s = end;
    }
    return best;
  }

  /** What each unplaced buffer would lose, and how many fit each section; false when all are placed. */
  #weigh(): boolean {
    const { count, sectionCount, first, end } = this.#tables;
    const state = this.#state;
    const { lowest, changedFrom, changedTo } = state;
    const { tolerance } = this.#attempt as ValleyAttempt;
    const loss = this.#loss;
    const fit = this.#fit;
    const choice = this.#choice;
    choice.fill(0);
    const worst = WORST * tolerance;
    let isAny = false;
    for (let b = 0; b < count; b++) {
      const from = first[b] as number;
      const to = end[b] as number;
      const isPlaced = (lowest[b] as number) === Number.POSITIVE_INFINITY;
      if (!isPlaced) isAny = true;
      if (from < changedTo && to > changedFrom) {
        const lost = isPlaced ? -1 : this.#lossOf(b);
        loss[b] = lost;
        fit[b] = lost < 0 || lost > worst ? 0 : Math.exp(-lost / tolerance);
      }
      choice[from] = (choice[from] as number) + (fit[b] as number);
      choice[to] = (choice[to] as number) - (fit[b] as number);
    }
    for (let s = 1; s < sectionCount; s++) choice[s] = (choice[s] as number) + (choice[s - 1] as number);
    state.settle();
    return isAny;
  }

  /** Share of its life's room that is lost between the floor and b, placed now; -1 where there is too little. */
  #lossOf(b: number): number {
    const { first, end } = this.#tables;
    const { lowest, floor, rest, capacity } = this.#state;
    const steps = this.#steps;
    const offset = lowest[b] as number;
    const stop = end[b] as number;
    let lost = 0;
    for (let s = first[b] as number; s < stop; s++) {
      const gap = offset - (floor[s] as number);
      if (gap <= 0) continue;
      if (offset + (rest[s] as number) > capacity) return -1;
      lost += gap * (steps[s] as number);
    }
    return lost / ((this.#life[b] as number) * capacity);
  }
}
