// In which order a kernel goes through memory, as moments of its loops: what it reads from there on, what it has
// written by then. From this follows how far behind its reads a kernel may write, and so how far a result must lie
// below an operand that it overwrites (overlap.ts). Templates describe their own loops.
// Invariant: what a kernel touches in a moment lies within what the moment says.

import { dtypeInfo } from '../ir/dtypes.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Access } from '../select/spec/access.ts';

/** Half-open ranges of indices, one per axis of an access's iteration space. */
export type Box = readonly (readonly [from: number, to: number])[];

/** A byte of a buffer of the arena, from its start. */
export interface Touch {
  readonly buffer: number;
  readonly byte: number;
}

/**
 * How close moments follow one another. 'alone': as closely as the loops of one worker are known to go on, and only
 * moments that tell all. 'units': every work unit, or a few units together, which run in any order and at once.
 */
export type Pace = 'alone' | 'units';

/** A stretch of a kernel's work. Within it reads and writes come in any order; moments follow one another. */
export interface Moment {
  /** of pace 'units': so many units do this between them; 1 where it says nothing */
  readonly units?: number;
  /** the lowest byte each access reads */
  readonly reads: readonly Touch[];
  /** the end of the highest byte each access writes */
  readonly writes: readonly Touch[];
}

/** Moments in their order. */
export type Traversal = Iterable<Moment>;

/** A kernel's accesses, each with what is touched of it. */
export type Touched = readonly (readonly [access: Access, box: Box])[];

/** The moment in which these are touched; `units`: work units that do so. */
export function moment(reads: Touched, writes: Touched, units = 1): Moment {
  return { units, reads: reads.flatMap(touch(lowestByte)), writes: writes.flatMap(touch(endByte)) };
}

const touch =
  (byteOf: (access: Access, box: Box) => number) =>
  ([access, box]: Touched[number]): Touch[] => {
    const { space, id } = access.buffer;
    const empty = box.some(([from, to]) => from >= to);
    return space === 'arena' && !empty ? [{ buffer: id, byte: byteOf(access, box) }] : [];
  };

/** The same box for every access. */
export const within = (accesses: readonly Access[], box: Box): Touched =>
  accesses.map(access => [access, box] as const);

/** All of an iteration space. */
export const wholeBox = (extents: readonly number[]): Box => extents.map(extent => [0, extent] as const);

function lowestByte({ dtype, offset, strides }: Access, box: Box): number {
  const element = box.reduce((sum, [from, to], axis) => {
    const stride = strides[axis] ?? 0;
    return sum + Math.min(stride * from, stride * (to - 1));
  }, offset);
  return Math.floor((element * dtypeInfo(dtype).bits) / 8);
}

/** Where what is touched of an access ends, in bytes from the start of its buffer. */
export function endByte({ dtype, offset, strides }: Access, box: Box): number {
  const element = box.reduce((sum, [from, to], axis) => {
    const stride = strides[axis] ?? 0;
    return sum + Math.max(stride * from, stride * (to - 1));
  }, offset);
  return Math.ceil(((element + 1) * dtypeInfo(dtype).bits) / 8);
}

/**
 * What is touched of accesses in a round of a loop nest, outermost axis first, of which an axis runs in so many
 * rounds. An access that goes back when an inner loop begins again counts as touched everywhere in every round: of
 * the others, every round lies behind the one before it. Where every round is told, each is as it is.
 */
export function touchedIn(
  extents: readonly number[],
  rounds: readonly number[],
  accesses: readonly Access[],
  pace: Pace = 'alone',
): (box: Box) => Touched {
  const whole = wholeBox(extents);
  const forward = accesses.map(access => pace === 'units' || goesForward(extents, rounds, access));
  return box => accesses.map((access, i) => [access, forward[i] ? box : whole] as const);
}

function goesForward(extents: readonly number[], rounds: readonly number[], { strides }: Access): boolean {
  let span = 0;
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    if ((rounds[axis] ?? 1) === 1) continue;
    const stride = strides[axis] ?? 0;
    if (stride < span) return false;
    span += ((extents[axis] ?? 1) - 1) * stride;
  }
  return true;
}

/**
 * Rounds of a loop that say it all where what they touch grows evenly: the first two and the last two, and `margin`
 * more on either side where they look over an edge. Of pace 'units' all of them. Ascending; not listed, since an edge
 * may be any.
 */
export function tellingRounds(count: number, margin = 0, pace: Pace = 'alone'): Iterable<number> {
  const told = pace === 'units' ? count : Math.min(count, 2 + margin);
  return {
    *[Symbol.iterator]() {
      for (let i = 0; i < told; i++) yield i;
      for (let i = Math.max(told, count - told); i < count; i++) yield i;
    },
  };
}

/** Every choice of one of each list, the last list's fastest. */
export function* combinations(lists: readonly Iterable<number>[]): Iterable<number[]> {
  const [first, ...rest] = lists;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const value of first) for (const others of combinations(rest)) yield [value, ...others];
}

/** The least box around rows [from, to) of a space of these extents, counted in row-major order. */
export function boxOfRows(extents: readonly number[], from: number, to: number): Box {
  const box: (readonly [number, number])[] = [];
  let [first, last] = [from, to - 1];
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const extent = extents[axis] ?? 1;
    const [begin, end] = [Math.floor(first / extent), Math.floor(last / extent)];
    box[axis] = begin === end ? [first % extent, (last % extent) + 1] : [0, extent];
    [first, last] = [begin, end];
  }
  return box;
}

/** Moments of work units, each of so many rows of a space: what they touch of the space with `inner` behind it. */
export function* unitMoments(
  {
    extents,
    inner,
    perUnit,
  }: Readonly<Record<'extents' | 'inner', readonly number[]>> & { readonly perUnit: number },
  reads: readonly Access[],
  writes: readonly Access[],
): Traversal {
  const rows = elementCount(extents);
  for (let from = 0; from < rows; from += perUnit) {
    const box = [...boxOfRows(extents, from, Math.min(rows, from + perUnit)), ...wholeBox(inner)];
    yield moment(within(reads, box), within(writes, box));
  }
}

/**
 * Moments of a plain loop nest whose rounds are so many elements of each axis. In every round `reads` come first;
 * `others` are read while results are written.
 */
export function* nestMoments(
  extents: readonly number[],
  steps: readonly number[],
  {
    reads,
    others = [],
    writes,
  }: Readonly<Record<'reads' | 'writes', readonly Access[]>> & {
    readonly others?: readonly Access[];
  },
): Traversal {
  const rounds = extents.map((extent, axis) => Math.ceil(extent / (steps[axis] ?? 1)));
  const read = touchedIn(extents, rounds, reads);
  const during = touchedIn(extents, rounds, others);
  const written = touchedIn(extents, rounds, writes);
  for (const indices of combinations(rounds.map(count => tellingRounds(count)))) {
    const box = indices.map((index, axis) => {
      const [extent = 1, step = 1] = [extents[axis], steps[axis]];
      return [index * step, Math.min((index + 1) * step, extent)] as const;
    });
    yield moment(read(box), []);
    yield moment(during(box), written(box));
  }
}
