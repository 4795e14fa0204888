// The register tile of a single column: dot products with lanes along the terms, added across lanes at the end. With
// lanes along columns all but one would compute zeros.

import type { KernelContext } from '../context.ts';
import { loadLanes } from '../load-store.ts';
import type { Value, Vectors } from '../vector.ts';
import type { Local } from '../wasm/function.ts';
import { emitDown, emitRegisterTile, type RegisterTile } from './tile.ts';

/** Vectors of terms in one round of the innermost loop. */
const UNROLL = 4;

/** Emits the sums of a tile, as dot products where that is how; pointers of rows and panel are moved. */
export function emitTile(k: KernelContext, v: Vectors, tile: RegisterTile): Value[][] {
  // Revectorization starts from pairs of stores; a dot product ends in scalars and would only lose registers.
  const wide = k.vectors(k.target.simd === 'scalar' ? 1 : 4);
  return isDotTile(tile, wide) ? emitDotTile(wide, v, tile) : emitRegisterTile(v, tile);
}

/** Whether a tile is computed this way: one column, terms side by side, and lanes to gain from. */
function isDotTile({ columns, depth }: Pick<RegisterTile, 'columns' | 'depth'>, wide: Vectors): boolean {
  return columns === 1 && !wide.scalar && depth.at(-1)?.stride === 4;
}

/**
 * Emits the sums with `wide` vectors; pointers of rows and panel are moved. Returns them as [row][0] in `narrow`
 * vectors of one lane.
 */
function emitDotTile(wide: Vectors, narrow: Vectors, tile: RegisterTile): Value[][] {
  const { f } = wide;
  const sums = tile.rows.map(() => wide.fresh('f32', 'sum'));
  for (const sum of sums) wide.fill(sum, 0);
  emitLevel(wide, tile, sums, 0);
  return sums.map(sum => {
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

const pointersOf = (tile: RegisterTile): Local[] => [...new Set(tile.rows.map(row => row.pointer))];

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
