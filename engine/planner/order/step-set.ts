// Sets of steps as bits, and tables of things that each stand for one. A set's hash changes by one number for each
// step that is added (Zobrist, 1970), so that a set is looked up before it is made. Invariant: sets of equal hash are
// told apart by their bits.

import { seededRandom } from '../../random.ts';

/** A bit for each step: 32 to a word, the first in the lowest bit. */
export type StepSet = Uint32Array;

/** The empty set, of so many steps that may be in it. */
export const noSteps = (count: number): StepSet => new Uint32Array((count + 31) >>> 5);

/** Whether the step is a member. */
export function isIn(set: StepSet, step: number): boolean {
  return (((set[step >>> 5] as number) >>> (step & 31)) & 1) === 1;
}

/** Another set, with the step; the one given stays. */
export function withStep(set: StepSet, step: number): StepSet {
  const next = set.slice();
  next[step >>> 5] = (next[step >>> 5] as number) | (1 << (step & 31));
  return next;
}

/** Per step: what adding it does to a set's hash, by exclusive or. The empty set's hash is 0. */
export function stepHashes(count: number): Int32Array {
  const random = seededRandom(1);
  return Int32Array.from({ length: count }, () => random() * 2 ** 32);
}

/** Something that stands for a set. */
export interface OfSet {
  readonly executed: StepSet;
  readonly hash: number;
}

export class SetTable<T extends OfSet> {
  /** by hash: the newest first */
  readonly #byHash = new Map<number, T[]>();

  /** What stands for the set with one more step, which has that hash. */
  find(set: StepSet, step: number, hash: number): T | undefined {
    return this.#byHash.get(hash)?.find(({ executed }) => isOneMore(executed, set, step));
  }

  /** Takes the place of what stood for the same set before. */
  add(item: T): void {
    const others = this.#byHash.get(item.hash);
    if (others) others.unshift(item);
    else this.#byHash.set(item.hash, [item]);
  }
}

/** Whether `larger` is the set with that step added. */
export function isOneMore(larger: StepSet, set: StepSet, step: number): boolean {
  const word = step >>> 5;
  for (let i = 0; i < set.length; i++) {
    const bits = i === word ? ((set[i] as number) | (1 << (step & 31))) >>> 0 : (set[i] as number);
    if (larger[i] !== bits) return false;
  }
  return true;
}
