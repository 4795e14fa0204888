// Passes over a line of elements: what is computed of one pass lies in scratch for the next.

import type { Hook } from '../../expression-hook.ts';
import type { Value, Vectors } from '../../vector.ts';
import type { Local } from '../../wasm/function.ts';

type Source = 'input' | 'scratch' | 'both';
/** 'f32.pmax' passes NaN over. */
type Accumulation = 'f32.add' | 'f32.pmax';
const IDENTITY: Readonly<Record<Accumulation, number>> = { 'f32.add': 0, 'f32.pmax': -Infinity };
/** Vectors per round of a loop along the line, each with an accumulator of its own. */
const UNROLL = 4;

interface LineExtents {
  readonly outer: readonly number[];
  readonly axis: number;
}

interface LineLayout {
  /** vectors run along the line; else across neighbouring lines */
  readonly along: boolean;
  readonly lanes: number;
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
  /** axis of the line in the iteration space */
  private readonly axis: number;
  /** elements of the line per vector */
  private readonly step: number;
  /** whole vectors, and elements of the line left over */
  private readonly whole: number;
  private readonly tail: number;

  constructor(extents: LineExtents, layout: LineLayout, parts: LineParts) {
    this.v = parts.v;
    this.parts = parts;
    this.along = layout.along;
    this.axis = extents.outer.length;
    this.step = layout.along ? layout.lanes : 1;
    this.whole = Math.floor(extents.axis / this.step);
    this.tail = extents.axis % this.step;
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
    const { pre, count } = this.parts;
    const sums = Array.from({ length: Math.min(UNROLL, Math.max(1, this.whole)) }, () =>
      v.fresh('f32', 'sum'),
    );
    for (const sum of sums) v.fill(sum, IDENTITY[accumulation]);
    this.each(source === 'scratch' ? undefined : pre, (pointer, position, tail) => {
      const lanes = tail ?? count;
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
        tail === undefined ? term : v.keepLanes(term, tail, IDENTITY[accumulation]),
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
    const { post, count } = this.parts;
    this.each(post, (pointer, position, tail) => {
      const x = this.v.load(pointer, position * this.v.lanes * 4);
      post.store(this.at(position), tail ?? count, body(x));
    });
  }

  private at(position: number): number[] {
    return Array.from({ length: this.axis + 1 }, (_, axis) =>
      axis === this.axis ? position * this.step : 0,
    );
  }

  /** Runs `body` for every vector of the line: pointer into scratch, number within the round, elements if fewer. */
  private each(
    hook: Hook | undefined,
    body: (pointer: Local, position: number, tail?: number) => void,
  ): void {
    const { f, lanes } = this.v;
    const bytes = 4 * lanes;
    const rounds = (pointer: Local): void => {
      const i = f.local('i32', 'i');
      const run = (vectors: number): void => {
        for (let position = 0; position < vectors; position++) f.scope(() => body(pointer, position));
        hook?.advance(this.axis, vectors * this.step);
        f.increment(pointer, vectors * bytes);
      };
      f.range(i, 0, this.whole, UNROLL, () => run(UNROLL));
      if (this.whole % UNROLL) run(this.whole % UNROLL);
      if (this.tail) f.scope(() => body(pointer, 0, this.tail));
    };
    f.scope(() => {
      const pointer = f.local('i32', 'kept');
      f.assign(pointer, this.parts.scratch);
      if (hook) hook.saved(() => rounds(pointer));
      else rounds(pointer);
    });
  }
}
