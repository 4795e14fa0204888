// Resize with lanes along the columns: of every channel the rows of the box are blended into a line in scratch, and
// results gather their columns from it. The table of columns says where each begins, then what each tap counts.

import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { ResizeSpec } from '../../../select/spec/window.ts';
import type { KernelContext } from '../../context.ts';
import { epilogueHook, prologueHook } from '../../expression/hook.ts';
import { loadLanes } from '../../vector/load-store.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { blends, packedTapsLength } from '../pack/taps.ts';
import { emitLanes } from '../work/lanes.ts';
import { pushWorkerScratch, workerScratch } from '../work/scratch.ts';
import { type EmitRow, tapPosition, tapsOf, weighted } from './tap-position.ts';

/** A line, whole vectors long, and what is read beside its last element. */
export const lineScratch = ({ inputSize }: ResizeSpec, lanes: number) =>
  workerScratch(4 * (Math.ceil(inputSize[1] / lanes) * lanes + 1));

/** Elements of a line that neighbouring columns begin at, and their weights, tap by tap. */
interface Gathered {
  readonly v: Vectors;
  readonly line: Local;
  /** the table's entry of the first of the columns */
  readonly entry: Local;
}

/** Pushes the address of the element that the column so many after the first begins at. */
function pushElement({ v: { f }, line, entry }: Gathered, column: number): void {
  f.get(entry);
  f.memory('i32.load', 4 * column);
  f.get(line);
  f.op('i32.add');
}

/** A tap's part, and the next one's where there is one, ← the elements of up to four columns: two lie side by side. */
function gatherPair(at: Gathered, parts: readonly Local[], columns: readonly number[], tap: number): void {
  const { f } = at.v;
  const pairs = f.locals(2, 'v128', 'pair');
  pairs.forEach((pair, half) => {
    columns.slice(2 * half, 2 * half + 2).forEach((column, lane) => {
      pushElement(at, column);
      if (lane === 0) f.memory('v128.load64_zero', 4 * tap);
      else {
        f.get(pair);
        f.memoryLane('v128.load64_lane', 4 * tap, lane);
      }
      f.set(pair);
    });
  });
  const used = columns.length > 2 ? pairs : [...pairs.slice(0, 1), ...pairs.slice(0, 1)];
  for (const [lane, part] of parts.entries()) {
    for (const pair of used) f.get(pair);
    f.shuffle32([lane, lane + 2, lane + 4, lane + 6]);
    f.set(part);
  }
}

function loadOne(at: Gathered, target: Local, tap: number): void {
  pushElement(at, 0);
  at.v.f.memory('f32.load', 4 * tap);
  at.v.f.set(target);
}

/** The elements of each tap for so many columns. */
function gather(at: Gathered, span: number, lanes: number): Value[] {
  const { v } = at;
  const count = v.scalar ? 1 : Math.ceil(lanes / 4);
  const values = Array.from({ length: span }, () => v.fresh('f32', 'tap', count));
  for (let part = 0; part < count; part++) {
    const columns = Array.from({ length: Math.min(4, lanes - 4 * part) }, (_, lane) => 4 * part + lane);
    const parts = values.map(value => v.part(value, part));
    const step = v.scalar ? 1 : 2;
    for (let tap = 0; tap < span; tap += step)
      v.f.scope(() => {
        const [target] = parts.slice(tap);
        if (!v.scalar) gatherPair(at, parts.slice(tap, tap + 2), columns, tap);
        else if (target) loadOne(at, target, tap);
      });
  }
  return values;
}

/** The row of results of every channel. */
export function columnsEmitter(k: KernelContext, v: Vectors, spec: ResizeSpec, needs: KernelNeeds): EmitRow {
  const { f } = k;
  const { rows, columns, inputSize, outputSize } = spec;
  const row = tapPosition(k, v, spec, rows, 0);
  const source = prologueHook(k, v, spec.input, 2);
  const post = epilogueHook(k, v, spec.epilogue, 2);
  const [line, at, entry] = [f.local('i32', 'line'), f.local('i32', 'at'), f.local('i32', 'entry')];
  const channel = f.local('i32', 'channel');
  pushWorkerScratch(k, needs);
  f.set(line);
  const blend = (): void => {
    f.get(line);
    f.set(at);
    emitLanes(v, inputSize[1], lanes => {
      f.scope(() => {
        const values = tapsOf(rows).map(down => () => source.value([0, down], lanes));
        v.store(at, 0, weighted(v, row.weights, values));
      });
      source.advance(2, lanes);
      f.increment(at, 4 * lanes);
    });
  };
  const weightOf = (tap: number, lanes: number): Value => {
    const offset = 4 * outputSize[1] * (1 + tap);
    return loadLanes(v, { dtype: 'float32', pointer: entry, offset, stride: 1 }, lanes);
  };
  const sums = (): void => {
    k.address(spec.tables, 4 * packedTapsLength([rows]));
    f.set(entry);
    emitLanes(v, outputSize[1], lanes => {
      f.scope(() => {
        const taps = gather({ v, line, entry }, columns.span, lanes);
        const weights = tapsOf(columns).map(tap => () => weightOf(tap, lanes));
        const values = taps.map(tap => () => tap);
        post.store([], lanes, weighted(v, blends(columns) ? weights : undefined, values));
      });
      post.advance(2, lanes);
      f.increment(entry, 4 * lanes);
    });
  };
  return (image, y) => {
    row.enter(y);
    f.range(channel, 0, spec.channels, 1, () => {
      source.seek([image, row.first, 0, channel]);
      blend();
      post.seek([image, y, 0, channel]);
      sums();
    });
  };
}
