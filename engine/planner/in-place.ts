// Exact overlaps: buffers that may lie at a given distance from each other, as an elementwise result in the place of
// its input, or the parts of a concatenation in the whole. Each is a decision, taken before anything is placed:
// buffers that are joined become one block whose gaps say what it needs when. Invariant: members of a block never
// need the same bytes in the same step, but where an overlap says so.

import { type Stretch, stretchesOf } from './distances.ts';
import { sizeOrder } from './greedy.ts';
import { type Layout, placeInOrder } from './place.ts';
import type { Buffer, BufferIndex, Gap, LowerBound, Overlap, Placement, Problem } from './types.ts';

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
}

/**
 * The problem with those exact overlaps joined that lower a greedy placement: all, none, or all but some of those
 * live in the fullest step. No exact overlaps are left in it.
 */
export function decideInPlace(problem: Problem, bound: LowerBound): Joined {
  const exact = problem.overlaps?.filter(overlap => overlap.exact) ?? [];
  const height = (joined: Joined): number =>
    placeInOrder(joined.problem, sizeOrder(joined.problem), 'first').height;
  const none = join(problem, []);
  if (exact.length === 0) return none;
  let chosen = exact;
  let best = join(problem, exact);
  let lowest = height(best);
  const separate = height(none);
  if (separate < lowest) [chosen, best, lowest] = [[], none, separate];
  const atPeak = new Set(bound.witness);
  const trials = exact.filter(({ below, above }) => atPeak.has(below) || atPeak.has(above));
  for (const overlap of trials.slice(0, MAX_TRIALS)) {
    if (lowest <= bound.bytes) break;
    const others = chosen.filter(other => other !== overlap);
    const trial = others.length < chosen.length ? others : [...chosen, overlap];
    const joined = join(problem, trial);
    const reached = height(joined);
    if (reached < lowest) [chosen, best, lowest] = [trial, joined, reached];
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
  const groups: (readonly Member[])[] = buffers.map((_, buffer) => [{ buffer, at: 0 }]);
  for (const { below, above, distance } of overlaps) {
    const low = groups[below];
    const high = groups[above];
    if (low === undefined || high === undefined || low === high) continue;
    const shift = atOf(low, below) + distance - atOf(high, above);
    const moved = [...low, ...high.map(({ buffer, at }) => ({ buffer, at: at + shift }))];
    const bottom = Math.min(...moved.map(({ at }) => at));
    const group = moved.map(({ buffer, at }) => ({ buffer, at: at - bottom }));
    if (!agrees(problem, low, group)) continue;
    for (const { buffer } of group) groups[buffer] = group;
  }
  const members = [...new Set(groups)];
  const indexOf = new Map<BufferIndex, number>();
  members.forEach((group, index) => {
    if (group.length === 1) indexOf.set(group[0]?.buffer ?? -1, index);
  });
  // What may lie over one member need not lie over the others of its block.
  const kept = (problem.overlaps ?? []).flatMap((overlap): Overlap[] => {
    const below = indexOf.get(overlap.below);
    const above = indexOf.get(overlap.above);
    return overlap.exact || below === undefined || above === undefined ? [] : [{ ...overlap, below, above }];
  });
  return { problem: { buffers: members.map(group => blockOf(problem, group)), overlaps: kept }, members };
}

function atOf(group: readonly Member[], buffer: BufferIndex): number {
  return group.find(member => member.buffer === buffer)?.at ?? 0;
}

/** Whether the buffers of a group, of which those of `settled` agree already, can lie where the group puts them. */
function agrees(problem: Problem, settled: readonly Member[], group: readonly Member[]): boolean {
  const { buffers, overlaps = [] } = problem;
  for (const { buffer, at } of group) {
    const { alignment = 1, offset } = buffers[buffer] ?? {};
    if (offset !== undefined || at % alignment !== 0) return false;
  }
  const old = new Set(settled.map(({ buffer }) => buffer));
  const allowed = (a: Member, b: Member): boolean =>
    overlaps.some(
      ({ exact, below, above, distance }) =>
        exact && below === a.buffer && above === b.buffer && b.at - a.at === distance,
    );
  return group.every((a, i) =>
    group.slice(i + 1).every(b => {
      if (old.has(a.buffer) === old.has(b.buffer)) return true;
      return !meet(buffers[a.buffer], a.at, buffers[b.buffer], b.at) || allowed(a, b) || allowed(b, a);
    }),
  );
}

function meet(a: Buffer | undefined, aAt: number, b: Buffer | undefined, bAt: number): boolean {
  if (a === undefined || b === undefined) return false;
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

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
