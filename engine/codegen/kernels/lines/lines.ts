// Kernels that go over a line of elements several times (softmax, normalisation). The input is read and the output
// written once each; in between the line lies in scratch, which stays in the cache. Vectors run along the line
// where its elements are neighbours in memory, else across lines that are neighbours. They run across too where only
// one side lies so: lane by lane the other side is then a few lines gone through in step, not one spread over as many
// cache lines as it has elements.

import { elementCount } from '../../../ir/tensor.ts';
import { LANES, type SimdClass } from '../../../options.ts';
import type { Access, Epilogue, Prologue } from '../../../select/spec/access.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { KernelContext } from '../../context.ts';
import { expressionCost } from '../../expression/expression.ts';
import { epilogueHook, prologueHook } from '../../expression/hook.ts';
import {
  boxOfRows,
  moment,
  nestMoments,
  type Pace,
  type Traversal,
  wholeBox,
  within,
} from '../../traversal.ts';
import type { Local } from '../../wasm/function.ts';
import { forRows, itemRange, type Split, splitInto } from '../work/rows.ts';
import { workerScratch, workerScratchPointer } from '../work/scratch.ts';
import { vectorAxis } from '../work/vector-axis.ts';
import { wantedRows } from '../work/wanted.ts';
import { Line, lineVectors } from './line.ts';

/** What a kernel over lines reads and writes: iteration spaces (outer…, line…). */
export interface LineSpec {
  readonly outer: readonly number[];
  readonly line: readonly number[];
  readonly input: Prologue;
  readonly epilogue: Epilogue;
}

interface Layout {
  /** vectors run along this axis of (outer…, line…) */
  readonly vectorAxis: number;
  readonly along: boolean;
  /** outer extents, the vector axis counted in vectors when they run across lines */
  readonly rows: readonly number[];
  readonly lanes: number;
}

const layoutOf = (spec: LineSpec, simd: SimdClass): Layout => {
  const extents = [...spec.outer, ...spec.line];
  const lanes = LANES[simd];
  const line = lineAxes(spec);
  const easiest = (accesses: readonly Access[]): number => vectorAxis(extents, accesses, line, lanes);
  const read = easiest(spec.input.reads);
  const written = line.includes(read) ? easiest(spec.epilogue.writes) : read;
  // Of several axes of a line, the one that is easy to read.
  const axis = line.includes(written) ? read : written;
  const along = line.includes(axis);
  const rows = spec.outer.map((extent, k) => (k === axis ? Math.ceil(extent / lanes) : extent));
  return { vectorAxis: axis, along, rows, lanes };
};

/** The axes of a line, in (outer…, line…). */
const lineAxes = ({ outer, line }: LineSpec): number[] => line.map((_, k) => outer.length + k);

/** Operations per element of the passes themselves, most of them for an exponential. */
const PASS_COST = 25;

const splitOf = (spec: LineSpec, layout: Layout): Split => {
  const perElement =
    PASS_COST + expressionCost(spec.input.expression) + expressionCost(spec.epilogue.expression);
  return splitInto(
    elementCount(layout.rows),
    perElement * elementCount(spec.line) * (layout.along ? 1 : layout.lanes),
  );
};

const scratchBytes = (spec: LineSpec, layout: Layout): number => 4 * layout.lanes * lineVectors(spec, layout);

/** Units of so many lines, with scratch for one line or vector of lines. */
export const lineNeeds = (spec: LineSpec, simd: SimdClass): KernelNeeds => {
  const layout = layoutOf(spec, simd);
  const { units } = splitOf(spec, layout);
  return { units, ...workerScratch(scratchBytes(spec, layout)), scratchShared: 0, phases: [units] };
};

/** A line is read, or a vector of neighbouring ones, before any of it is written. */
export function lineTraversal(spec: LineSpec, simd: SimdClass, pace: Pace): Traversal {
  if (pace === 'units') return lineUnits(spec, simd);
  const { vectorAxis, along, lanes } = layoutOf(spec, simd);
  const extents = [...spec.outer, ...spec.line];
  const steps = spec.outer.map((_, axis) => (!along && axis === vectorAxis ? lanes : 1));
  const { reads: others, writes } = spec.epilogue;
  return nestMoments(extents, [...steps, ...spec.line], { reads: spec.input.reads, others, writes });
}

/** Units are lines in their order, or vectors of neighbouring ones. */
function* lineUnits(spec: LineSpec, simd: SimdClass): Traversal {
  const layout = layoutOf(spec, simd);
  const { perUnit } = splitOf(spec, layout);
  const { outer, line, input, epilogue } = spec;
  const rows = elementCount(layout.rows);
  for (let from = 0; from < rows; from += perUnit) {
    const vectors = boxOfRows(layout.rows, from, Math.min(rows, from + perUnit));
    const lines = vectors.map(([first, last], k) =>
      k === layout.vectorAxis
        ? ([first * layout.lanes, Math.min(outer[k] ?? 1, last * layout.lanes)] as const)
        : ([first, last] as const),
    );
    const box = [...lines, ...wholeBox(line)];
    yield moment(within([...input.reads, ...epilogue.reads], box), within(epilogue.writes, box));
  }
}

/** Emits a kernel over lines: `emitLine` says what is done with each. */
export const emitLines = (
  k: KernelContext,
  spec: LineSpec,
  needs: KernelNeeds,
  emitLine: (line: Line) => void,
): void => {
  const { f } = k;
  if (elementCount(spec.outer) * elementCount(spec.line) === 0) return;
  const layout = layoutOf(spec, k.target.simd);
  const v = k.vectors();
  const pre = prologueHook(k, v, spec.input, layout.vectorAxis);
  const post = epilogueHook(k, v, spec.epilogue, layout.vectorAxis);
  const scratch = workerScratchPointer(k, needs);
  const split = splitOf(spec, layout);
  const { from, to } = itemRange(k, split, wantedRows(k, layout.rows, spec.outer));
  const one = (count: number): void =>
    pre.hoist(
      lineAxes(spec),
      () =>
        post.hoist(
          lineAxes(spec),
          () => emitLine(new Line(spec, layout, { v, pre, post, scratch, count })),
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
