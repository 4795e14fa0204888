// Resize by tables of source positions: every output pixel is a weighted sum of a box of input pixels, lanes over
// channels. The box starts at the tables' first taps; where it reaches is known when the kernel is written.

import type { TapTable } from '../../ir/ops/resampling.ts';
import type { KernelNeeds, ResizeSpec } from '../../select/spec.ts';
import type { KernelContext, Template } from '../context.ts';
import { epilogueHook, prologueHook } from '../expression-hook.ts';
import { type Box, moment, type Traversal, within } from '../traversal.ts';
import type { Value, Vectors } from '../vector.ts';
import type { Local } from '../wasm/function.ts';
import { emitLanes } from './lanes.ts';
import { blends, packedTapsLength, tapWords } from './pack-taps.ts';
import { takeIndex } from './units.ts';

/** Weights of an axis that are kept in registers; more of them are read again for every vector. */
const MOST_KEPT = 4;

function needsOf(spec: ResizeSpec): KernelNeeds {
  const units = spec.batch * spec.outputSize[0];
  return { units, scratchPerWorker: 0, scratchShared: 0, phases: [units] };
}

/** A table's entry at the moment. */
interface Position {
  readonly first: Local;
  /** of each tap; undefined: there is one, and it counts as it is */
  readonly weights: readonly (() => Value)[] | undefined;
  /** Goes to the entry with this index. */
  readonly enter: (index: Local) => void;
}

function positionOf(
  k: KernelContext,
  v: Vectors,
  spec: ResizeSpec,
  table: TapTable,
  offset: number,
): Position {
  const { f } = v;
  const [first, entry] = [f.local('i32', 'first'), f.local('i32', 'entry')];
  const kept =
    blends(table) && table.span <= MOST_KEPT
      ? Array.from({ length: table.span }, () => v.fresh('f32', 'weight'))
      : undefined;
  const load = (tap: number): Value => v.loadSplat(entry, 4 + 4 * tap);
  const enter = (index: Local): void => {
    f.get(index);
    f.scale(4 * tapWords(table));
    k.address(spec.tables, offset);
    f.op('i32.add');
    f.tee(entry);
    f.memory('i32.load', 0);
    f.set(first);
    for (const [tap, weight] of (kept ?? []).entries()) f.scope(() => v.assign(weight, load(tap)));
  };
  const each = Array.from({ length: table.span }, (_, tap) => () => kept?.[tap] ?? load(tap));
  return { first, weights: blends(table) ? each : undefined, enter };
}

/** The weighted sum of so many values, each made when it is needed. */
function weighted(v: Vectors, weights: Position['weights'], values: readonly (() => Value)[]): Value {
  const [head, ...others] = values;
  if (!head) throw new Error('a sum expects values');
  if (!weights) return head();
  const sum = v.fresh('f32', 'sum');
  const product = (tap: number, value: Value): Value => v.op('f32.mul', value, weights[tap]?.() ?? v.f32(1));
  v.f.scope(() => v.assign(sum, product(0, head())));
  for (const [i, value] of others.entries())
    v.f.scope(() => v.assign(sum, v.madd(value(), weights[i + 1]?.() ?? v.f32(1), sum)));
  return sum;
}

function emitResize(k: KernelContext, spec: ResizeSpec): void {
  const { f } = k;
  const v = k.vectors();
  const [height, width] = spec.outputSize;
  const row = positionOf(k, v, spec, spec.rows, 0);
  const column = positionOf(k, v, spec, spec.columns, 4 * packedTapsLength([spec.rows]));
  const source = prologueHook(k, v, spec.input, 3);
  const post = epilogueHook(k, v, spec.epilogue, 3);
  const unit = f.local('i32', 'unit');
  const y = f.local('i32', 'y');
  const x = f.local('i32', 'x');
  const image = f.local('i32', 'image');
  const taps = ({ span }: TapTable): number[] => Array.from({ length: span }, (_, tap) => tap);
  const line = (down: number, lanes: number): Value =>
    weighted(
      v,
      column.weights,
      taps(spec.columns).map(across => () => source.value([0, down, across], lanes)),
    );
  f.range(unit, k.begin, k.end, 1, () => {
    f.get(unit);
    f.set(image);
    takeIndex(f, image, height, y);
    row.enter(y);
    f.range(x, 0, width, 1, () => {
      column.enter(x);
      source.seek([image, row.first, column.first]);
      post.seek([image, y, x]);
      emitLanes(v, spec.channels, lanes => {
        f.scope(() => {
          const lines = taps(spec.rows).map(down => () => line(down, lanes));
          post.store([], lanes, weighted(v, row.weights, lines));
        });
        for (const hook of [source, post]) hook.advance(3, lanes);
      });
    });
  });
}

/** Rows after one another; each looks at the rows and columns of its taps. */
function* traverse(spec: ResizeSpec): Traversal {
  const { batch, channels, outputSize, rows, columns, input, epilogue } = spec;
  const firsts = columns.entries.map(({ first }) => first);
  const across = [Math.min(...firsts), Math.max(...firsts) + columns.span] as const;
  for (let image = 0; image < batch; image++) {
    for (const [row, { first }] of rows.entries.entries()) {
      const box = (plane: Box): Box => [[image, image + 1], ...plane, [0, channels]];
      const results = box([
        [row, row + 1],
        [0, outputSize[1]],
      ]);
      yield moment(
        [
          ...within(input.reads, box([[first, first + rows.span], across])),
          ...within(epilogue.reads, results),
        ],
        within(epilogue.writes, results),
      );
    }
  }
}

export const resize: Template<ResizeSpec> = {
  needs: needsOf,
  traverse,
  emit: (k, spec) => emitResize(k, spec),
};
