// Very many buffers, or whatever has to be placed at once: one sweep over time that allocates at birth and frees at
// death. Fixed buffers bar their bytes to whoever meets them. Gaps and leave to overlap are not made use of, so every
// problem can be swept. Invariant: buffers that live at the same time never overlap, unless both are fixed.

import { ascending } from '../problem/ascending.ts';
import { type Births, birthsOf } from '../problem/by-birth.ts';
import { isPlain } from '../problem/distances.ts';
import { Nearby } from '../problem/nearby.ts';
import type { Placement, Problem } from '../types.ts';
import { type Barred, FreeLists } from './free-lists.ts';
import type { Layout } from './place.ts';

const NONE = -1;

/** Whether buffers meet in one way only, each free to move: no fixed offsets, gaps or overlaps. */
export function canSweep(problem: Problem): boolean {
  return isPlain(problem) && problem.buffers.every(buffer => buffer.offset === undefined);
}

/**
 * Linear in the buffers; fixed ones cost whoever meets them a look at each. `ceiling`: bytes to stay below where that is
 * possible, such as the bound.
 */
export function sweep(problem: Problem, ceiling: number): Layout {
  const { buffers } = problem;
  const offsets: number[] = new Array(buffers.length).fill(0);
  const placements: Placement[] = [];
  let height = 0;
  const put = (buffer: number, offset: number, size: number): void => {
    offsets[buffer] = offset;
    placements.push({ buffer, offset });
    if (size > 0) height = Math.max(height, offset + size);
  };
  buffers.forEach(({ offset, size }, b) => {
    if (offset !== undefined) put(b, offset, size);
  });
  const moving = movingOf(problem);
  const { buffer, lower, upper, size, alignment } = moving;
  const deaths = ascending(upper);
  const arena = new FreeLists(mostLive(lower, upper, deaths), { ceiling, ...meansOf(moving) });
  const blocks = new Int32Array(lower.length).fill(NONE);
  const barredFor = barring(problem);
  let dying = 0;
  for (let i = 0; i < lower.length; i++) {
    const now = lower[i] as number;
    for (; dying < deaths.length; dying++) {
      const other = deaths[dying] as number;
      if ((upper[other] as number) > now) break;
      if ((blocks[other] as number) !== NONE) arena.free(blocks[other] as number);
    }
    const b = buffer[i] as number;
    const bytes = size[i] as number;
    let offset = 0;
    if (bytes > 0) {
      const until = upper[i] as number;
      const wanted = { size: bytes, alignment: alignment[i] as number, now, until };
      const block = arena.take(wanted, barredFor(now, until));
      blocks[i] = block;
      offset = arena.offsetOf(block);
    }
    put(b, offset, bytes);
  }
  return { offsets, height, placements };
}

/** Buffers that are not fixed, in order of birth. */
type Columns = Pick<Births, 'buffer' | 'lower' | 'upper' | 'size' | 'alignment'>;

function movingOf(problem: Problem): Columns {
  const births = birthsOf(problem);
  const { buffers } = problem;
  if (buffers.every(({ offset }) => offset === undefined)) return births;
  const isMoving = (_: number, i: number) => buffers[births.buffer[i] as number]?.offset === undefined;
  return {
    buffer: births.buffer.filter(isMoving),
    lower: births.lower.filter(isMoving),
    upper: births.upper.filter(isMoving),
    size: births.size.filter(isMoving),
    alignment: births.alignment.filter(isMoving),
  };
}

function meansOf({ lower, upper, size }: Columns): { readonly meanSize: number; readonly meanLife: number } {
  let [bytes, steps] = [0, 0];
  for (let i = 0; i < size.length; i++) {
    bytes += size[i] as number;
    steps += (upper[i] as number) - (lower[i] as number);
  }
  const count = Math.max(1, size.length);
  return { meanSize: bytes / count, meanLife: steps / count };
}

/** How many live at a time at most; `deaths` are in order. */
function mostLive(lower: Float64Array, upper: Float64Array, deaths: Int32Array): number {
  let most = 0;
  let dead = 0;
  for (let i = 0; i < lower.length; i++) {
    while ((upper[deaths[dead] as number] as number) <= (lower[i] as number)) dead++;
    most = Math.max(most, i + 1 - dead);
  }
  return most;
}

const NOTHING: readonly Barred[] = [];

/** What fixed buffers bar to one with such a life. */
function barring({ buffers }: Problem): (lower: number, upper: number) => readonly Barred[] {
  const fixed = buffers.filter(({ offset, size }) => offset !== undefined && size > 0);
  if (fixed.length === 0) return () => NOTHING;
  const whole = fixed.map(({ id, lower, upper, size }) => ({ id, lower, upper, size }));
  const nearby = new Nearby({ buffers: whole });
  const all = new Uint8Array(fixed.length).fill(1);
  const bars = fixed.map(({ offset = 0, size }) => ({ from: offset, to: offset + size }));
  return (lower, upper) => {
    const count = nearby.between(lower, upper, all);
    const met: Barred[] = [];
    for (let i = 0; i < count; i++) met.push(bars[nearby.found[i] as number] ?? { from: 0, to: 0 });
    return met.sort((a, b) => a.from - b.from);
  };
}
