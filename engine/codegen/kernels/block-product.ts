// The product of some rows in memory with a packed matrix, written to memory as it is: what attention does with a
// block of rows in scratch, twice. Panels are the outer loop, so that each is read from the first-level cache.

import type { KernelContext } from '../context.ts';
import { LANES, type Lanes } from '../vector.ts';
import type { Local, Operand32 } from '../wasm/function.ts';
import { emitDotTile, isDotTile } from './dot-tile.ts';
import { tileCount } from './pack.ts';
import { emitRegisterTile } from './tile.ts';

interface Rows {
  readonly pointer: Local;
  readonly strideBytes: number;
}

export interface BlockProduct {
  /** how many, and the numbers that can be */
  readonly rows: { readonly count: Operand32; readonly possible: readonly number[] };
  /** terms side by side */
  readonly left: Rows;
  readonly terms: number;
  /** [columns / tile columns][terms][tile columns] */
  readonly panels: Local;
  readonly columns: number;
  readonly tile: readonly [number, number];
  /** rows with room for whole tiles */
  readonly target: Rows;
}

/** The widest vectors the tile's columns are a multiple of. */
function tileLanes(k: KernelContext, columns: number): Lanes {
  const fitting = ([8, 4, 1] as const).find(lanes => lanes <= LANES[k.target.simd] && columns % lanes === 0);
  return fitting ?? 1;
}

export function emitBlockProduct(k: KernelContext, product: BlockProduct): void {
  const { f } = k;
  const { rows, terms, columns, tile } = product;
  f.scope(() => {
    const panel = f.local('i32', 'panel');
    const target = f.local('i32', 'target');
    const [left, to, done, block] = [
      f.local('i32', 'leftRow'),
      f.local('i32', 'to'),
      f.local('i32', 'done'),
      f.local('i32', 'block'),
    ];
    const assign = (local: Local, from: Local): void => {
      f.get(from);
      f.set(local);
    };
    assign(panel, product.panels);
    assign(target, product.target.pointer);
    f.range(block, 0, tileCount(columns, tile[1]), 1, () => {
      assign(left, product.left.pointer);
      assign(to, target);
      f.range(done, 0, rows.count, tile[0], () => emitTile(k, product, tile[0], { left, panel, to }));
      emitRest(k, product, done, { left, panel, to });
      f.increment(panel, terms * tile[1] * 4);
      f.increment(target, tile[1] * 4);
    });
  });
}

interface Pointers {
  readonly left: Local;
  readonly panel: Local;
  readonly to: Local;
}

/** The rows behind the last whole tile. */
function emitRest(k: KernelContext, product: BlockProduct, done: Local, at: Pointers): void {
  const { f } = k;
  const { count, possible } = product.rows;
  for (const rest of new Set(possible.map(rows => rows % product.tile[0]))) {
    if (rest === 0) continue;
    if (typeof count === 'number') {
      emitTile(k, product, rest, at);
      continue;
    }
    f.get(count);
    f.get(done);
    f.op('i32.sub');
    f.i32(rest);
    f.op('i32.eq');
    f.if(() => emitTile(k, product, rest, at));
  }
}

/** One register tile; `left` and `to` move behind its rows. */
function emitTile(
  k: KernelContext,
  product: BlockProduct,
  rows: number,
  { left, panel, to }: Pointers,
): void {
  const { f } = k;
  const { tile, terms } = product;
  const v = k.vectors(tileLanes(k, tile[1]));
  const wide = k.vectors(k.target.simd === 'scalar' ? 1 : 4);
  f.scope(() => {
    const [pointer, weights] = [f.local('i32', 'leftPointer'), f.local('i32', 'panelPointer')];
    f.get(left);
    f.set(pointer);
    f.get(panel);
    f.set(weights);
    const register = {
      rows: Array.from({ length: rows }, (_, t) => ({ pointer, offset: t * product.left.strideBytes })),
      depth: [{ count: terms, stride: 4 }],
      columns: tile[1],
      panel: weights,
    };
    const sums = isDotTile(register, wide) ? emitDotTile(wide, v, register) : emitRegisterTile(v, register);
    sums.forEach((row, t) => {
      row.forEach((sum, j) => {
        v.store(to, t * product.target.strideBytes + j * v.lanes * 4, sum);
      });
    });
  });
  f.increment(left, rows * product.left.strideBytes);
  f.increment(to, rows * product.target.strideBytes);
}
