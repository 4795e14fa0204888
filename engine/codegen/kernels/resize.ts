// Resize by tables of source positions: every output pixel blends one, two or four input pixels, lanes over channels.
// Each worker writes the tables to its scratch when it starts: 16 bytes per row and column of the output.

import type { KernelNeeds, ResizeSpec } from '../../select/spec.ts';
import type { KernelContext, Template } from '../context.ts';
import { epilogueHook, type Hook, prologueHook } from '../expression-hook.ts';
import { type Box, moment, type Traversal, within } from '../traversal.ts';
import type { Value, Vectors } from '../vector.ts';
import type { Local } from '../wasm/function.ts';
import { emitLanes } from './strip.ts';
import { pushWorkerScratch, takeIndex } from './units.ts';

type Table = ResizeSpec['rows'];

const ENTRY_BYTES = 16;

function needsOf(spec: ResizeSpec): KernelNeeds {
  const [rows, columns] = spec.outputSize;
  const units = spec.batch * rows;
  const bytes = Math.ceil(((rows + columns) * ENTRY_BYTES) / 64) * 64;
  return { units, scratchPerWorker: bytes, scratchShared: 0, phases: [units] };
}

const blends = (table: Table): boolean => table.some(([, , weight]) => weight !== 0);

/** Writes (first tap, second tap, weight of the second) for every output position. */
function emitTables(k: KernelContext, spec: ResizeSpec, pointer: Local): void {
  const bits = new Int32Array(
    new Float32Array([...spec.rows, ...spec.columns].map(entry => entry[2])).buffer,
  );
  [...spec.rows, ...spec.columns].forEach(([first, second], index) => {
    k.f.get(pointer);
    k.f.i32x4([first, second, bits[index] ?? 0, 0]);
    k.f.memory('v128.store', index * ENTRY_BYTES);
  });
}

/** A table's entry at the moment: source positions, and the taps' weights where the table blends. */
interface Position {
  readonly taps: readonly Local[];
  /** weight of the first, of the second */
  readonly weights: readonly [Value, Value] | undefined;
  /** Loads the entry with this index; its address is table + index · 16. */
  readonly enter: (index: Local) => void;
}

function positionOf(v: Vectors, table: Table, tables: Local, offset: number): Position {
  const { f } = v;
  const blend = blends(table);
  const taps = f.locals(blend ? 2 : 1, 'i32', 'tap');
  const weights = blend ? ([v.fresh('f32', 'weight'), v.fresh('f32', 'weight')] as const) : undefined;
  const enter = (index: Local): void =>
    f.scope(() => {
      const entry = f.local('i32', 'entry');
      f.get(index);
      f.scale(ENTRY_BYTES);
      f.get(tables);
      f.op('i32.add');
      f.set(entry);
      taps.forEach((tap, t) => {
        f.get(entry);
        f.memory('i32.load', offset + 4 * t);
        f.set(tap);
      });
      if (!weights) return;
      const second = v.loadSplat(entry, offset + 8);
      v.assign(weights[1], second);
      v.assign(weights[0], v.op('f32.sub', v.f32(1), second));
    });
  return { taps, weights, enter };
}

/** first · weight + second · weight, or the first alone where there is no second. */
function blend(v: Vectors, weights: Position['weights'], values: readonly Value[]): Value {
  const [first, second] = values;
  if (!first) throw new Error('a blend expects a value');
  if (!weights || !second) return first;
  return v.madd(first, weights[0], v.op('f32.mul', second, weights[1]));
}

function emitResize(k: KernelContext, spec: ResizeSpec, needs: KernelNeeds): void {
  const { f } = k;
  const v = k.vectors();
  const [height, width] = spec.outputSize;
  const tables = f.local('i32', 'tables');
  pushWorkerScratch(k, needs);
  f.set(tables);
  emitTables(k, spec, tables);
  const row = positionOf(v, spec.rows, tables, 0);
  const column = positionOf(v, spec.columns, tables, height * ENTRY_BYTES);
  const post = epilogueHook(k, v, spec.epilogue, 3);
  const taps = row.taps.map(y => column.taps.map(x => ({ y, x, hook: prologueHook(k, v, spec.input, 3) })));
  const unit = f.local('i32', 'unit');
  const y = f.local('i32', 'y');
  const x = f.local('i32', 'x');
  const image = f.local('i32', 'image');
  f.range(unit, k.begin, k.end, 1, () => {
    f.get(unit);
    f.set(image);
    takeIndex(f, image, height, y);
    row.enter(y);
    f.range(x, 0, width, 1, () => {
      column.enter(x);
      for (const tap of taps.flat()) tap.hook.seek([image, tap.y, tap.x]);
      post.seek([image, y, x]);
      const hooks: Hook[] = [...taps.flat().map(tap => tap.hook), post];
      emitLanes(v, spec.channels, lanes => {
        f.scope(() => {
          const rows = taps.map(line =>
            blend(
              v,
              column.weights,
              line.map(tap => tap.hook.value([], lanes)),
            ),
          );
          post.store([], lanes, blend(v, row.weights, rows));
        });
        for (const hook of hooks) hook.advance(3, lanes);
      });
    });
  });
}

/** Rows after one another; each looks at the rows and columns of its taps. */
function* traverse(spec: ResizeSpec): Traversal {
  const { batch, channels, outputSize, rows, columns, input, epilogue } = spec;
  for (let image = 0; image < batch; image++) {
    for (const [row, taps] of rows.entries()) {
      const under = [tapRange([taps]), tapRange(columns)];
      const box = (plane: Box): Box => [[image, image + 1], ...plane, [0, channels]];
      const results = box([
        [row, row + 1],
        [0, outputSize[1]],
      ]);
      yield moment(
        [...within(input.reads, box(under)), ...within(epilogue.reads, results)],
        within(epilogue.writes, results),
      );
    }
  }
}

/** Source positions that entries of a table look at. */
function tapRange(table: Table): readonly [number, number] {
  const taps = [...table.map(([first]) => first), ...table.map(([, second]) => second)];
  return [Math.min(...taps), Math.max(...taps) + 1];
}

export const resize: Template<ResizeSpec> = {
  needs: needsOf,
  traverse,
  emit: (k, spec, _phase, needs) => emitResize(k, spec, needs),
};
