// The same question as validate.ts asks, for so many buffers that their pairs cannot be looked at: a sweep over time
// that keeps what is live in order of offset. While no two of these overlap, a new one can only overlap its
// neighbours. Shares no code with the solvers. Invariant: pairs that may share bytes are not judged here.

import type { BufferIndex, Problem, Solution } from './types.ts';

const NONE = -1;
const BITS = 32;

/**
 * Two of the given buffers that are live in one step and cover one byte, or undefined when there are none. They must
 * be ordinary: without gaps, and in no overlap. O(n log n).
 */
export function findOverlap(
  { buffers }: Problem,
  { offsets }: Solution,
  among: readonly BufferIndex[],
): readonly [BufferIndex, BufferIndex] | undefined {
  const sized = among.filter(b => (buffers[b]?.size ?? 0) > 0);
  const byOffset = sized.toSorted((a, b) => (offsets[a] ?? 0) - (offsets[b] ?? 0) || a - b);
  const byBirth = ranked(byOffset, b => buffers[b]?.lower ?? 0);
  const byDeath = ranked(byOffset, b => buffers[b]?.upper ?? 0);
  const live = new RankSet(byOffset.length);
  const endOf = (b: BufferIndex): number => (offsets[b] ?? 0) + (buffers[b]?.size ?? 0);
  let dying = 0;
  for (const rank of byBirth) {
    const b = byOffset[rank] ?? 0;
    const lower = buffers[b]?.lower ?? 0;
    for (; dying < byDeath.length; dying++) {
      const other = byDeath[dying] ?? 0;
      if ((buffers[byOffset[other] ?? 0]?.upper ?? 0) > lower) break;
      live.remove(other);
    }
    const below = byOffset[live.before(rank)];
    const above = byOffset[live.after(rank)];
    if (below !== undefined && endOf(below) > (offsets[b] ?? 0)) return [below, b];
    if (above !== undefined && endOf(b) > (offsets[above] ?? 0)) return [b, above];
    live.add(rank);
  }
  return undefined;
}

/** Ranks (positions in the list) in order of a key. */
function ranked(list: readonly BufferIndex[], key: (b: BufferIndex) => number): Uint32Array {
  const keys = Float64Array.from(list, key);
  return Uint32Array.from(keys.keys()).sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
}

/** Numbers from 0 to before `count`, as bits, with a bit for every word of bits that has any, and so on. */
class RankSet {
  readonly #levels: Uint32Array[] = [];

  constructor(count: number) {
    let words = count;
    do {
      words = Math.max(1, Math.ceil(words / BITS));
      this.#levels.push(new Uint32Array(words));
    } while (words > 1);
  }

  add(rank: number): void {
    let at = rank;
    for (const level of this.#levels) {
      level[at >>> 5] = (level[at >>> 5] as number) | (1 << (at & 31));
      at >>>= 5;
    }
  }

  remove(rank: number): void {
    let at = rank;
    for (const level of this.#levels) {
      level[at >>> 5] = (level[at >>> 5] as number) & ~(1 << (at & 31));
      if (level[at >>> 5] !== 0) return;
      at >>>= 5;
    }
  }

  /** The largest member below a rank, or −1. */
  before(rank: number): number {
    return this.#next(rank, (word, bit) => {
      const lower = bit === 0 ? 0 : word & (0xffffffff >>> (BITS - bit));
      return lower === 0 ? NONE : 31 - Math.clz32(lower);
    });
  }

  /** The smallest member above a rank, or −1. */
  after(rank: number): number {
    const lowest = (word: number): number => 31 - Math.clz32(word & -word);
    return this.#next(
      rank,
      (word, bit) => {
        const upper = bit === 31 ? 0 : word & (0xffffffff << (bit + 1));
        return upper === 0 ? NONE : lowest(upper);
      },
      lowest,
    );
  }

  /** Up the levels until a word has a member beyond the position, then down to its nearest bit. */
  #next(
    rank: number,
    beyond: (word: number, bit: number) => number,
    nearest: (word: number) => number = word => 31 - Math.clz32(word),
  ): number {
    let at = rank;
    for (let up = 0; up < this.#levels.length; up++) {
      const bit = beyond(this.#levels[up]?.[at >>> 5] ?? 0, at & 31);
      if (bit !== NONE) {
        let found = (at >>> 5) * BITS + bit;
        for (let down = up - 1; down >= 0; down--) {
          found = found * BITS + nearest(this.#levels[down]?.[found] ?? 0);
        }
        return found;
      }
      at >>>= 5;
    }
    return NONE;
  }
}
