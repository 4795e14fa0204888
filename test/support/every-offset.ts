// Whether a small problem fits a height, by trying every offset of every buffer, and nothing cleverer than crossing
// out what a placed buffer forbids the others. Shares no code with the solvers, and knows nothing of their rules.

import type { Buffer, Problem } from '../../engine/planner/types.ts';

/** The bytes a buffer needs in a step, from its start. */
function needOf({ size, gaps = [] }: Buffer, step: number): readonly [number, number] {
  const gap = gaps.find(({ lower, upper }) => lower <= step && step < upper);
  return gap === undefined ? [0, size] : [gap.window?.from ?? 0, gap.window?.to ?? 0];
}

/**
 * Whether one is the lower of the two in all steps they share, by as much as each of these needs, or a distance
 * that an overlap gives.
 */
function isUnder({ buffers, overlaps = [] }: Problem, a: number, b: number, apart: number): boolean {
  const [low, high] = [buffers[a], buffers[b]];
  if (low === undefined || high === undefined || apart < 0) return false;
  if (overlaps.some(({ below, above, distance }) => below === a && above === b && apart >= distance))
    return true;
  for (let step = Math.max(low.lower, high.lower); step < Math.min(low.upper, high.upper); step++) {
    const mine = needOf(low, step);
    const theirs = needOf(high, step);
    if (mine[0] < mine[1] && theirs[0] < theirs[1] && mine[1] > apart + theirs[0]) return false;
  }
  return true;
}

/** Per pair of buffers that meet and per difference of their offsets, −height to height: whether both fit. */
function fitsOf(problem: Problem, height: number): readonly (readonly (Uint8Array | undefined)[])[] {
  const { buffers } = problem;
  return buffers.map((a, i) =>
    buffers.map((b, j) => {
      if (i === j || a.lower >= b.upper || b.lower >= a.upper) return undefined;
      return Uint8Array.from({ length: 2 * height + 1 }, (_, at) => {
        const apart = at - height;
        return isUnder(problem, i, j, apart) || isUnder(problem, j, i, -apart) ? 1 : 0;
      });
    }),
  );
}

/** Whether the live sizes of a step alone are too much, which saves trying: for problems without overlaps. */
function isFull({ buffers, overlaps = [] }: Problem, height: number): boolean {
  if (overlaps.length > 0) return false;
  const needed = (buffer: Buffer, step: number): number => needOf(buffer, step)[1] - needOf(buffer, step)[0];
  const steps = new Set(
    buffers.flatMap(({ lower, gaps = [] }) => [lower, ...gaps.map(({ upper }) => upper)]),
  );
  return [...steps].some(step => {
    const live = buffers.filter(({ lower, upper }) => lower <= step && step < upper);
    return live.reduce((sum, buffer) => sum + needed(buffer, step), 0) > height;
  });
}

/** Whether any placement stays within a height, in bytes. Exact overlaps count as if they were not there. */
export function fitsWithin(problem: Problem, height: number): boolean {
  const { buffers } = problem;
  if (height < 0) return false;
  if (isFull(problem, height)) return false;
  const fits = fitsOf(problem, height);
  const domains = buffers.map(({ size, alignment = 1, offset }): number[] => {
    const offsets = Array.from({ length: Math.floor(height / alignment) + 1 }, (_, k) => k * alignment);
    const possible = offset === undefined ? offsets : [offset];
    return size === 0 ? [0] : possible.filter(at => at + size <= height);
  });
  const open = new Set([...buffers.keys()].filter(b => (buffers[b]?.size ?? 0) > 0));
  return domains.every(domain => domain.length > 0) && visit(domains, open, fits, height);
}

/** Gives the buffer with the fewest offsets left each of them, and crosses out what that forbids. */
function visit(
  domains: readonly (readonly number[])[],
  open: ReadonlySet<number>,
  fits: readonly (readonly (Uint8Array | undefined)[])[],
  height: number,
): boolean {
  if (open.size === 0) return true;
  const choices = (b: number): number => domains[b]?.length ?? 0;
  const next = [...open].reduce((least, b) => (choices(b) < choices(least) ? b : least));
  const rest = new Set(open);
  rest.delete(next);
  return (domains[next] ?? []).some(offset => {
    const left = domains.map((domain, b) => {
      const row = rest.has(b) ? fits[next]?.[b] : undefined;
      return row === undefined ? domain : domain.filter(at => row[at - offset + height] === 1);
    });
    return left.every(domain => domain.length > 0) && visit(left, rest, fits, height);
  });
}
