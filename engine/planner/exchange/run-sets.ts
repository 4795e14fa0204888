// Which sets of some sizes add up to what sets of others do: all sets of one size after the other, made when they are
// asked for, and looked up by their sums. Invariant: sets of as many members are in lexicographic order.

/** How many may be added up, the fewer the more there are to choose from. */
const ADDED = [
  { upTo: 12, most: 12 },
  { upTo: 16, most: 4 },
  { upTo: 24, most: 3 },
  { upTo: 52, most: 2 },
  { upTo: 1000, most: 1 },
] as const;

/** Sets of so many members. Columns. */
interface Level {
  /** bits of its members; exact for what `ADDED` allows */
  readonly mask: Float64Array;
  readonly sum: Float64Array;
  /** where members begin that come after its last */
  readonly next: Int32Array;
}

/** By a hash of the sum, the first set, and by set the next one; -1 for none. */
interface Lookup {
  readonly head: Int32Array;
  readonly after: Int32Array;
}

const NONE = -1;

export class RunSets {
  /** members of the largest sets */
  readonly most: number;
  readonly #sums: readonly number[];
  readonly #levels: Level[] = [
    { mask: new Float64Array(1), sum: new Float64Array(1), next: new Int32Array(1) },
  ];
  readonly #lookups: Lookup[] = [];

  /** Sums in bytes, one for each that may be a member. */
  constructor(sums: readonly number[]) {
    this.#sums = sums;
    this.most = Math.min(sums.length, ADDED.find(({ upTo }) => sums.length <= upTo)?.most ?? 0);
  }

  /** Pairs of sets, of `count` members here and `otherCount` of the others, with equal sums: as masks. */
  *equals(count: number, others: RunSets, otherCount: number): Generator<readonly [number, number]> {
    const here = this.#level(count);
    const there = others.#level(otherCount);
    const { head, after } = others.#lookup(otherCount);
    for (let i = 0; i < here.sum.length; i++) {
      const sum = here.sum[i] as number;
      for (let j = head[hashOf(sum, head.length)] as number; j !== NONE; j = after[j] as number) {
        if (there.sum[j] === sum) yield [here.mask[i] as number, there.mask[j] as number];
      }
    }
  }

  /** With one member more than the level before. */
  #level(count: number): Level {
    const known = this.#levels[count];
    if (known) return known;
    const { mask, sum, next } = this.#level(count - 1);
    const sums = this.#sums;
    let size = 0;
    for (const from of next) size += sums.length - from;
    const level = { mask: new Float64Array(size), sum: new Float64Array(size), next: new Int32Array(size) };
    let at = 0;
    for (let set = 0; set < mask.length; set++) {
      for (let member = next[set] as number; member < sums.length; member++) {
        level.mask[at] = (mask[set] as number) + 2 ** member;
        level.sum[at] = (sum[set] as number) + (sums[member] as number);
        level.next[at++] = member + 1;
      }
    }
    this.#levels[count] = level;
    return level;
  }

  #lookup(count: number): Lookup {
    const known = this.#lookups[count];
    if (known) return known;
    const { sum } = this.#level(count);
    const head = new Int32Array(2 ** Math.ceil(Math.log2(2 * sum.length + 1))).fill(NONE);
    const after = new Int32Array(sum.length);
    // The last first, so that they are found in order.
    for (let set = sum.length - 1; set >= 0; set--) {
      const hash = hashOf(sum[set] as number, head.length);
      after[set] = head[hash] as number;
      head[hash] = set;
    }
    const lookup = { head, after };
    this.#lookups[count] = lookup;
    return lookup;
  }
}

/** Below a power of two. Sums are often multiples of powers of two, so high bits of the product count. */
function hashOf(sum: number, below: number): number {
  const folded = Math.imul((sum | 0) ^ Math.floor(sum / 2 ** 32), 0x9e3779b1);
  return (folded ^ (folded >>> 15)) & (below - 1);
}
