// The transposing path of elementwise kernels: a read that is contiguous along another axis than the writes.
// Tiles of 4×4 are turned in registers; 16 elements of the read's axis (a cache line) are done before moving on,
// so lines are used whole on both sides.

import type { Expression } from '../../../fusion/types.ts';
import type { Dtype } from '../../../ir/types.ts';
import type { KernelContext } from '../../context.ts';
import { bodyHook, type Hook } from '../../expression/hook.ts';
import { lanesIn } from '../../vector/lanewise.ts';
import { memoryType } from '../../vector/memory-types.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { forRows } from '../work/rows.ts';
import type { Nest } from './nest.ts';

/** Elements of the crossing axis done together: a cache line of 32-bit elements. */
export const TURN_BLOCK = 16;
const TILE = 4;

/** Reads that are contiguous along another axis than the writes. */
export interface Turned {
  /** the axis along which the reads are contiguous */
  readonly axis: number;
  /** which reads */
  readonly reads: readonly number[];
}

/** The reads to turn, or undefined where that does not apply. */
export const turnedReads = ({ extents, reads, writes }: Nest): Turned | undefined => {
  const inner = extents.length - 1;
  if ((extents[inner] ?? 0) < TILE || writes.some(write => write.strides[inner] !== 1)) return undefined;
  /** as many lanes in a register as a tile has columns */
  const fills = (dtype: Dtype): boolean => lanesIn(memoryType(dtype).type) === TILE;
  const crossing = (axis: number): number[] =>
    reads.flatMap(({ strides, dtype }, r) => {
      const step = strides[inner] ?? 0;
      return step !== 0 && step !== 1 && strides[axis] === 1 && fills(dtype) ? [r] : [];
    });
  for (let axis = inner - 1; axis >= 0; axis--) {
    const found = crossing(axis);
    if (found.length && (extents[axis] ?? 0) >= TILE) return { axis, reads: found };
  }
  return undefined;
};

/** Four vectors as columns instead of rows. */
export const transpose4 = (v: Vectors, rows: readonly Value[]): Value[] => {
  const shuffle = (a: Value | undefined, b: Value | undefined, lanes: readonly number[]): Value => {
    if (!a || !b) throw new Error('a transposition needs four vectors');
    return v.map(a.type, [a, b], () => v.f.shuffle32(lanes));
  };
  const low = [shuffle(rows[0], rows[1], [0, 4, 1, 5]), shuffle(rows[2], rows[3], [0, 4, 1, 5])];
  const high = [shuffle(rows[0], rows[1], [2, 6, 3, 7]), shuffle(rows[2], rows[3], [2, 6, 3, 7])];
  return [low, high].flatMap(([a, b]) => [shuffle(a, b, [0, 1, 4, 5]), shuffle(a, b, [2, 3, 6, 7])]);
};

/** Emits the kernel for blocks [from, to) of (outer axes, crossing axis / 16). */
export const emitTransposing = (
  k: KernelContext,
  expression: Expression,
  nest: Nest,
  turned: Turned,
  { from, to }: { readonly from: Local; readonly to: Local },
): void => {
  const { f } = k;
  const v = k.vectors(k.target.simd === 'scalar' ? 1 : TILE);
  const inner = nest.extents.length - 1;
  const across = nest.extents[turned.axis] ?? 1;
  const hook = bodyHook(k, v, { expression, ...nest }, inner);
  const blocks = nest.extents
    .slice(0, -1)
    .map((extent, axis) => (axis === turned.axis ? Math.ceil(extent / TURN_BLOCK) : extent));
  forRows(k, blocks, from, to, indices => {
    const [start, stop] = f.locals(2, 'i32', 'across');
    const block = indices[turned.axis];
    if (!start || !stop || !block) throw new Error('a transposing kernel needs its crossing axis');
    f.get(block);
    f.scale(TURN_BLOCK);
    f.tee(start);
    f.i32(TURN_BLOCK);
    f.op('i32.add');
    f.set(stop);
    f.i32(across);
    f.get(stop);
    f.i32(across);
    f.get(stop);
    f.op('i32.lt_s');
    f.select();
    f.set(stop);
    hook.seek(indices.map((index, axis) => (axis === turned.axis ? start : index)));
    hook.hoist([turned.axis, inner], () => emitBlock({ v, hook, nest, turned }, start, stop));
  });
};

/** What a block is emitted with. */
interface Turning {
  readonly v: Vectors;
  readonly hook: Hook;
  readonly nest: Nest;
  readonly turned: Turned;
}

/** Elements [start, stop) of the crossing axis, all of the inner axis. */
const emitBlock = (turning: Turning, start: Local, stop: Local): void => {
  const { v, hook, nest, turned } = turning;
  const { f } = v;
  const inner = nest.extents.length - 1;
  const extent = nest.extents[inner] ?? 1;
  const rest = (nest.extents[turned.axis] ?? 1) % TILE;
  f.scope(() => {
    const i = f.local('i32', 'i');
    const j = f.local('i32', 'j');
    /** all of [start, stop), tile by tile where `tile` is given, one by one where not */
    const cross = (count: number, tile?: () => void): void =>
      hook.saved(() => {
        const single = (): void => {
          hook.store([], count);
          hook.advance(turned.axis, 1);
        };
        if (!tile) {
          f.range(j, start, stop, 1, single);
          return;
        }
        f.range(j, start, stop, TILE, () => {
          tile();
          hook.advance(turned.axis, TILE);
        });
        if (rest) f.range(j, j, stop, 1, single);
      });
    const step = v.scalar ? 1 : TILE;
    f.range(i, 0, extent, step, () => {
      cross(step, v.scalar ? undefined : () => emitTile(turning));
      hook.advance(inner, step);
    });
    if (extent % step) cross(extent % step);
  });
};

/** A tile of 4 (crossing axis) × 4 (inner axis, lanes). */
const emitTile = ({ v, hook, nest, turned }: Turning): void => {
  const inner = nest.extents.length - 1;
  const at = (axis: number, element: number): number[] =>
    nest.extents.map((_, a) => (a === axis ? element : 0));
  v.f.scope(() => {
    const columns = turned.reads.map(read => {
      const rows = [0, 1, 2, 3].map(lane => hook.readAlong(turned.axis, read, at(inner, lane)));
      return [read, transpose4(v, rows)] as const;
    });
    for (let row = 0; row < TILE; row++) {
      const given = new Map(
        columns.flatMap(([read, values]) => {
          const value = values[row];
          return value ? [[read, value] as const] : [];
        }),
      );
      hook.store(at(turned.axis, row), TILE, undefined, given);
    }
  });
};
