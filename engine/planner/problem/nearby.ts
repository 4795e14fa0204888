// Who lives when a buffer does, without a look at all the others: buffers in classes of about equally long lives, each
// in order of birth. Whoever of a class meets a buffer was born at most one such life before it. Invariant: what is
// collected is complete, and ordered by place and then by the order it was collected in.

import type { BufferIndex, Problem } from '../types.ts';
import { type Births, birthsOf } from './by-birth.ts';
import { Lives } from './lives.ts';

/** Buffers that live at least half as long as the class says, and less than it, by birth: as columns. */
interface LifeClass {
  /** steps */
  readonly life: number;
  readonly buffers: Int32Array;
  readonly births: Float64Array;
  readonly deaths: Float64Array;
  /** how many are born before each `width` steps from the first birth on */
  readonly bornBefore: Int32Array;
  readonly width: number;
}

/** Stretches of time for each life, and for each buffer, at most, by which those born in one are found. */
const STRETCHES = { life: 8, buffer: 2 } as const;
/** Buffers whose company is counted to judge a problem. */
const SAMPLES = 64;
/** What ordering one that was collected costs, in steps of a walk through all in order. */
const ORDERING = 16;
/** So many are put in order sooner one by one than by a sort. */
const FEW = 40;

const known = new WeakMap<Problem, Nearby>();

/** One problem is placed in many orders. */
export function nearbyOf(problem: Problem): Nearby {
  const nearby = known.get(problem) ?? new Nearby(problem);
  known.set(problem, nearby);
  return nearby;
}

export class Nearby {
  /** What collecting and ordering takes on average, in steps of a walk through buffers that are in order. */
  readonly cost: number;
  readonly found: Int32Array;
  readonly lives: Lives;
  readonly #classes: readonly LifeClass[];
  readonly #keys: Float64Array;
  readonly #ordered: Int32Array;

  constructor(problem: Problem) {
    const { buffers } = problem;
    this.lives = new Lives(problem);
    const count = buffers.length;
    this.found = new Int32Array(count);
    this.#keys = new Float64Array(count);
    this.#ordered = new Int32Array(count);
    this.#classes = classed(birthsOf(problem));
    this.cost = this.#judge();
  }

  #judge(): number {
    const count = this.found.length;
    const samples = Math.min(count, SAMPLES);
    let looks = 0;
    for (let i = 0; i < samples; i++) {
      const b = Math.floor(((i + 0.5) * count) / samples);
      const [lower, upper] = [this.lives.lower[b] as number, this.lives.upper[b] as number];
      for (const { births, life } of this.#classes)
        looks += firstFrom(births, upper) - firstFrom(births, lower - life + 1);
    }
    return (ORDERING * looks) / Math.max(1, samples);
  }

  /** Fills `found` with those marked that live when b does, itself among them where it is. Returns how many. */
  collect(b: BufferIndex, marked: Uint8Array): number {
    const { found, lives } = this;
    const count = this.between(lives.lower[b] as number, lives.upper[b] as number, marked);
    if (!lives.hasGaps) return count;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const other = found[i] as number;
      if (lives.meet(b, other)) found[kept++] = other;
    }
    return kept;
  }

  /** Fills `found` with those that live in any of the steps [lower, upper), gaps or not. Returns how many. */
  between(lower: number, upper: number, marked: Uint8Array): number {
    const { found } = this;
    let count = 0;
    for (const { life, buffers, births, deaths, bornBefore, width } of this.#classes) {
      const first = births[0] as number;
      const from = Math.max(0, Math.floor((lower - life + 1 - first) / width));
      if (from >= bornBefore.length) continue;
      for (let i = bornBefore[from] as number; i < births.length && (births[i] as number) < upper; i++) {
        if ((deaths[i] as number) <= lower) continue;
        const other = buffers[i] as number;
        if (marked[other] === 1) found[count++] = other;
      }
    }
    return count;
  }

  /** Fills `found` with all marked. Returns how many. */
  all(marked: Uint8Array): number {
    let count = 0;
    for (let b = 0; b < marked.length; b++) if (marked[b] === 1) this.found[count++] = b;
    return count;
  }

  /** The first `count` of those found, in ascending order of a key below `limit` (whole, not negative). */
  ordered(count: number, key: Float64Array, limit: number): Int32Array {
    const { found } = this;
    const ordered = this.#ordered.subarray(0, count);
    if (count <= FEW) return insertedBy(key, found, ordered);
    const scale = 2 ** Math.ceil(Math.log2(count + 1));
    if (limit * scale > Number.MAX_SAFE_INTEGER) {
      ordered.set(found.subarray(0, count));
      return ordered.sort((a, b) => (key[a] as number) - (key[b] as number));
    }
    // Numbers are sorted several times as fast as what a function has to compare.
    const keys = this.#keys.subarray(0, count);
    for (let i = 0; i < count; i++) keys[i] = (key[found[i] as number] as number) * scale + i;
    keys.sort();
    for (let i = 0; i < count; i++) {
      const packed = keys[i] as number;
      ordered[i] = found[packed - Math.floor(packed / scale) * scale] as number;
    }
    return ordered;
  }
}

/** Fills `ordered` with the first of those found, each put where it belongs. */
function insertedBy(key: Float64Array, found: Int32Array, ordered: Int32Array): Int32Array {
  for (let i = 0; i < ordered.length; i++) {
    const b = found[i] as number;
    const value = key[b] as number;
    let at = i;
    for (; at > 0 && (key[ordered[at - 1] as number] as number) > value; at--) {
      ordered[at] = ordered[at - 1] as number;
    }
    ordered[at] = b;
  }
  return ordered;
}

const MOST_CLASSES = 64;

/** Those that take room, in classes. */
function classed({ buffer, lower, upper, size }: Births): LifeClass[] {
  const count = buffer.length;
  const exponents = new Uint8Array(count);
  const counts = new Int32Array(MOST_CLASSES);
  for (let i = 0; i < count; i++) {
    const exponent = Math.floor(Math.log2((upper[i] as number) - (lower[i] as number)));
    exponents[i] = exponent;
    if ((size[i] as number) > 0) counts[exponent] = (counts[exponent] as number) + 1;
  }
  const classes = Array.from(counts, alike => ({
    buffers: new Int32Array(alike),
    births: new Float64Array(alike),
    deaths: new Float64Array(alike),
  }));
  const filled = new Int32Array(MOST_CLASSES);
  for (let i = 0; i < count; i++) {
    if ((size[i] as number) === 0) continue;
    const exponent = exponents[i] as number;
    const alike = classes[exponent] as Alike;
    const at = filled[exponent] as number;
    filled[exponent] = at + 1;
    alike.buffers[at] = buffer[i] as number;
    alike.births[at] = lower[i] as number;
    alike.deaths[at] = upper[i] as number;
  }
  return classes.flatMap((alike, exponent) =>
    alike.buffers.length > 0 ? indexed(alike, 2 ** (exponent + 1)) : [],
  );
}

type Alike = Pick<LifeClass, 'buffers' | 'births' | 'deaths'>;

/** With where to find those born from a step on. */
function indexed(alike: Alike, life: number): LifeClass {
  const { births } = alike;
  const count = births.length;
  const first = births[0] ?? 0;
  const span = (births[count - 1] ?? 0) - first;
  const width = Math.max(life / STRETCHES.life, span / (STRETCHES.buffer * count));
  const bornBefore = new Int32Array(Math.floor(span / width) + 2).fill(count);
  for (let i = count - 1; i >= 0; i--) bornBefore[Math.floor(((births[i] as number) - first) / width)] = i;
  // Where nobody is born in a stretch, as many are born before it as before the next one.
  for (let at = bornBefore.length - 2; at >= 0; at--) {
    bornBefore[at] = Math.min(bornBefore[at] as number, bornBefore[at + 1] as number);
  }
  return { ...alike, life, bornBefore, width };
}

function firstFrom(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
