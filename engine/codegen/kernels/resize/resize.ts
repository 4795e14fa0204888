// Resize by tables of source positions: every output pixel is a weighted sum of a box of input pixels. Lanes run over
// channels, or over columns where rows lie in one piece (columns.ts). The box starts at the tables' first taps;
// where it reaches is known when the kernel is written.

import { LANES, type SimdClass } from '../../../options.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { ResizeSpec } from '../../../select/spec/window.ts';
import type { KernelContext, Template } from '../../context.ts';
import { epilogueHook, prologueHook } from '../../expression/hook.ts';
import { type Box, moment, type Traversal, within } from '../../traversal.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import { packedTapsLength } from '../pack/taps.ts';
import { emitLanes } from '../work/lanes.ts';
import { takeIndex } from '../work/units.ts';
import { columnsEmitter, lineScratch } from './columns.ts';
import { type EmitRow, tapPosition, tapsOf, weighted } from './tap-position.ts';

function needsOf(spec: ResizeSpec, simd: SimdClass): KernelNeeds {
  const units = spec.batch * spec.outputSize[0];
  const scratch = spec.lanes === 'columns' ? lineScratch(spec, LANES[simd]) : { scratchPerWorker: 0 };
  return { units, ...scratch, scratchShared: 0, phases: [units] };
}

/** Every pixel by itself. */
function channelsEmitter(k: KernelContext, v: Vectors, spec: ResizeSpec): EmitRow {
  const { f } = k;
  const row = tapPosition(k, v, spec, spec.rows, 0);
  const column = tapPosition(k, v, spec, spec.columns, 4 * packedTapsLength([spec.rows]));
  const source = prologueHook(k, v, spec.input, 3);
  const post = epilogueHook(k, v, spec.epilogue, 3);
  const x = f.local('i32', 'x');
  const line = (down: number, lanes: number): Value =>
    weighted(
      v,
      column.weights,
      tapsOf(spec.columns).map(across => () => source.value([0, down, across], lanes)),
    );
  return (image, y) => {
    row.enter(y);
    f.range(x, 0, spec.outputSize[1], 1, () => {
      column.enter(x);
      source.seek([image, row.first, column.first]);
      post.seek([image, y, x]);
      emitLanes(v, spec.channels, lanes => {
        f.scope(() => {
          const lines = tapsOf(spec.rows).map(down => () => line(down, lanes));
          post.store([], lanes, weighted(v, row.weights, lines));
        });
        for (const hook of [source, post]) hook.advance(3, lanes);
      });
    });
  };
}

function emitResize(k: KernelContext, spec: ResizeSpec, needs: KernelNeeds): void {
  const { f } = k;
  const v = k.vectors();
  const emitRow = spec.lanes === 'columns' ? columnsEmitter(k, v, spec, needs) : channelsEmitter(k, v, spec);
  const [unit, y, image] = [f.local('i32', 'unit'), f.local('i32', 'y'), f.local('i32', 'image')];
  f.range(unit, k.begin, k.end, 1, () => {
    f.get(unit);
    f.set(image);
    takeIndex(f, image, spec.outputSize[0], y);
    emitRow(image, y);
  });
}

/** Rows after one another; each looks at the rows and columns of its taps. */
function* traverse(spec: ResizeSpec): Traversal {
  const { batch, channels, inputSize, outputSize, rows, columns, input, epilogue } = spec;
  const firsts = columns.entries.map(({ first }) => first);
  const tapped = [Math.min(...firsts), Math.max(...firsts) + columns.span] as const;
  const across = spec.lanes === 'columns' ? ([0, inputSize[1]] as const) : tapped;
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
  emit: (k, spec, _phase, needs) => emitResize(k, spec, needs),
};
