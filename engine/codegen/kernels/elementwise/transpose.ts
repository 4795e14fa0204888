// The transposing path of elementwise kernels: a read that is contiguous along another axis than the writes.
// Tiles of 4×4 are turned in registers; 16 elements of the read's axis (a cache line) are done before moving on,
// so lines are used whole on both sides. Where lines of the writes would push each other out of the cache, as those of
// planes may, each is written whole before the next.

import type { Expression } from '../../../fusion/types.ts';
import { tensorBytes } from '../../../ir/tensor.ts';
import type { Dtype } from '../../../ir/types.ts';
import { linesStay } from '../../../select/cache-lines.ts';
import type { KernelContext } from '../../context.ts';
import { bodyHook, type Hook } from '../../expression/hook.ts';
import { lanesIn } from '../../vector/lanewise.ts';
import { memoryType } from '../../vector/memory-types.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { forRows } from '../work/rows.ts';
import type { Nest } from './nest.ts';

/** Elements of the crossing axis done together: a cache line of 32-bit elements. */
export const TURN_BLOCK = 16;
const TILE = 4;
/** Tiles along the inner axis that fill a line, and the longest expression that is emitted for each of them. */
const LINE_TILES = 4;
const SHORT = 8;

/** Tiles that are done after one another along the writes, before others across. */
const tilesInTurn = ({ extents, writes }: Nest, { axis }: Turned, { nodes }: Expression): 1 | 4 => {
  const stay = writes.every(({ dtype, strides }) =>
    linesStay(TURN_BLOCK, tensorBytes(dtype, [Math.abs(strides[axis] ?? 0)])),
  );
  const fill = (extents.at(-1) ?? 1) >= LINE_TILES * TILE;
  return !stay && fill && nodes.length <= SHORT ? LINE_TILES : 1;
};

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
  const tiles = tilesInTurn(nest, turned, expression);
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
    hook.hoist([turned.axis, inner], () => emitBlock({ v, hook, nest, turned, tiles }, start, stop));
  });
};

/** What a block is emitted with. */
interface Turning {
  readonly v: Vectors;
  readonly hook: Hook;
  readonly nest: Nest;
  readonly turned: Turned;
  /** done after one another along the inner axis, before others across */
  readonly tiles: number;
}

/** Elements [start, stop) of the crossing axis, all of the inner axis. */
const emitBlock = (turning: Turning, start: Local, stop: Local): void => {
  const { v, hook, nest, turned } = turning;
  const { f } = v;
  const inner = nest.extents.length - 1;
  const extent = nest.extents[inner] ?? 1;
  const rest = (nest.extents[turned.axis] ?? 1) % TILE;
  const along = (element: number): number[] => nest.extents.map((_, axis) => (axis === inner ? element : 0));
  f.scope(() => {
    const i = f.local('i32', 'i');
    const j = f.local('i32', 'j');
    /** all of [start, stop) for so many tiles, one after the other, or for `count` elements, fewer than a tile's */
    const cross = (tiles: number, count = TILE): void =>
      hook.saved(() => {
        const starts = Array.from({ length: Math.max(1, tiles) }, (_, tile) => tile * TILE);
        const single = (): void => {
          for (const element of starts) hook.store(along(element), count);
          hook.advance(turned.axis, 1);
        };
        if (tiles === 0) {
          f.range(j, start, stop, 1, single);
          return;
        }
        f.range(j, start, stop, TILE, () => {
          for (const element of starts) emitTile(turning, element);
          hook.advance(turned.axis, TILE);
        });
        if (rest) f.range(j, j, stop, 1, single);
      });
    if (v.scalar) {
      f.range(i, 0, extent, 1, () => {
        cross(0, 1);
        hook.advance(inner, 1);
      });
      return;
    }
    const each = (tiles: number, from: Operand32): void =>
      f.range(i, from, extent, tiles * TILE, () => {
        cross(tiles);
        hook.advance(inner, tiles * TILE);
      });
    each(turning.tiles, 0);
    if (turning.tiles > 1) each(1, extent - (extent % (turning.tiles * TILE)));
    if (extent % TILE) cross(0, extent % TILE);
  });
};

/** A tile of 4 (crossing axis) × 4 (inner axis, lanes), so many elements along the inner axis. */
const emitTile = ({ v, hook, nest, turned }: Turning, element: number): void => {
  const inner = nest.extents.length - 1;
  v.f.scope(() => {
    const at = (across: number, along: number): number[] =>
      nest.extents.map((_, axis) => (axis === inner ? element + along : axis === turned.axis ? across : 0));
    const columns = turned.reads.map(read => {
      const rows = [0, 1, 2, 3].map(lane => hook.readAlong(turned.axis, read, at(0, lane)));
      return [read, transpose4(v, rows)] as const;
    });
    for (let row = 0; row < TILE; row++) {
      const given = new Map(
        columns.flatMap(([read, values]) => {
          const value = values[row];
          return value ? [[read, value] as const] : [];
        }),
      );
      hook.store(at(row, 0), TILE, undefined, given);
    }
  });
};
