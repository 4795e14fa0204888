// Kernels that go over a line of elements several times (softmax, normalisation). The input is read and the output
// written once each; in between the line lies in scratch, which stays in the cache. Vectors run along the line
// where its elements are neighbours in memory, else across lines that are neighbours.

import type { SimdClass } from '../../options.ts';
import type { Access, Epilogue, KernelNeeds, Prologue } from '../../select/spec.ts';
import type { KernelContext } from '../context.ts';
import { expressionCost } from '../expression.ts';
import { epilogueHook, type Hook, prologueHook } from '../expression-hook.ts';
import { boxOfRows, moment, nestMoments, type Pace, type Traversal, within } from '../traversal.ts';
import { LANES, type Value, type Vectors } from '../vector.ts';
import type { Local } from '../wasm/function.ts';
import { forRows, itemRange, product, type Split, splitInto } from './rows.ts';
import { workerScratch, workerScratchPointer } from './scratch.ts';
import { wantedRows } from './wanted.ts';

export interface LineSpec {
  readonly outer: readonly number[];
  readonly axis: number;
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

type Source = 'input' | 'scratch' | 'both';
/** 'f32.pmax' passes NaN over. */
type Accumulation = 'f32.add' | 'f32.pmax';
const IDENTITY: Readonly<Record<Accumulation, number>> = { 'f32.add': 0, 'f32.pmax': -Infinity };
/** Vectors per round of a loop along the line, each with an accumulator of its own. */
const UNROLL = 4;

/**
 * The axis that vectors run along: the line's, or the outer one whose elements are neighbours in memory. What is neither
 * that nor the same all along is read lane by lane.
 */
export const vectorAxis = (
  extents: readonly number[],
  reads: readonly Access[],
  line: readonly number[],
): number => {
  const last = extents.length - 1;
  const ease = (axis: number): number =>
    reads.reduce((sum, { strides }) => sum + (strides[axis] === 1 ? 2 : strides[axis] === 0 ? 0 : -2), 0);
  const merit = (axis: number): number =>
    extents[axis] === 1 ? Number.NEGATIVE_INFINITY : ease(axis) + (line.includes(axis) ? 1 : 0);
  let best = line.at(-1) ?? last;
  for (let axis = last; axis >= 0; axis--) if (merit(axis) > merit(best)) best = axis;
  return best;
};

export interface Layout {
  /** vectors run along this axis of (outer…, axis) */
  readonly vectorAxis: number;
  readonly along: boolean;
  /** outer extents, the vector axis counted in vectors when they run across lines */
  readonly rows: readonly number[];
  readonly lanes: number;
}

const layoutOf = (spec: LineSpec, simd: SimdClass): Layout => {
  const extents = [...spec.outer, spec.axis];
  const axis = vectorAxis(extents, spec.input.reads, [spec.outer.length]);
  const lanes = LANES[simd];
  const along = axis === spec.outer.length;
  const rows = spec.outer.map((extent, k) => (k === axis ? Math.ceil(extent / lanes) : extent));
  return { vectorAxis: axis, along, rows, lanes };
};

/** Operations per element of the passes themselves, most of them for an exponential. */
const PASS_COST = 25;

const splitOf = (spec: LineSpec, layout: Layout): Split => {
  const perElement =
    PASS_COST + expressionCost(spec.input.expression) + expressionCost(spec.epilogue.expression);
  return splitInto(product(layout.rows), perElement * spec.axis * (layout.along ? 1 : layout.lanes));
};

const scratchBytes = (spec: LineSpec, layout: Layout): number =>
  4 * (layout.along ? Math.ceil(spec.axis / layout.lanes) * layout.lanes : spec.axis * layout.lanes);

export const lineNeeds = (spec: LineSpec, simd: SimdClass): KernelNeeds => {
  const layout = layoutOf(spec, simd);
  const { units } = splitOf(spec, layout);
  return { units, ...workerScratch(scratchBytes(spec, layout)), scratchShared: 0, phases: [units] };
};

/** A line is read, or a vector of neighbouring ones, before any of it is written. */
export function lineTraversal(spec: LineSpec, simd: SimdClass, pace: Pace): Traversal {
  if (pace === 'units') return lineUnits(spec, simd);
  const { vectorAxis, along, lanes } = layoutOf(spec, simd);
  const extents = [...spec.outer, spec.axis];
  const steps = spec.outer.map((_, axis) => (!along && axis === vectorAxis ? lanes : 1));
  const { reads: others, writes } = spec.epilogue;
  return nestMoments(extents, [...steps, spec.axis], { reads: spec.input.reads, others, writes });
}

/** Units are lines in their order, or vectors of neighbouring ones. */
function* lineUnits(spec: LineSpec, simd: SimdClass): Traversal {
  const layout = layoutOf(spec, simd);
  const { perUnit } = splitOf(spec, layout);
  const { outer, axis, input, epilogue } = spec;
  const rows = product(layout.rows);
  for (let from = 0; from < rows; from += perUnit) {
    const vectors = boxOfRows(layout.rows, from, Math.min(rows, from + perUnit));
    const lines = vectors.map(([first, last], k) =>
      k === layout.vectorAxis
        ? ([first * layout.lanes, Math.min(outer[k] ?? 1, last * layout.lanes)] as const)
        : ([first, last] as const),
    );
    const box = [...lines, [0, axis] as const];
    yield moment(within([...input.reads, ...epilogue.reads], box), within(epilogue.writes, box));
  }
}

/** One line, or one vector of neighbouring lines, while its code is emitted. */
export interface Line {
  readonly v: Vectors;
  /**
   * Goes over the line, from the input or from scratch, or from both: what lies in scratch as the input's own result.
   * `body` gives what to keep in scratch and the term to accumulate. The total comes back in every lane (of each
   * line).
   */
  pass(
    source: Source,
    accumulation: Accumulation,
    body: (x: Value) => { readonly keep?: Value; readonly term: Value },
  ): Value;
  /** Goes over scratch and writes through the epilogue. */
  write(body: (x: Value) => Value): void;
}

/** Emits a kernel over lines: `emitLine` says what is done with each. */
export const emitLines = (
  k: KernelContext,
  spec: LineSpec,
  needs: KernelNeeds,
  emitLine: (line: Line) => void,
): void => {
  const { f } = k;
  if (product(spec.outer) * spec.axis === 0) return;
  const layout = layoutOf(spec, k.target.simd);
  const v = k.vectors();
  const pre = prologueHook(k, v, spec.input, layout.vectorAxis);
  const post = epilogueHook(k, v, spec.epilogue, layout.vectorAxis);
  const scratch = workerScratchPointer(k, needs);
  const split = splitOf(spec, layout);
  const { from, to } = itemRange(k, split, wantedRows(k, layout.rows, spec.outer));
  const one = (count: number): void =>
    pre.hoist(
      [spec.outer.length],
      () =>
        post.hoist(
          [spec.outer.length],
          () => emitLine(new LineEmitter(spec, layout, { v, pre, post, scratch, count })),
          count,
        ),
      count,
    );
  pre.seek();
  post.seek();
  pre.hoist('all', () =>
    post.hoist('all', () =>
      forRows(k, layout.rows, from, to, indices => {
        f.scope(() => {
          const elements = indices.map((index, axis) =>
            axis === layout.vectorAxis ? scaled(k, index, layout.lanes) : index,
          );
          pre.seek(elements);
          post.seek(elements);
          emitCounts(k, spec, layout, indices, one);
        });
      }),
    ),
  );
};

const scaled = (k: KernelContext, index: Local, factor: number): Local => {
  const out = k.f.local('i32', 'element');
  k.f.get(index);
  k.f.scale(factor);
  k.f.set(out);
  return out;
};

/** Vectors across lines: whole ones, and the last one where the number of lines is no multiple of the lanes. */
const emitCounts = (
  k: KernelContext,
  spec: LineSpec,
  layout: Layout,
  indices: readonly Local[],
  body: (count: number) => void,
): void => {
  const extent = spec.outer[layout.vectorAxis];
  const tail = layout.along || extent === undefined ? 0 : extent % layout.lanes;
  const index = indices[layout.vectorAxis];
  if (tail === 0 || !index || extent === undefined) {
    body(layout.lanes);
    return;
  }
  if (extent < layout.lanes) {
    body(tail);
    return;
  }
  k.f.get(index);
  k.f.i32(Math.floor(extent / layout.lanes));
  k.f.op('i32.lt_s');
  k.f.if(
    () => body(layout.lanes),
    () => body(tail),
  );
};

export interface Parts {
  readonly v: Vectors;
  readonly pre: Hook;
  readonly post: Hook;
  readonly scratch: Local;
  /** lanes in use when vectors run across lines */
  readonly count: number;
}

export class LineEmitter implements Line {
  readonly v: Vectors;
  private readonly parts: Parts;
  private readonly along: boolean;
  /** axis of the line in the iteration space */
  private readonly axis: number;
  /** elements of the line per vector */
  private readonly step: number;
  /** whole vectors, and elements of the line left over */
  private readonly whole: number;
  private readonly tail: number;

  constructor(spec: Pick<LineSpec, 'outer' | 'axis'>, layout: Pick<Layout, 'along' | 'lanes'>, parts: Parts) {
    this.v = parts.v;
    this.parts = parts;
    this.along = layout.along;
    this.axis = spec.outer.length;
    this.step = layout.along ? layout.lanes : 1;
    this.whole = Math.floor(spec.axis / this.step);
    this.tail = spec.axis % this.step;
  }

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
