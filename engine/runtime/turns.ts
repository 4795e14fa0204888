// Turns of a body that stay in its program's memory: what goes around is moved from where a turn leaves it to where
// the next one takes it, unless that is the same place; entries of sequences are put in their places, and what turns
// return beside is gathered.

import { allocate } from '../ir/dtypes.ts';
import { isTypedArray, sameShape } from '../ir/tensor.ts';
import type { Shape, Tensor, TensorData } from '../ir/types.ts';
import type { TurnResults, Turns } from '../reference/control/turns.ts';
import { type Datum, isTensor } from '../reference/datum.ts';
import type { OperandType } from './open-axes.ts';
import type { Program, TensorView, ValueView } from './program.ts';
import { beginsAt, type RunData } from './run-data.ts';
import { shareBytes } from './tensor-access.ts';

/** Elements that are numbers. */
type Elements = Exclude<TensorData, readonly string[]>;

/** A tensor where it lies in the program's memory, in its capacity; or a sequence, which lies outside. */
interface Place extends OperandType {
  /** none of what is outside, or has gaps between its elements */
  readonly data: Elements;
  readonly view: ValueView;
}
const APART = new Uint8Array(0);

/** What goes around: where a turn leaves it, where the next one takes it. */
interface Move {
  readonly from: Elements;
  readonly to: Elements;
  /** holds it while what lay in `to` is moved */
  readonly aside?: Elements;
}

/** The same of a value whose extents differ from turn to turn, or of a sequence. */
interface Growth {
  readonly from: ValueView;
  readonly to: ValueView;
  /** which input it is */
  readonly input: number;
  /** whether what is moved before it takes its place */
  readonly isInTheWay: boolean;
  /** where both are in the same place: only the extents are others */
  readonly stays?: { readonly from: TensorView; readonly to: TensorView };
}

/** What of a value that grows is to be put in its place for the next turn, or how long it is if it is there. */
interface Grown {
  readonly to: ValueView;
  readonly content: { readonly datum: Datum } | { readonly shape: Shape };
}

/** Where the inputs and results of a body lie. */
interface Places {
  /** of a conditional body: the turn's number, whether it is one, and whether there is to be another */
  readonly condition?: { readonly turn: Elements; readonly going: Elements; readonly again: Elements };
  readonly moves: readonly Move[];
  readonly growths: readonly Growth[];
  /** types of all inputs; those that grow at capacity */
  readonly inputs: readonly Place[];
  readonly state: readonly ValueView[];
  readonly entries: readonly Elements[];
  readonly returned: readonly Place[];
}

/** What runs turns. */
interface TurnPorts {
  /** runs one, its inputs being in their places */
  readonly turn: () => void;
  /** whether the program holds for these inputs, which differ from the last ones in their extents only */
  readonly canHold: (inputs: readonly OperandType[]) => boolean;
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

  /** Runs turns for as long as it can, at least one; the inputs of the first are in their places. */
  run({ next, limit, sequences }: Turns, { turn, canHold }: TurnPorts): TurnResults {
    const { condition, moves, entries, returned } = this.#places;
    const gathered = returned.map(place => new Gathered(place, limit - next));
    const later = sequences.map(sequence => sequence.data as Elements);
    const types = this.#types();
    for (let number = next; ; ) {
      turn();
      number++;
      for (const results of gathered) results.add();
      const ended = number >= limit || (condition !== undefined && !condition.again[0]);
      const grown = ended ? undefined : this.#grown(types, canHold);
      if (!grown) return this.#results(number - next, ended, gathered);
      for (const { from, aside } of moves) if (aside) copy(from, aside);
      for (const { from, to, aside } of moves) copy(aside ?? from, to);
      for (const each of grown) this.#put(each);
      if (condition) {
        condition.turn[0] = BigInt(number);
        condition.going[0] = 1;
      }
      for (let i = 0; i < entries.length; i++)
        copyEntry(later[i] as Elements, number, entries[i] as Elements);
    }
  }

  #results(turns: number, ended: boolean, gathered: readonly Gathered[]): TurnResults {
    const state = this.#places.state.map(view => this.#data.read(view));
    return { turns, ended, state, stacked: gathered.map(results => results.stacked(turns)) };
  }

  /** What the inputs are: those that grow are others in every turn. */
  #types(): OperandType[] {
    const { growths, inputs } = this.#places;
    if (growths.length === 0) return [];
    return inputs.map(({ dtype, container, shape, view }): OperandType => {
      if (view.space !== 'host') return { dtype, shape: this.#data.shapeOf(view) };
      return { dtype, shape, ...(container && { container }) };
    });
  }

  /** What goes around in extents of its own; undefined where the next turn needs another program for it. */
  #grown(types: OperandType[], canHold: TurnPorts['canHold']): Grown[] | undefined {
    const { growths } = this.#places;
    if (growths.length === 0) return [];
    const grown: Grown[] = [];
    for (const { from, to, input, isInTheWay, stays } of growths) {
      if (stays && this.#data.isPlaced(stays.from)) {
        const shape = this.#data.shapeOf(from);
        types[input] = { dtype: stays.to.dtype, shape };
        grown.push({ to, content: { shape } });
        continue;
      }
      const datum = isInTheWay ? this.#data.read(from) : this.#data.look(from);
      if (isTensor(datum)) types[input] = datum;
      else if (to.space !== 'host') return undefined;
      grown.push({ to, content: { datum } });
    }
    return canHold(types) ? grown : undefined;
  }

  #put({ to, content }: Grown): void {
    if ('shape' in content) this.#data.setShape(to, content.shape);
    // What lies outside was put there by a turn: nothing else has it.
    else this.#data.write(to, content.datum, to.space === 'host');
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
  program: Program,
  data: RunData,
  results: number,
  { conditional, state, sequences }: Turns,
): Places | undefined {
  const [inputs, left] = [placesIn(program.inputs, data), placesIn(program.outputs, data)];
  if (!inputs || !left) return undefined;
  const taken = [...inputs];
  const [turn, going] = conditional ? taken.splice(0, 2) : [];
  const carried = taken.splice(0, state.length);
  const entries = taken.splice(0, sequences.length);
  const kept = left.splice(results);
  const [again] = conditional ? left.splice(0, 1) : [];
  const returned = left.splice(state.length);
  const pairs = pairsOf([...left, ...kept], [...carried, ...taken]);
  if (!pairs || [...entries, ...returned].some(grows)) return undefined;
  return {
    ...(turn && going && again && { condition: { turn: turn.data, going: going.data, again: again.data } }),
    ...movesOf(pairs, inputs),
    inputs,
    state: left.map(({ view }) => view),
    entries: entries.map(({ data: elements }) => elements),
    returned,
  };
}

/** Whether there may be more of it in another turn. */
const grows = ({ view }: Place): boolean => view.bounded !== undefined || view.space === 'host';

/** Where values are; undefined where one is no sequence and in no memory, or no array although it never grows. */
function placesIn(views: readonly ValueView[], data: RunData): Place[] | undefined {
  const places = views.flatMap((view): Place[] => {
    const { dtype, container } = view.space === 'host' ? view : {};
    if (dtype && container === 'sequence') return [{ dtype, container, shape: [], data: APART, view }];
    const window = data.window(view);
    if (window && isTypedArray(window.data)) return [{ ...window, data: window.data, view }];
    return view.space !== 'host' && view.bounded
      ? [{ dtype: view.dtype, shape: view.shape, data: APART, view }]
      : [];
  });
  return places.length === views.length ? places : undefined;
}

interface Pair {
  readonly from: Place;
  readonly to: Place;
}

/** Where turns leave and take values; undefined where types differ in more than extents that differ anyway. */
function pairsOf(left: readonly Place[], taken: readonly Place[]): Pair[] | undefined {
  const pairs = left.flatMap((from, i) => {
    const to = taken[i];
    const isAlike = from.dtype === to?.dtype && from.container === to.container;
    return to && isAlike && (grows(from) || grows(to) || sameShape(from.shape, to.shape))
      ? [{ from, to }]
      : [];
  });
  return pairs.length === taken.length && left.length === taken.length ? pairs : undefined;
}

/** What has to be moved, and how. */
function movesOf(pairs: readonly Pair[], inputs: readonly Place[]): Pick<Places, 'moves' | 'growths'> {
  const moving = pairs.filter(({ from, to }) =>
    grows(from) || grows(to)
      ? from.view.value !== to.view.value
      : from.data.byteOffset !== to.data.byteOffset,
  );
  const moves: Move[] = [];
  const growths: Growth[] = [];
  for (const { from, to } of moving) {
    const isInTheWay = moving.some(other => other.to !== to && overlap(from.view, other.to.view));
    if (grows(from) || grows(to)) {
      const stays = samePlace(from.view, to.view);
      const input = inputs.indexOf(to);
      growths.push({ from: from.view, to: to.view, input, isInTheWay, ...(stays && { stays }) });
    } else {
      const aside = isInTheWay ? (allocate(from.dtype, from.data.length) as Elements) : undefined;
      moves.push({ from: from.data, to: to.data, ...(aside && { aside }) });
    }
  }
  return { moves, growths };
}

/** Both, where elements of one are elements of the other: a value and what continues it. */
function samePlace(from: ValueView, to: ValueView): Growth['stays'] {
  if (from.space === 'host' || to.space === 'host' || !from.bounded || !to.bounded) return undefined;
  return beginsAt(from, to) ? { from, to } : undefined;
}

const overlap = (a: ValueView, b: ValueView): boolean =>
  a.space !== 'host' && b.space !== 'host' && shareBytes(a, b);
