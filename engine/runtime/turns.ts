// Turns of a body that stay in its program's memory: what goes around is moved from where a turn leaves it to where
// the next one takes it, entries of sequences are put in their places, and what turns return beside is gathered.

import { allocate } from '../ir/dtypes.ts';
import { isTypedArray, sameShape } from '../ir/tensor.ts';
import type { Tensor, TensorData } from '../ir/types.ts';
import type { TurnResults, Turns } from '../reference/turns.ts';
import type { Program, ValueView } from './program.ts';
import type { RunData } from './run-data.ts';

/** Elements that are numbers. */
type Elements = Exclude<TensorData, readonly string[]>;

/** A tensor where it lies in the program's memory. */
interface Place extends Tensor {
  readonly data: Elements;
}

/** What goes around: where a turn leaves it, where the next one takes it. */
interface Move {
  readonly from: Elements;
  readonly to: Elements;
  /** holds it while what lay in `to` is moved */
  readonly aside?: Elements;
}

/** Where the inputs and results of a body lie. */
interface Places {
  /** of a conditional body: the turn's number, whether it is one, and whether there is to be another */
  readonly condition?: { readonly turn: Elements; readonly going: Elements; readonly again: Elements };
  readonly moves: readonly Move[];
  readonly state: readonly ValueView[];
  readonly entries: readonly Elements[];
  readonly returned: readonly Place[];
}

/** Turns that results have room for at first. */
const FIRST_TURNS = 64;

/** Made once for a program and a kind of turns. */
export class InPlaceTurns {
  readonly #data: RunData;
  readonly #places: Places;

  private constructor(data: RunData, places: Places) {
    this.#data = data;
    this.#places = places;
  }

  /**
   * For a program whose outputs are the body's `results` and what it captured, which no turn may lose. Undefined where
   * something is not in memory, or a turn leaves behind what the next one does not take.
   */
  static of(program: Program, data: RunData, results: number, turns: Turns): InPlaceTurns | undefined {
    const places = placesOf(program, data, results, turns);
    return places && new InPlaceTurns(data, places);
  }

  /** Runs turns until they end, the inputs of the first one being in their places; `turn` runs one. */
  run({ next, limit, sequences }: Turns, turn: () => void): TurnResults {
    const { condition, moves, state, entries, returned } = this.#places;
    const gathered = returned.map(place => new Gathered(place, limit - next));
    const later = sequences.map(sequence => sequence.data as Elements);
    for (let number = next; ; ) {
      turn();
      number++;
      for (const results of gathered) results.add();
      if (number >= limit || (condition && !condition.again[0])) {
        const turns = number - next;
        const stacked = gathered.map(results => results.stacked(turns));
        return { turns, state: state.map(view => this.#data.read(view)), stacked };
      }
      for (const { from, aside } of moves) if (aside) copy(from, aside);
      for (const { from, to, aside } of moves) copy(aside ?? from, to);
      if (condition) {
        condition.turn[0] = BigInt(number);
        condition.going[0] = 1;
      }
      for (let i = 0; i < entries.length; i++)
        copyEntry(later[i] as Elements, number, entries[i] as Elements);
    }
  }
}

/** What one result of every turn is put into, one behind the other. */
class Gathered {
  readonly #place: Place;
  readonly #most: number;
  #all: Elements;
  #length = 0;

  constructor(place: Place, turns: number) {
    this.#place = place;
    this.#most = turns * place.data.length;
    this.#all = this.#allocate(Math.min(this.#most, FIRST_TURNS * place.data.length));
  }

  add(): void {
    const { data } = this.#place;
    const end = this.#length + data.length;
    if (end > this.#all.length) {
      const more = this.#allocate(Math.min(this.#most, 2 * end));
      copy(this.#all, more);
      this.#all = more;
    }
    copy(data, this.#all, this.#length);
    this.#length = end;
  }

  stacked(turns: number): Tensor {
    const { dtype, shape } = this.#place;
    const all = this.#all;
    return {
      dtype,
      shape: [turns, ...shape],
      data: this.#length < all.length ? all.slice(0, this.#length) : all,
    };
  }

  #allocate(length: number): Elements {
    return allocate(this.#place.dtype, length) as Elements;
  }
}

/** Fewer elements are copied one by one: the call takes longer. */
const FEW = 8;

/** Both are of one kind. */
function copy(from: Elements, to: Elements, at = 0): void {
  if (from.length > FEW) (to as Float32Array).set(from as Float32Array, at);
  else for (let i = 0; i < from.length; i++) (to as Float32Array)[at + i] = from[i] as number;
}

/** An entry of the first axis. */
function copyEntry(from: Elements, entry: number, to: Elements): void {
  const start = entry * to.length;
  if (to.length > FEW) (to as Float32Array).set(from.subarray(start, start + to.length) as Float32Array);
  else for (let i = 0; i < to.length; i++) (to as Float32Array)[i] = from[start + i] as number;
}

function placesOf(
  { inputs, outputs }: Program,
  data: RunData,
  results: number,
  { conditional, state, sequences }: Turns,
): Places | undefined {
  const [taken, left] = [placesIn(inputs, data), placesIn(outputs, data)];
  if (!taken || !left) return undefined;
  const [turn, going] = conditional ? taken.splice(0, 2) : [];
  const carried = taken.splice(0, state.length);
  const entries = taken.splice(0, sequences.length).map(place => place.data);
  const kept = left.splice(results);
  const [again] = conditional ? left.splice(0, 1) : [];
  const moves = movesOf([...left.splice(0, state.length), ...kept], [...carried, ...taken]);
  if (!moves) return undefined;
  return {
    ...(turn && going && again && { condition: { turn: turn.data, going: going.data, again: again.data } }),
    moves,
    state: outputs.slice(again ? 1 : 0).slice(0, state.length),
    entries,
    returned: left,
  };
}

/** Where values lie; undefined where one does not, or where how much of it counts is known in a run only. */
function placesIn(views: readonly ValueView[], data: RunData): Place[] | undefined {
  const places = views.flatMap((view): Place[] => {
    const window = view.bounded ? undefined : data.window(view);
    return window && isTypedArray(window.data) ? [{ ...window, data: window.data }] : [];
  });
  return places.length === views.length ? places : undefined;
}

/** What has to be moved; undefined where types differ. */
function movesOf(left: readonly Place[], taken: readonly Place[]): Move[] | undefined {
  const alike = ({ dtype, shape }: Place, to: Place | undefined): boolean =>
    dtype === to?.dtype && sameShape(shape, to.shape);
  if (left.length !== taken.length || !left.every((place, i) => alike(place, taken[i]))) return undefined;
  const moving = left
    .map((place, i) => ({ place, from: place.data, to: (taken[i] as Place).data }))
    .filter(({ from, to }) => from.byteOffset !== to.byteOffset);
  return moving.map(({ place, from, to }) => {
    const isInTheWay = moving.some(other => other.to !== to && overlap(from, other.to));
    const aside = isInTheWay ? (allocate(place.dtype, from.length) as Elements) : undefined;
    return { from, to, ...(aside && { aside }) };
  });
}

const overlap = (a: Elements, b: Elements): boolean =>
  a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
