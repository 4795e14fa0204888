// Placement under a capacity by a beam: of all states with as many buffers placed only the most promising are kept and
// taken further. A state is filled where there is least choice: what lies above the floor is a skyline, and whatever
// comes next in one of its valleys must fit into it, so the valley that the fewest buffers fit comes first. Promising is
// what has lost little room for what it has placed, under a skyline of few steps. Sections where placements failed count
// as having less choice (Boussemart et al., "Boosting systematic search by weighting constraints", 2004), also in later
// attempts. Finds tight plans that a search in depth misses; proves nothing.
// Invariant: what a state loses with each buffer is known of its parent, but for the sections that a placement changed.

import { sectionsOf } from '../problem/sections.ts';
import type { BufferIndex, Problem } from '../types.ts';
import { Beam, type Kept, type Path } from './beam.ts';
import { BeamState } from './beam-state.ts';
import { type SearchTables, searchTables } from './tables.ts';

export interface BeamAttempt {
  /** bytes */
  readonly capacity: number;
  /** states kept */
  readonly width: number;
  /** placements, after which the attempt is given up */
  readonly nodeLimit: number;
  /** share of the capacity lost below a buffer at which it counts as a third of one that fits */
  readonly tolerance: number;
  /** what a skyline of as many steps as there are buffers costs: as much as all room that may be lost, times this */
  readonly roughness: number;
  /** source of the jitter in the order of what costs nearly the same */
  readonly random: () => number;
  /** asked every few milliseconds; true gives the attempt up */
  readonly stop?: () => boolean;
}

/** States taken further between two looks at `stop`. */
const STOP_INTERVAL = 32;
/** Placements tried per state: those that lose least. */
const BRANCHES = 8;
/** Share by which costs are jittered. */
const COST_NOISE = 0.1;
/** What failures before the last attempt still count. */
const MEMORY = 0.5;
/** Tolerances lost, beyond which a buffer does not fit at all. */
const WORST = 20;
/** Choices of a section that differ from none only by rounding. */
const NOTHING = 1e-9;
/** Fewer than this are one. */
const FORCED = 1.5;
/** What the height of a valley counts against its choice. */
const LOW = 1e-6;
const NOWHERE = -1;

interface Branch {
  readonly buffer: BufferIndex;
  readonly loss: number;
  readonly area: number;
}

export class BeamSearch {
  /** placements over all attempts */
  nodes = 0;
  readonly #tables: SearchTables;
  /** per section: steps */
  readonly #steps: Float64Array;
  /** steps of all sections */
  readonly #room: number;
  /** per buffer: its sections' steps */
  readonly #life: Float64Array;
  /** per buffer: its share of all buffers' bytes × steps */
  readonly #share: Float64Array;
  /** per section: how many buffers fit it, those with a loss counting less */
  readonly #choice: Float64Array;
  /** per section: failures in it, and 1 */
  readonly #weight: Float64Array;
  /** states that nothing holds any more */
  readonly #free: BeamState[] = [];
  #offsets: number[] = [];

  constructor(problem: Problem) {
    const tables = searchTables(problem);
    this.#tables = tables;
    const { starts, count } = sectionsOf(problem);
    const { buffers } = problem;
    this.#steps = Float64Array.from({ length: count }, (_, s) => (starts[s + 1] ?? 0) - (starts[s] ?? 0));
    this.#life = Float64Array.from(buffers, ({ lower, upper }) => upper - lower);
    this.#room = this.#steps.reduce((sum, steps) => sum + steps, 0);
    const areas = Float64Array.from(buffers, ({ lower, upper, size }) => size * (upper - lower));
    const total = areas.reduce((sum, area) => sum + area, 0);
    this.#share = areas.map(area => area / total);
    this.#choice = new Float64Array(count + 1);
    this.#weight = new Float64Array(count).fill(1);
  }

  /** Bytes, one per buffer; valid after an attempt that found a solution, until the next. */
  get offsets(): readonly number[] {
    return this.#offsets;
  }

  /** Whether a solution within the capacity was found. Deterministic but for `random` and `stop`. */
  run(attempt: BeamAttempt): boolean {
    const stopAt = this.nodes + attempt.nodeLimit;
    const root = this.#take();
    if (!root.reset(this.#tables, attempt.capacity)) {
      this.#free.push(root);
      return false;
    }
    this.#forget();
    const { count } = this.#tables;
    const settled = this.#settle(root, attempt.capacity);
    let beam: Kept[] = [{ state: root, path: { parent: undefined, buffer: -1, offset: 0 }, cost: 0, key: 0 }];
    for (let depth = settled; depth < count && beam.length > 0; depth++) {
      const next = new Beam(attempt.width, this.#free);
      for (const [at, kept] of beam.entries()) {
        const isStopped = this.nodes >= stopAt || (at % STOP_INTERVAL === 0 && attempt.stop?.() === true);
        if (isStopped) next.clear();
        else this.#extend(kept, attempt, next);
        this.#free.push(kept.state);
        if (!isStopped) continue;
        for (const { state } of beam.slice(at + 1)) this.#free.push(state);
        return false;
      }
      beam = next.best();
    }
    const [first] = beam;
    for (const { state } of beam) this.#free.push(state);
    if (!first) return false;
    for (let path: Path | undefined = first.path; path?.parent; path = path.parent) {
      this.#offsets[path.buffer] = path.offset;
    }
    return true;
  }

  /** Places the fixed buffers under which nothing fits. Returns how many. */
  #settle(root: BeamState, capacity: number): number {
    const { count, fixed } = this.#tables;
    const order: number[] = [];
    for (let b = 0; b < count; b++) if ((fixed[b] as number) >= 0) order.push(b);
    order.sort((a, b) => (fixed[a] as number) - (fixed[b] as number));
    let settled = 0;
    for (const b of order) {
      if (this.#hasRoomBelow(root, b)) continue;
      const offset = fixed[b] as number;
      root.place(this.#tables, b, capacity, this.#steps);
      root.placed += this.#share[b] as number;
      this.#offsets[b] = offset;
      settled++;
    }
    return settled;
  }

  /** Whether anything unplaced may lie below a fixed buffer. */
  #hasRoomBelow({ lowest }: BeamState, b: number): boolean {
    const { size, fixed, neighbours, neighbourStart } = this.#tables;
    const stop = neighbourStart[b + 1] as number;
    for (let i = neighbourStart[b] as number; i < stop; i++) {
      const u = neighbours[i] as number;
      if ((lowest[u] as number) + (size[u] as number) <= (fixed[b] as number)) return true;
    }
    return false;
  }

  /** Failures of long ago count less. */
  #forget(): void {
    const weight = this.#weight;
    for (let s = 0; s < weight.length; s++) weight[s] = 1 + ((weight[s] as number) - 1) * MEMORY;
  }

  #take(): BeamState {
    return this.#free.pop() ?? new BeamState(this.#tables);
  }

  /** The placements that lose least where there is least choice. */
  #extend({ state, path }: Kept, attempt: BeamAttempt, next: Beam): void {
    const { capacity, random } = attempt;
    const tables = this.#tables;
    this.#weigh(state, attempt);
    const section = this.#narrowest(state, capacity);
    if (section === NOWHERE) return;
    for (const { buffer, loss } of this.#branches(state, section, random)) {
      this.nodes++;
      const placed = state.placed + (this.#share[buffer] as number);
      const lost = state.lost + loss * (this.#life[buffer] as number) * capacity;
      if (lost / (this.#room * capacity) / placed >= next.worst) continue;
      const child = this.#take();
      child.copyFrom(state);
      const failed = child.place(tables, buffer, capacity, this.#steps);
      if (failed >= 0) this.#weight[failed] = (this.#weight[failed] as number) + 1;
      child.placed += this.#share[buffer] as number;
      const cost = failed >= 0 ? Number.POSITIVE_INFINITY : this.#costOf(child, attempt);
      const offset = state.lowest[buffer] as number;
      if (cost >= next.worst || !next.add(child, { parent: path, buffer, offset }, cost)) {
        this.#free.push(child);
      }
    }
  }

  /** The less the more promising. */
  #costOf({ lost, placed, floor }: BeamState, { roughness, random, capacity }: BeamAttempt): number {
    let steps = 0;
    let before = Number.NaN;
    for (let s = 0; s < floor.length; s++) {
      const height = floor[s] as number;
      if (height === before) continue;
      steps++;
      before = height;
    }
    const rough = (roughness * steps) / this.#tables.count;
    return (lost / (this.#room * capacity) / placed + rough) * (1 + COST_NOISE * random());
  }

  /** Unplaced buffers of a section that can be placed now: those that lose least, of these the largest. */
  #branches({ lowest, loss: losses }: BeamState, section: number, random: () => number): readonly Branch[] {
    const { members, memberStart, twin } = this.#tables;
    const list: Branch[] = [];
    const stop = memberStart[section + 1] as number;
    for (let i = memberStart[section] as number; i < stop; i++) {
      const buffer = members[i] as number;
      const loss = losses[buffer] as number;
      if (loss < 0) continue;
      const before = twin[buffer] as number;
      if (before >= 0 && (lowest[before] as number) < Number.POSITIVE_INFINITY) continue;
      list.push({ buffer, loss, area: (this.#share[buffer] as number) * (1 - random()) });
    }
    list.sort((x, y) => x.loss - y.loss || y.area - x.area || x.buffer - y.buffer);
    return list.length > BRANCHES ? list.slice(0, BRANCHES) : list;
  }

  /** The section of some valley that the fewest buffers fit, for its failures; none where nothing fits one. */
  #narrowest({ floor }: BeamState, capacity: number): number {
    const weight = this.#weight;
    const choice = this.#choice;
    let best = NOWHERE;
    let least = Number.POSITIVE_INFINITY;
    let before = Number.POSITIVE_INFINITY;
    for (let s = 0; s < floor.length; ) {
      const height = floor[s] as number;
      let end = s + 1;
      while (end < floor.length && floor[end] === height) end++;
      const after = end < floor.length ? (floor[end] as number) : Number.POSITIVE_INFINITY;
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

  /** What each unplaced buffer would lose, and how many fit each section. */
  #weigh(state: BeamState, { capacity, tolerance }: BeamAttempt): void {
    const { count, sectionCount, first, end } = this.#tables;
    const { lowest, loss, changedFrom, changedTo } = state;
    const choice = this.#choice;
    choice.fill(0);
    for (let b = 0; b < count; b++) {
      if ((lowest[b] as number) === Number.POSITIVE_INFINITY) continue;
      const isChanged = (first[b] as number) < changedTo && (end[b] as number) > changedFrom;
      if (isChanged || Number.isNaN(loss[b])) loss[b] = this.#lossOf(state, b, capacity);
      const lost = loss[b] as number;
      if (lost < 0 || lost > WORST * tolerance) continue;
      const fit = Math.exp(-lost / tolerance);
      const from = first[b] as number;
      const to = end[b] as number;
      choice[from] = (choice[from] as number) + fit;
      choice[to] = (choice[to] as number) - fit;
    }
    for (let s = 1; s < sectionCount; s++) choice[s] = (choice[s] as number) + (choice[s - 1] as number);
    state.changedFrom = sectionCount;
    state.changedTo = 0;
  }

  /** Share of its life's room that is lost between the floor and b, placed now; -1 where there is too little. */
  #lossOf({ lowest, floor, rest }: BeamState, b: number, capacity: number): number {
    const { first, end } = this.#tables;
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
