// Exact overlaps: buffers that may lie at a given distance from each other, as an elementwise result in the place of
// its input, or the parts of a concatenation in the whole. Each is a decision, taken before anything is placed:
// buffers that are joined become one block whose gaps say what it needs when. Invariant: members of a block never
// need the same bytes in the same step, but where an overlap says so.

import { leastCommonMultiple } from '../align.ts';
import { placeEither, placeEitherBelow } from '../greedy/below-first.ts';
import { sizeOrder } from '../greedy/orders.ts';
import type { Layout } from '../greedy/place.ts';
import { pairOf, type Stretch, sharesSteps, stretchesOf } from '../problem/distances.ts';
import type { Buffer, BufferIndex, Gap, LowerBound, Overlap, Placement, Problem } from '../types.ts';

/** Decisions that are looked at one by one, after all and none of them. */
const MAX_TRIALS = 32;

/** A buffer of a block, and where in the block it lies. */
interface Member {
  readonly buffer: BufferIndex;
  /** bytes from the start of the block */
  readonly at: number;
}

/** A problem in which joined buffers are one, and what each of its buffers stands for. */
export interface Joined {
  readonly problem: Problem;
  readonly members: readonly (readonly Member[])[];
  /** placed by size, where that was tried */
  readonly placed?: Layout;
}

/**
 * The problem with those exact overlaps joined that lower a greedy placement: all, none, or all but some of those
 * live in the fullest step. No exact overlaps are left in it. `stop`, asked in between, ends it with what was found.
 */
export function decideInPlace(
  problem: Problem,
  bound: LowerBound,
  stop: () => boolean = () => false,
): Joined {
  const exact = problem.overlaps?.filter(overlap => overlap.exact) ?? [];
  const none = join(problem, []);
  if (exact.length === 0) return none;
  let chosen: readonly Overlap[] = exact;
  const all = join(problem, exact);
  const placedFirst = placeEither(all.problem, sizeOrder(all.problem), 'first', { floor: bound.bytes, stop });
  let best = { ...all, placed: placedFirst };
  const attempt = (joined: Joined, overlaps: readonly Overlap[]): void => {
    const limits = { floor: bound.bytes, below: best.placed.height, stop };
    const placed = placeEitherBelow(joined.problem, sizeOrder(joined.problem), 'first', limits);
    if (placed) [chosen, best] = [overlaps, { ...joined, placed }];
  };
  // Apart they are no lower than the floor under all ways to join them.
  if (best.placed.height > bound.bytes && !stop()) attempt(none, []);
  const atPeak = new Set(bound.witness);
  const trials = exact.filter(({ below, above }) => atPeak.has(below) || atPeak.has(above));
  for (const overlap of trials.slice(0, MAX_TRIALS)) {
    if (best.placed.height <= bound.bytes || stop()) break;
    const others = chosen.filter(other => other !== overlap);
    const trial = others.length < chosen.length ? others : [...chosen, overlap];
    attempt(join(problem, trial), trial);
  }
  return best;
}

/** The layout of a joined problem as one of the buffers it was made of. */
export function separateMembers({ members }: Joined, layout: Layout): Layout {
  const offsets: number[] = [];
  members.forEach((group, block) => {
    for (const { buffer, at } of group) offsets[buffer] = (layout.offsets[block] ?? 0) + at;
  });
  const placements = layout.placements.flatMap(({ buffer: block, offset }) =>
    (members[block] ?? []).map(({ buffer, at }): Placement => ({ buffer, offset: offset + at })),
  );
  return { ...layout, offsets, placements };
}

/** Joins one overlap after the other, where it agrees with those before it. */
function join(problem: Problem, overlaps: readonly Overlap[]): Joined {
  const { buffers } = problem;
  const allowed = allowedIn(problem);
  const groups: (readonly Member[])[] = buffers.map((_, buffer) => [{ buffer, at: 0 }]);
  for (const { below, above, distance } of overlaps) {
    const low = groups[below];
    const high = groups[above];
    if (low === undefined || high === undefined || low === high) continue;
    const shift = atOf(low, below) + distance - atOf(high, above);
    const lowest = high.reduce((least, { at }) => Math.min(least, at + shift), 0);
    const [settled, added] = [movedBy(low, -lowest), movedBy(high, shift - lowest)];
    if (!agree(buffers, settled, added, allowed)) continue;
    const group = settled.concat(added);
    for (const { buffer } of group) groups[buffer] = group;
  }
  const members = [...new Set(groups)];
  const blocks = members.map(group => blockOf(problem, group));
  return { problem: { buffers: blocks, overlaps: betweenBlocks(problem, members, blocks) }, members };
}

const movedBy = (group: readonly Member[], bytes: number): readonly Member[] =>
  bytes === 0 ? group : group.map(({ buffer, at }) => ({ buffer, at: at + bytes }));

/** Overlaps of members as ones of their blocks: as far apart as the pair of members that needs it most. */
function betweenBlocks(
  { buffers, overlaps = [] }: Problem,
  members: readonly (readonly Member[])[],
  blocks: readonly Buffer[],
): Overlap[] {
  const between = overlaps.filter(({ exact }) => !exact);
  const keyOf = (below: number, above: number): number => below * buffers.length + above;
  const loose = new Map<number, number>();
  for (const { below, above, distance } of between) {
    const key = keyOf(below, above);
    loose.set(key, Math.min(distance, loose.get(key) ?? distance));
  }
  const blockAt = new Int32Array(buffers.length);
  members.forEach((group, block) => {
    for (const { buffer } of group) blockAt[buffer] = block;
  });
  const lives = members.map(group => livesOf(buffers, group));
  const pairs = new Map<number, Overlap>();
  for (const overlap of between) {
    const [below, above] = [blockAt[overlap.below] ?? -1, blockAt[overlap.above] ?? -1];
    const key = keyOf(below, above);
    if (below === above || pairs.has(key)) continue;
    let distance = 0;
    forMeeting(lives[below] ?? [], lives[above] ?? [], (low, high) => {
      const { under } = pairOf(low.life, high.life);
      const allowed = loose.get(keyOf(low.buffer, high.buffer)) ?? under;
      distance = Math.max(distance, Math.min(under, allowed) + low.at - high.at);
    });
    if (distance < (blocks[below]?.size ?? 0)) pairs.set(key, { below, above, distance });
  }
  return [...pairs.values()];
}

/** A member with the buffer it is. */
interface Life extends Member {
  readonly life: Buffer;
}

/** Members of a group, in the order of their first steps. */
function livesOf(buffers: readonly Buffer[], group: readonly Member[]): Life[] {
  const lives = group.flatMap(member => {
    const life = buffers[member.buffer];
    return life === undefined ? [] : [{ ...member, life }];
  });
  return lives.sort((a, b) => a.life.lower - b.life.lower);
}

/** Pairs whose lives have steps in common. Both come in the order of their first steps. */
function forMeeting(low: readonly Life[], high: readonly Life[], use: (a: Life, b: Life) => void): void {
  for (const a of low) {
    for (const b of high) {
      if (b.life.lower >= a.life.upper) break;
      if (a.life.lower < b.life.upper) use(a, b);
    }
  }
}

function atOf(group: readonly Member[], buffer: BufferIndex): number {
  return group.find(member => member.buffer === buffer)?.at ?? 0;
}

/** Whether an exact overlap says that a member may lie where it does under another. */
type Allowed = (low: Member, high: Member) => boolean;

function allowedIn({ overlaps = [] }: Problem): Allowed {
  const above = Map.groupBy(
    overlaps.filter(overlap => overlap.exact),
    overlap => overlap.below,
  );
  return (low, high) => {
    const found = above.get(low.buffer);
    return found?.some(o => o.above === high.buffer && o.distance === high.at - low.at) ?? false;
  };
}

/** Whether two groups, the buffers of each of which agree, can lie as they are put. */
function agree(
  buffers: readonly Buffer[],
  settled: readonly Member[],
  added: readonly Member[],
  allowed: Allowed,
): boolean {
  const isPossible = ({ buffer, at }: Member): boolean => {
    const { alignment = 1, offset } = buffers[buffer] ?? {};
    return offset === undefined && at % alignment === 0;
  };
  if (!settled.every(isPossible) || !added.every(isPossible)) return false;
  return added.every(b =>
    settled.every(
      a => !meet(buffers[a.buffer], a.at, buffers[b.buffer], b.at) || allowed(a, b) || allowed(b, a),
    ),
  );
}

function meet(a: Buffer | undefined, aAt: number, b: Buffer | undefined, bAt: number): boolean {
  if (a === undefined || b === undefined || !sharesSteps(a, b)) return false;
  return stretchesOf(a).some(mine =>
    stretchesOf(b).some(
      theirs =>
        mine.lower < theirs.upper &&
        theirs.lower < mine.upper &&
        aAt + mine.from < bAt + theirs.to &&
        bAt + theirs.from < aAt + mine.to,
    ),
  );
}

/** One buffer for a group: its size is what all of them cover, its gaps where fewer bytes are needed. */
function blockOf({ buffers }: Problem, group: readonly Member[]): Buffer {
  const parts = group.flatMap(({ buffer, at }) => {
    const part = buffers[buffer];
    return part === undefined ? [] : [{ part, at }];
  });
  const [first] = parts;
  if (first === undefined) throw new Error('a block without buffers');
  if (parts.length === 1) return first.part;
  const stretches = parts.flatMap(({ part, at }) =>
    stretchesOf(part).map(stretch => ({ ...stretch, from: stretch.from + at, to: stretch.to + at })),
  );
  const lower = Math.min(...parts.map(({ part }) => part.lower));
  const upper = Math.max(...parts.map(({ part }) => part.upper));
  const size = Math.max(...parts.map(({ part, at }) => at + part.size));
  const alignment = parts.reduce((all, { part }) => leastCommonMultiple(all, part.alignment ?? 1), 1);
  return {
    id: parts.map(({ part }) => part.id).join(' + '),
    lower,
    upper,
    size,
    ...(alignment === 1 ? {} : { alignment }),
    gaps: gapsBetween(stretches, lower, upper, size),
  };
}

function gapsBetween(stretches: readonly Stretch[], lower: number, upper: number, size: number): Gap[] {
  const cuts = [...new Set([lower, upper, ...stretches.flatMap(part => [part.lower, part.upper])])];
  cuts.sort((a, b) => a - b);
  return cuts.slice(0, -1).flatMap((start, i): Gap[] => {
    const live = stretches.filter(part => part.lower <= start && start < part.upper);
    const from = Math.min(...live.map(part => part.from));
    const to = Math.max(...live.map(part => part.to));
    const steps = { lower: start, upper: cuts[i + 1] ?? upper };
    if (live.length === 0) return [steps];
    return from === 0 && to === size ? [] : [{ ...steps, window: { from, to } }];
  });
}
