// Passes over a line of elements: what is computed of one pass lies in scratch for the next.

import type { Hook } from '../../expression/hook.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';

type Source = 'input' | 'scratch' | 'both';
/** 'f32.pmax' passes NaN over. */
type Accumulation = 'f32.add' | 'f32.pmax';
const IDENTITY: Readonly<Record<Accumulation, number>> = { 'f32.add': 0, 'f32.pmax': -Infinity };
/** Vectors per round of a loop along the line, each with an accumulator of its own. */
const UNROLL = 4;

interface LineExtents {
  readonly outer: readonly number[];
  readonly line: readonly number[];
}

interface LineLayout {
  /** vectors run along this axis of (outer…, line…): one of the line's, or across neighbouring lines */
  readonly vectorAxis: number;
  readonly lanes: number;
}

/** Lanes of a vector along the line that hold elements of it, at a place of the vector axis. */
interface Chunk {
  readonly at: number;
  readonly count: number;
}

/** In which order a line is gone through, vector by vector: the same in every pass, so that scratch is dense. */
interface Walk {
  /** axes around the innermost loop, outermost first */
  readonly around: readonly number[];
  /** what lies between them and the innermost loop, if that does not go along the vectors */
  readonly chunks: readonly Chunk[];
  /** axis of the innermost loop, elements per round of it, and how many there are */
  readonly inner: number;
  readonly step: number;
  readonly extent: number;
}

/**
 * Vectors follow one another along the line's longest axis: where they run along a shorter one they are taken one
 * beside the other, each all along the longest.
 */
function walkOf({ outer, line }: LineExtents, { vectorAxis, lanes }: LineLayout): Walk {
  const extents = [...outer, ...line];
  const extentOf = (axis: number): number => extents[axis] ?? 1;
  const axes = line.map((_, k) => outer.length + k);
  const along = axes.includes(vectorAxis);
  const rounds = (axis: number): number =>
    axis === vectorAxis ? Math.floor(extentOf(axis) / lanes) : extentOf(axis);
  const enough = along && rounds(vectorAxis) >= UNROLL;
  const longest = axes.reduce((best, axis) => (rounds(axis) > rounds(best) ? axis : best), axes.at(-1) ?? 0);
  const inner = enough ? vectorAxis : longest;
  const around = axes.filter(axis => axis !== inner && axis !== vectorAxis);
  const beside = along && inner !== vectorAxis;
  const count = beside ? Math.ceil(extentOf(vectorAxis) / lanes) : 1;
  const chunks = Array.from({ length: count }, (_, k) => ({
    at: k * lanes,
    count: beside ? Math.min(lanes, extentOf(vectorAxis) - k * lanes) : lanes,
  }));
  return { around, chunks, inner, step: inner === vectorAxis ? lanes : 1, extent: extentOf(inner) };
}

/** Vectors that a line fills. */
export function lineVectors(extents: LineExtents, layout: LineLayout): number {
  const { around, chunks, step, extent } = walkOf(extents, layout);
  const all = [...extents.outer, ...extents.line];
  const times = around.reduce((product, axis) => product * (all[axis] ?? 1), 1);
  return times * chunks.length * Math.ceil(extent / step);
}

/** What a line is read from and written through. */
interface LineParts {
  readonly v: Vectors;
  readonly pre: Hook;
  readonly post: Hook;
  readonly scratch: Local;
  /** lanes in use when vectors run across lines */
  readonly count: number;
}

/** One line, or one vector of neighbouring lines, while its code is emitted. */
export class Line {
  readonly v: Vectors;
  private readonly parts: LineParts;
  private readonly along: boolean;
  private readonly extents: readonly number[];
  private readonly vectorAxis: number;
  private readonly walk: Walk;
  /** whole rounds of the innermost loop, and elements of its axis left over */
  private readonly whole: number;
  private readonly tail: number;

  constructor(extents: LineExtents, layout: LineLayout, parts: LineParts) {
    this.v = parts.v;
    this.parts = parts;
    this.extents = [...extents.outer, ...extents.line];
    this.vectorAxis = layout.vectorAxis;
    this.along = layout.vectorAxis >= extents.outer.length;
    this.walk = walkOf(extents, layout);
    this.whole = Math.floor(this.walk.extent / this.walk.step);
    this.tail = this.walk.extent % this.walk.step;
  }

  /**
   * Goes over the line, from the input or from scratch, or from both: what lies in scratch as the input's own result.
   * `body` gives what to keep in scratch and the term to accumulate. The total comes back in every lane (of each
   * line).
   */
  pass(
    source: Source,
    accumulation: Accumulation,
    body: (x: Value) => { readonly keep?: Value; readonly term: Value },
  ): Value {
    const { v } = this;
    const { pre } = this.parts;
    const sums = Array.from({ length: Math.min(UNROLL, Math.max(1, this.whole)) }, () =>
      v.fresh('f32', 'sum'),
    );
    for (const sum of sums) v.fill(sum, IDENTITY[accumulation]);
    this.each(source === 'scratch' ? undefined : pre, (pointer, position, lanes) => {
      const bytes = position * v.lanes * 4;
      const kept = source === 'input' ? undefined : v.load(pointer, bytes);
      const x = kept && source === 'scratch' ? kept : pre.value(this.at(position), lanes, kept);
      const { keep, term } = body(x);
      if (keep) v.store(pointer, bytes, keep);
      const sum = sums[position];
      if (!sum) throw new Error('more vectors at once than accumulators');
      v.update(
        accumulation,
        sum,
        this.along && lanes < v.lanes ? v.keepLanes(term, lanes, IDENTITY[accumulation]) : term,
      );
    });
    const [total, ...others] = sums;
    if (!total) throw new Error('a pass needs an accumulator');
    for (const other of others) v.update(accumulation, total, other);
    if (!this.along) return total;
    v.reduce(accumulation, total);
    return v.splat();
  }

  /** Goes over scratch and writes through the epilogue. */
  write(body: (x: Value) => Value): void {
    const { post } = this.parts;
    this.each(post, (pointer, position, lanes) => {
      const x = this.v.load(pointer, position * this.v.lanes * 4);
      post.store(this.at(position), lanes, body(x));
    });
  }

  private at(position: number): number[] {
    const { inner, step } = this.walk;
    return this.extents.map((_, axis) => (axis === inner ? position * step : 0));
  }

  /** Runs `body` for every vector of the line: pointer into scratch, number within the round, lanes in use. */
  private each(
    hook: Hook | undefined,
    body: (pointer: Local, position: number, lanes: number) => void,
  ): void {
    const { f } = this.v;
    f.scope(() => {
      const pointer = f.local('i32', 'kept');
      f.assign(pointer, this.parts.scratch);
      this.around(hook, this.walk.around, () => {
        for (const { at, count } of this.walk.chunks) {
          const lanes = this.along ? count : this.parts.count;
          saved(hook, () => {
            if (at > 0) hook?.advance(this.vectorAxis, at);
            this.rounds(hook, pointer, lanes, body);
          });
        }
      });
    });
  }

  /** A loop for each of these axes, around `body`. */
  private around(hook: Hook | undefined, [axis, ...others]: readonly number[], body: () => void): void {
    if (axis === undefined) {
      body();
      return;
    }
    const { f } = this.v;
    saved(hook, () =>
      f.scope(() => {
        f.range(f.local('i32', 'around'), 0, this.extents[axis] ?? 1, 1, () => {
          this.around(hook, others, body);
          hook?.advance(axis, 1);
        });
      }),
    );
  }

  /** The innermost loop; what does not vary along it is computed once. */
  private rounds(
    hook: Hook | undefined,
    pointer: Local,
    lanes: number,
    body: (pointer: Local, position: number, lanes: number) => void,
  ): void {
    const { f } = this.v;
    const { inner, step } = this.walk;
    const bytes = 4 * this.v.lanes;
    const run = (vectors: number): void => {
      for (let position = 0; position < vectors; position++) f.scope(() => body(pointer, position, lanes));
      hook?.advance(inner, vectors * step);
      f.increment(pointer, vectors * bytes);
    };
    const all = (): void => {
      const i = f.local('i32', 'i');
      f.range(i, 0, this.whole, UNROLL, () => run(UNROLL));
      if (this.whole % UNROLL) run(this.whole % UNROLL);
      if (this.tail === 0) return;
      f.scope(() => body(pointer, 0, this.tail));
      if (this.walk.around.length > 0) f.increment(pointer, bytes);
    };
    f.scope(() => (hook ? hook.hoist([inner], all, lanes) : all()));
  }
}

/** Runs `body`, then the hook stands where it stood before. */
function saved(hook: Hook | undefined, body: () => void): void {
  if (hook) hook.saved(body);
  else body();
}
