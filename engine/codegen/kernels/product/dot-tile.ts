// The register tile of a single column: dot products with lanes along the terms, added across lanes at the end. With
// lanes along columns all but one would compute zeros. The lanes are added in registers, or from memory: revectorization
// starts from pairs of stores, so only sums that are stored are computed in vectors of full width.

import type { KernelContext } from '../../context.ts';
import { loadLanes } from '../../vector/load-store.ts';
import type { Value, Vectors } from '../../vector/vector.ts';
import type { Local } from '../../wasm/function.ts';
import { transpose4 } from '../elementwise/transpose.ts';
import { type Depth, emitDown, emitRegisterTile, pointersOf, type RegisterTile } from './tile.ts';

/** Vectors of terms in one round of the innermost loop. */
const UNROLL = 4;

/** Lanes of a part. */
const PART = 4;
/** Bytes for the lanes of a sum that go through memory. */
export const DOT_BYTES = 32;

/** Emits the sums of a tile, as dot products where that is how; pointers of rows and panel are moved. */
export function emitTile(k: KernelContext, v: Vectors, tile: RegisterTile): Value[][] {
  const dots = k.target.simd !== 'scalar' && isDotTile(tile.columns, tile.depth);
  return dots ? emitDotTile(k.vectors(PART), v, tile) : emitRegisterTile(v, tile);
}

/** Whether a tile is computed this way where there are lanes to gain from: one column, and terms side by side. */
export const isDotTile = (columns: number, depth: Depth): boolean =>
  columns === 1 && depth.at(-1)?.stride === 4;

/**
 * Emits the sums of a tile in vectors as wide as its terms fill, and adds up the lanes of four pixels at a time: `store`
 * gets the results of so many pixels from the given one on. `memory`: DOT_BYTES for each row, where the sums go through.
 */
export function emitDots(
  k: KernelContext,
  tile: RegisterTile,
  memory: Local,
  store: (first: number, pixels: number, results: Value) => void,
): void {
  const { f } = k;
  const v = k.vectors(PART);
  const filled = k.target.simd === '256' && (tile.depth.at(-1)?.count ?? 0) % (2 * PART) === 0;
  const wide = filled ? k.vectors() : v;
  const parts = filled ? [0, 1] : [0];
  f.scope(() => {
    const sums = emitDotSums(wide, tile);
    for (const [row, sum] of sums.entries()) wide.store(memory, row * DOT_BYTES, sum);
  });
  const rowSum = (row: number): Value => {
    const [low, high] = parts.map(part => v.load(memory, row * DOT_BYTES + 4 * PART * part));
    if (!low) throw new Error('a sum without parts');
    return high ? v.op('f32.add', low, high) : low;
  };
  const { length } = tile.rows;
  for (let first = 0; first < length; first += PART)
    f.scope(() => {
      const rows = [0, 1, 2, 3].map(r => (first + r < length ? rowSum(first + r) : v.f32(0)));
      const starts = tile.bias ? [v.loadSplat(tile.bias, 0)] : [];
      const results = [...transpose4(v, rows), ...starts].reduce((a, b) => v.op('f32.add', a, b));
      store(first, Math.min(PART, length - first), results);
    });
}

/**
 * Emits the sums with `wide` vectors; pointers of rows and panel are moved. Returns them as [row][0] in `narrow`
 * vectors of one lane.
 */
function emitDotTile(wide: Vectors, narrow: Vectors, tile: RegisterTile): Value[][] {
  const { f } = wide;
  return emitDotSums(wide, tile).map(sum => {
    const result = narrow.fresh('f32', 'dot');
    wide.reduce('f32.add', sum);
    if (tile.bias) {
      f.get(tile.bias);
      f.memory('f32.load', 0);
      f.op('f32.add');
    }
    f.set(narrow.part(result, 0));
    return [result];
  });
}

/** A vector of partial sums for each row. */
function emitDotSums(v: Vectors, tile: RegisterTile): Value[] {
  const sums = tile.rows.map(() => v.fresh('f32', 'sum'));
  for (const sum of sums) v.fill(sum, 0);
  emitLevel(v, tile, sums, 0);
  return sums;
}

/** The loop over the terms at `index` and those inside it. */
function emitLevel(v: Vectors, tile: RegisterTile, sums: readonly Value[], index: number): void {
  const [loop, next] = [tile.depth[index], tile.depth[index + 1]];
  if (!loop) return;
  if (next) {
    emitDown(v, loop.count, () => {
      emitLevel(v, tile, sums, index + 1);
      for (const pointer of pointersOf(tile)) v.f.increment(pointer, loop.stride - next.count * next.stride);
    });
    return;
  }
  const vectors = Math.floor(loop.count / v.lanes);
  emitDown(v, Math.floor(vectors / UNROLL), () => emitVectors(v, tile, sums, UNROLL, v.lanes));
  if (vectors % UNROLL) emitVectors(v, tile, sums, vectors % UNROLL, v.lanes);
  if (loop.count % v.lanes) emitVectors(v, tile, sums, 1, loop.count % v.lanes);
}

/** So many vectors of terms, all of them full but for one on its own. Lanes beyond are 0 on both sides. */
function emitVectors(
  v: Vectors,
  tile: RegisterTile,
  sums: readonly Value[],
  count: number,
  lanes: number,
): void {
  const { f } = v;
  const load = (pointer: Local, offset: number): Value =>
    loadLanes(v, { dtype: 'float32', pointer, offset, stride: 1 }, lanes);
  for (let k = 0; k < count; k++)
    f.scope(() => {
      const weights = load(tile.panel, k * v.lanes * 4);
      tile.rows.forEach((row, r) => {
        const sum = sums[r];
        if (!sum) return;
        f.scope(() => {
          const left = load(row.pointer, row.offset + k * v.lanes * 4);
          v.accumulate({ ...sum, parts: sum.parts.slice(0, left.parts.length) }, left, weights);
        });
      });
    });
  for (const pointer of [...pointersOf(tile), tile.panel]) f.increment(pointer, 4 * lanes * count);
}
