// Whether a small problem fits a height, by trying every offset of every buffer, and nothing cleverer than crossing
// out what a placed buffer forbids the others. Shares no code with the solvers, and knows nothing of their rules.

import type { Buffer, Problem } from '../../engine/planner/types.ts';

/** The bytes a buffer needs in a step, from its start. */
function needOf({ size, gaps = [] }: Buffer, step: number): readonly [number, number] {
  const gap = gaps.find(({ lower, upper }) => lower <= step && step < upper);
  return gap === undefined ? [0, size] : [gap.window?.from ?? 0, gap.window?.to ?? 0];
}

/** Whether no step needs the same byte of both, b lying `apart` bytes above a, or an overlap allows just that. */
export function mayLie({ buffers, overlaps = [] }: Problem, a: number, b: number, apart: number): boolean {
  const [low, high] = [buffers[a], buffers[b]];
  if (low === undefined || high === undefined) return false;
  const isAllowed = overlaps.some(({ below, above, distance, exact }) => {
    if (!((below === a && above === b) || (below === b && above === a))) return false;
    const difference = below === a ? apart : -apart;
    return exact ? difference === distance : difference >= distance;
  });
  if (isAllowed) return true;
  for (let step = Math.max(low.lower, high.lower); step < Math.min(low.upper, high.upper); step++) {
    const [mineFrom, mineTo] = needOf(low, step);
    const [theirsFrom, theirsTo] = needOf(high, step);
    if (Math.max(mineFrom, theirsFrom + apart) < Math.min(mineTo, theirsTo + apart)) return false;
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
        return mayLie(problem, i, j, at - height) ? 1 : 0;
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

/** Whether any placement stays within a height, in bytes. */
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
