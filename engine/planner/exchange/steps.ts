// The ways from one step of an exchange (exchange.ts) to the next, each with how likely it was: buffers that are born go
// where others die, all at once, or as sets that add up to the same, or with holes that were left over before.
// Invariant: a state's tree holds each live buffer that is not outside, and each hole, once.

import type { BufferIndex } from '../types.ts';
import {
  certainRuns,
  exchanged,
  freeOrder,
  type OrderTree,
  type Piece,
  pieces,
  type Taken,
} from './open-order.ts';
import { RunSets } from './run-sets.ts';

export interface Exchange {
  readonly id: number;
  readonly taken: Taken;
  readonly put: readonly Piece[];
  readonly before: Exchange | undefined;
}

export interface ExchangeState {
  /** buffers, and holes, which are pieces beyond them */
  readonly tree: OrderTree;
  /** pieces that nothing lies in now */
  readonly holes: readonly Piece[];
  readonly outside: readonly BufferIndex[];
  readonly last: Exchange | undefined;
  /** natural logarithm of how likely all this is */
  readonly score: number;
}

/** How a step is looked at. */
export interface View {
  /** what is known of who lies beside whom after it: from the other end of time */
  readonly after: OrderTree | undefined;
  /** nothing may be put outside */
  readonly isStrict: boolean;
}

export interface Step {
  readonly dying: readonly BufferIndex[];
  readonly born: readonly BufferIndex[];
}

/** Pieces that die, maybe with holes, and what is born there. */
interface Match {
  readonly dead: readonly Piece[];
  readonly born: readonly BufferIndex[];
}

/** Pieces that surely stay together, for either side of a match. */
interface Runs {
  readonly dead: readonly (readonly Piece[])[];
  readonly born: readonly (readonly Piece[])[];
}

interface Sum {
  readonly set: readonly Piece[];
  /** bytes */
  readonly sum: number;
}

/** How likely a priori, as natural logarithms. */
export interface Beliefs {
  /** room is left over in a step */
  readonly leftOver: number;
  /** what happens in one step happens in two places */
  readonly split: number;
}

const USUAL: Beliefs = { leftOver: -3, split: -3 };
/** A small buffer has to stay outside. */
const OUTSIDE = -8;
/** Of the height: how much more a large one is worth. */
const OUTSIDE_SIZE = 10;

/** Sets of runs that add up to the same: how many are tried, the smallest first. */
const MATCHES = { strict: 100, else: 12 } as const;
/** Of holes; and how many sets are tried. */
const MAX_HOLES = 16;
const MAX_JOINED = 3;
const MAX_TRIED = 12;
/** Ways that a step is gone on by, and that are made to choose them from: more only where none may be outside. */
const MAX_WAYS = 12;
const MAX_MADE = { strict: 100, else: 6 } as const;

export class ExchangeSteps {
  /** pieces looked at */
  work = 0;
  /** bytes, of buffers and then of holes */
  readonly sizes: number[];
  readonly #beliefs: Beliefs;
  readonly #buffers: number;
  #exchanges = 0;
  #height = 1;

  constructor(sizes: readonly number[], beliefs = USUAL) {
    this.#beliefs = beliefs;
    this.sizes = [...sizes];
    this.#buffers = sizes.length;
  }

  /** Nothing but one hole, as high as that, in bytes. */
  start(height: number): ExchangeState {
    const all = this.#hole(height);
    this.#height = height;
    return { tree: this.#free([all]), holes: [all], outside: [], last: undefined, score: 0 };
  }

  /** These buffers in any order, with nothing but one hole between them, where one is left of the height. */
  anew(live: readonly BufferIndex[]): ExchangeState {
    const left = this.#height - this.#sum(live);
    const holes = left > 0 ? [this.#hole(left)] : [];
    return { tree: this.#free([...live, ...holes]), holes, outside: [], last: undefined, score: 0 };
  }

  /** States after the step: of those in which all that is born has room some, else one at least or, if asked, none. */
  ways(before: ExchangeState, { dying, born }: Step, { after, isStrict }: View): readonly ExchangeState[] {
    const dead = dying.filter(b => !before.outside.includes(b));
    const state = { ...before, holes: [...before.holes, ...dead] };
    if (born.length === 0) return [state];
    const all = { dead, born };
    const isEven = this.#sum(dead) === this.#sum(born);
    const whole = isEven ? this.#exchange(state, all) : undefined;
    const ways = whole ? [whole] : [];
    const care = isStrict ? 'strict' : 'else';
    const apart = this.#split(state, all, care, after);
    ways.push(...(apart.length > 0 || !after ? apart : this.#split(state, all, care)));
    if (!isEven) ways.push(...this.#joined(state, all).slice(0, MAX_WAYS));
    if (ways.length === 0 && !isStrict) ways.push(...this.#without(state, all), this.#asMuch(state, all));
    return ways;
  }

  /** Two or three sets each for itself, of which the first ones add up to the same. */
  #split(
    state: ExchangeState,
    all: Match,
    care: keyof typeof MAX_MADE,
    after?: OrderTree,
  ): readonly ExchangeState[] {
    const runsOf = ({ dead, born }: Match): Runs => ({
      dead: certainRuns(state.tree, dead),
      born: after ? certainRuns(after, born) : born.map(b => [b]),
    });
    const ways: ExchangeState[] = [];
    for (const match of this.#matches(runsOf(all), care)) {
      const first = this.#exchange(state, match);
      if (!first) continue;
      const rest = without(all, match);
      ways.push(...this.#rest(first, rest));
      const [again] = this.#matches(runsOf(rest), care);
      const second = again && this.#exchange(first, again);
      if (second) ways.push(...this.#rest(second, without(rest, again)));
      if (ways.length >= MAX_MADE[care]) break;
    }
    return likelier(ways)
      .slice(0, MAX_WAYS)
      .map(way => ({ ...way, score: way.score + this.#beliefs.split }));
  }

  /** What is not exchanged yet at once. */
  #rest(state: ExchangeState, rest: Match): readonly ExchangeState[] {
    if (rest.born.length === 0) return [state];
    if (this.#sum(rest.dead) !== this.#sum(rest.born)) return this.#joined(state, rest).slice(0, 1);
    const whole = this.#exchange(state, rest);
    return whole ? [whole] : [];
  }

  /** With holes of before where what dies is too little. */
  #joined(state: ExchangeState, all: Match): readonly ExchangeState[] {
    const ways: ExchangeState[] = [];
    for (const holes of this.#holeSets(state, all)) {
      const way = this.#exchange(state, { dead: [...all.dead, ...holes], born: all.born });
      if (way) ways.push(way);
    }
    return ways;
  }

  /** With one that lies in the way outside from now on. */
  #without(state: ExchangeState, all: Match): readonly ExchangeState[] {
    const holes = new Set(state.holes);
    const others = pieces(state.tree).flatMap(piece => (piece.kind === 'leaf' ? [piece.piece] : []));
    const ways: ExchangeState[] = [];
    const [joined = []] = this.#holeSets(state, all);
    if (this.#sum(all.dead) + this.#sum(joined) < this.#sum(all.born)) return [];
    for (const other of others) {
      if (holes.has(other)) continue;
      const way = this.#exchange(state, { dead: [...all.dead, ...joined, other], born: all.born });
      if (way)
        ways.push({ ...way, outside: [...way.outside, other], score: way.score + this.#outside(other) });
    }
    return likelier(ways).slice(0, MAX_WAYS);
  }

  /** Of what dies as many as can be neighbours, and there of what is born what fits, the largest first. */
  #asMuch(state: ExchangeState, { dead, born }: Match): ExchangeState {
    const side: Piece[] = [];
    for (const b of dead.toSorted((a, b) => this.#size(b) - this.#size(a))) {
      if (this.#exchange(state, { dead: [...side, b], born: [] })) side.push(b);
    }
    let left = this.#sum(side);
    const fitting: BufferIndex[] = [];
    const others: BufferIndex[] = [];
    for (const b of born.toSorted((a, b) => this.#size(b) - this.#size(a))) {
      if (this.#size(b) > left) others.push(b);
      else {
        fitting.push(b);
        left -= this.#size(b);
      }
    }
    const fitted = fitting.length > 0 && this.#exchange(state, { dead: side, born: fitting });
    return fitted ? this.#oneByOne(fitted, others) : this.#oneByOne(state, born);
  }

  #outside(b: BufferIndex): number {
    return OUTSIDE * (1 + (OUTSIDE_SIZE * this.#size(b)) / this.#height);
  }

  /** Each where there is room for it, the largest first; the others outside. */
  #oneByOne(state: ExchangeState, born: readonly BufferIndex[]): ExchangeState {
    const order = born.toSorted((a, b) => this.#size(b) - this.#size(a));
    let here = state;
    for (const b of order) {
      const [way] = this.#joined(here, { dead: [], born: [b] });
      here = way ?? { ...here, outside: [...here.outside, b], score: here.score + this.#outside(b) };
    }
    return here;
  }

  /** Sets of what dies and what is born that add up to the same, but not all of them; the smallest first. */
  *#matches({ dead, born }: Runs, care: keyof typeof MAX_MADE): Generator<Match> {
    const total = dead.length + born.length;
    if (dead.length === 0 || born.length === 0 || total < 3) return;
    // Where all adds up, what is left over on one side is never nothing on the other.
    if (Math.min(dead.length, born.length) === 1 && this.#sum(dead.flat()) === this.#sum(born.flat())) return;
    const dying = new RunSets(this.#sums(dead));
    const living = new RunSets(this.#sums(born));
    let left: number = MATCHES[care];
    for (let count = 2; count < total; count++) {
      for (let few = Math.max(1, count - living.most); few <= Math.min(dying.most, count - 1); few++) {
        for (const [mask, other] of dying.equals(few, living, count - few)) {
          yield { dead: membersOf(dead, mask), born: membersOf(born, other) };
          if (--left === 0) return;
        }
      }
    }
  }

  #sums(runs: Runs['dead']): readonly number[] {
    return runs.map(run => this.#sum(run));
  }

  /** Sets of holes of before that make up for what dies too little, those that leave least first. */
  #holeSets({ holes }: ExchangeState, { dead, born }: Match): readonly (readonly Piece[])[] {
    const lacking = this.#sum(born) - this.#sum(dead);
    if (lacking <= 0) return [[]];
    const old = holes.filter(piece => !dead.includes(piece)).slice(-MAX_HOLES);
    const sets = this.#subsets(old, MAX_JOINED).filter(({ sum }) => sum >= lacking);
    sets.sort((a, b) => a.sum - b.sum || a.set.length - b.set.length);
    return sets.slice(0, MAX_TRIED).map(({ set }) => set);
  }

  /** Puts what is born in place of what dies and no less than adds up to it, if that can be neighbours. */
  #exchange(state: ExchangeState, { dead, born }: Match): ExchangeState | undefined {
    const left = this.#sum(dead) - this.#sum(born);
    if (left < 0) return undefined;
    this.work += state.tree.leaves;
    const id = this.#exchanges++;
    const rest = left > 0 ? [this.#hole(left)] : [];
    const put = [...born, ...rest];
    const found = exchanged(state.tree, dead, this.#free(put), id);
    if (!found) return undefined;
    return {
      tree: found.tree,
      holes: [...state.holes.filter(piece => !dead.includes(piece)), ...rest],
      outside: state.outside,
      last: { id, taken: found.taken, put, before: state.last },
      score: state.score + found.chance + (left > 0 ? this.#beliefs.leftOver : 0),
    };
  }

  #free(put: readonly Piece[]): OrderTree {
    // Holes of a size are alike.
    return freeOrder(put, piece => (piece < this.#buffers ? piece : -1 - this.#size(piece)));
  }

  #hole(bytes: number): Piece {
    return this.sizes.push(bytes) - 1;
  }

  #sum(set: readonly Piece[]): number {
    let sum = 0;
    for (const piece of set) sum += this.#size(piece);
    return sum;
  }

  #size(piece: Piece): number {
    return this.sizes[piece] ?? 0;
  }

  /** All sets of up to `most` that are not empty, with what they add up to. */
  #subsets(all: readonly Piece[], most: number): readonly Sum[] {
    const sums: Sum[] = [{ set: [], sum: 0 }];
    for (const piece of all) {
      const size = this.#size(piece);
      const known = sums.length;
      for (let i = 0; i < known; i++) {
        const { set, sum } = sums[i] as Sum;
        if (set.length < most) sums.push({ set: [...set, piece], sum: sum + size });
      }
    }
    return sums.slice(1);
  }
}

function membersOf(runs: Runs['dead'], mask: number): readonly Piece[] {
  const members: Piece[] = [];
  for (let at = 0, left = mask; left > 0; at++) {
    const half = Math.floor(left / 2);
    if (left > 2 * half) members.push(...(runs[at] ?? []));
    left = half;
  }
  return members;
}

const likelier = (ways: readonly ExchangeState[]): ExchangeState[] =>
  ways.toSorted((a, b) => b.score - a.score);

function without(all: Match, { dead, born }: Match): Match {
  return {
    dead: all.dead.filter(b => !dead.includes(b)),
    born: all.born.filter(b => !born.includes(b)),
  };
}
