// What a value may hold when it is no tensor: a sequence of tensors, maps, or an optional that is empty.
// An optional that has something is that something.

import type { Tensor } from '../ir/types.ts';

/** A sequence of tensors (ONNX Sequence); types and shapes of items may differ. */
export interface Sequence {
  readonly container: 'sequence';
  readonly items: readonly Tensor[];
}

/** An empty optional. */
export interface Nothing {
  readonly container: 'nothing';
}

/** A map, or a sequence of maps with the same keys: keys (count), values (maps, count). */
export interface Maps {
  readonly container: 'maps';
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What a name of a graph may be bound to while it runs. */
export type Datum = Tensor | Sequence | Maps | Nothing;

export const NOTHING: Nothing = { container: 'nothing' };

export const sequenceOf = (items: readonly Tensor[]): Sequence => ({ container: 'sequence', items });

/** A sequence that was made by appending. The list of its items is made when it is first asked for. */
class Appended implements Sequence {
  readonly container = 'sequence';
  readonly item: Tensor;
  readonly length: number;
  #before: Sequence | undefined;
  #items: readonly Tensor[] = [];

  constructor(before: Sequence, item: Tensor) {
    this.item = item;
    this.length = lengthOf(before) + 1;
    this.#before = before;
  }

  /** What the item was appended to; undefined when the list was made. */
  get before(): Sequence | undefined {
    return this.#before;
  }

  get items(): readonly Tensor[] {
    if (!this.#before) return this.#items;
    const added = [this.item];
    let base = this.#before;
    while (base instanceof Appended && base.before) {
      added.push(base.item);
      base = base.before;
    }
    this.#items = [...base.items, ...added.reverse()];
    this.#before = undefined;
    return this.#items;
  }
}

/** The sequence with one item more: nothing is copied. */
export const appended = (before: Sequence, item: Tensor): Sequence => new Appended(before, item);

/** Whether it was made by appending. */
export const isAppended = (sequence: Sequence): sequence is Appended => sequence instanceof Appended;

/** How many items it has. */
export const lengthOf = (sequence: Sequence): number =>
  isAppended(sequence) ? sequence.length : sequence.items.length;

/** One item of those it has, which are of one type; undefined where it has none. */
export const someItem = (sequence: Sequence): Tensor | undefined =>
  isAppended(sequence) ? sequence.item : sequence.items[0];

export const isTensor = (datum: Datum | undefined): datum is Tensor =>
  datum !== undefined && !('container' in datum);

export const isSequence = (datum: Datum | undefined): datum is Sequence =>
  datum !== undefined && 'container' in datum && datum.container === 'sequence';

export const mapsOf = (keys: Tensor, values: Tensor): Maps => ({ container: 'maps', keys, values });

export const isMaps = (datum: Datum | undefined): datum is Maps =>
  datum !== undefined && 'container' in datum && datum.container === 'maps';
