// Checks a solution against its problem: every rule on every pair, and nothing taken from the solvers.
// It is quadratic on purpose, up to thousands of buffers: what is obvious needs no proof.

import type { Buffer, BufferIndex, Overlap, Problem, Solution } from './types.ts';
import { findOverlap } from './validate-sweep.ts';

/** A rule that a solution breaks. */
export interface Violation {
  readonly kind: 'count' | 'offset' | 'alignment' | 'fixed' | 'overlap' | 'height';
  readonly buffers: readonly BufferIndex[];
  /** one sentence: what was expected and what was found, in bytes and steps */
  readonly message: string;
}

/** All rules the solution breaks; empty when it is valid. */
export function validate(problem: Problem, solution: Solution): readonly Violation[] {
  const { buffers } = problem;
  const { offsets, height } = solution;
  const violations: Violation[] = [];
  const report = (kind: Violation['kind'], at: readonly BufferIndex[], message: string): void => {
    violations.push({ kind, buffers: at, message });
  };

  if (offsets.length !== buffers.length) {
    report('count', [], `expected ${buffers.length} offsets, found ${offsets.length}`);
    return violations;
  }

  let top = 0;
  buffers.forEach((buffer, b) => {
    const offset = offsets[b] ?? Number.NaN;
    const { id, size, alignment = 1 } = buffer;
    if (!Number.isSafeInteger(offset) || offset < 0) {
      report('offset', [b], `${id}: expected an offset of 0 or more whole bytes, found ${offset}`);
    } else if (offset % alignment !== 0) {
      report('alignment', [b], `${id}: expected a multiple of ${alignment} bytes, found offset ${offset}`);
    }
    if (buffer.offset !== undefined && offset !== buffer.offset) {
      report('fixed', [b], `${id}: is fixed at ${buffer.offset}, found at ${offset}`);
    }
    if (size > 0) top = Math.max(top, offset + size);
  });

  const leave = overlapsByPair(problem);
  for (const [i, j] of pairsToCheck(problem, solution)) {
    const a = buffers[i];
    const b = buffers[j];
    if (a === undefined || b === undefined || b.lower >= a.upper || a.lower >= b.upper) continue;
    const [from, start] = [offsets[i] ?? 0, offsets[j] ?? 0];
    // Whatever they need lies within their sizes.
    if (from + a.size <= start || start + b.size <= from) continue;
    if (leave.get(pairKey(i, j))?.some(overlap => isHeeded(overlap, solution))) continue;
    const end = Math.min(a.upper, b.upper);
    const cuts = [Math.max(a.lower, b.lower), ...changes(a), ...changes(b)].sort((x, y) => x - y);
    for (const step of cuts.filter(cut => cut >= a.lower && cut >= b.lower && cut < end)) {
      const mine = bytesIn(a, step, from);
      const theirs = bytesIn(b, step, start);
      const low = Math.max(mine.from, theirs.from);
      const high = Math.min(mine.to, theirs.to);
      if (low >= high) continue;
      const until = Math.min(end, ...cuts.filter(cut => cut > step));
      const steps = `[${step}, ${until})`;
      report('overlap', [i, j], `${a.id} and ${b.id} share bytes [${low}, ${high}) in steps ${steps}`);
      break;
    }
  }

  if (height !== top) report('height', [], `expected a height of ${top} bytes, found ${height}`);
  return violations;
}

/** Up to so many buffers every pair is looked at. */
const MAX_PAIRED = 3000;

/**
 * All pairs; of many buffers those with a buffer that may share bytes, and a first one that overlaps among the others.
 */
function* pairsToCheck(problem: Problem, solution: Solution): Generator<readonly [BufferIndex, BufferIndex]> {
  const { buffers, overlaps = [] } = problem;
  const count = buffers.length;
  const special = new Set(overlaps.flatMap(({ below, above }) => [below, above]));
  buffers.forEach(({ gaps = [] }, b) => {
    if (gaps.length > 0 || count <= MAX_PAIRED) special.add(b);
  });
  for (const i of special) {
    const { lower = 0, upper = 0 } = buffers[i] ?? {};
    for (const [j, other] of buffers.entries()) {
      if (other.lower >= upper || lower >= other.upper) continue;
      if (j > i || (j < i && !special.has(j))) yield [i, j];
    }
  }
  const found = findOverlap(
    problem,
    solution,
    [...buffers.keys()].filter(b => !special.has(b)),
  );
  if (found) yield found;
}

const pairKey = (i: BufferIndex, j: BufferIndex): string => `${Math.min(i, j)} ${Math.max(i, j)}`;

function overlapsByPair({ overlaps = [] }: Problem): ReadonlyMap<string, readonly Overlap[]> {
  return Map.groupBy(overlaps, ({ below, above }) => pairKey(below, above));
}

/** Whether the two lie as an overlap allows them to. */
function isHeeded({ below, above, distance, exact = false }: Overlap, { offsets }: Solution): boolean {
  const apart = (offsets[above] ?? 0) - (offsets[below] ?? 0);
  return exact ? apart === distance : apart >= distance;
}

/** Steps in which what a buffer needs may change. */
function changes({ gaps = [] }: Buffer): number[] {
  return gaps.flatMap(({ lower, upper }) => [lower, upper]);
}

/** The bytes of the arena that a live buffer needs in a step. */
function bytesIn({ size, gaps = [] }: Buffer, step: number, offset: number): { from: number; to: number } {
  const gap = gaps.find(({ lower, upper }) => lower <= step && step < upper);
  if (gap === undefined) return { from: offset, to: offset + size };
  return { from: offset + (gap.window?.from ?? 0), to: offset + (gap.window?.to ?? 0) };
}
