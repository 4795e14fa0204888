// The product of some rows in memory with a packed matrix, written to memory as it is: what attention does with a
// block of rows in scratch, twice. Panels are the outer loop, so that each is read from the first-level cache.

import type { KernelContext } from '../../context.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';
import { tileCount } from '../pack/pack.ts';
import { eachRest } from '../work/units.ts';
import { emitTile } from './dot-tile.ts';
import { storeSums, tileLanes } from './tile.ts';

interface Rows {
  readonly pointer: Local;
  readonly strideBytes: number;
}

/** Operands and result, all in memory. */
export interface BlockProduct {
  /** how many, and the numbers that this can be */
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

/** Emits the product; what is in `target` behind the last column is zeros times the panel's padding. */
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
    f.assign(panel, product.panels);
    f.assign(target, product.target.pointer);
    f.range(block, 0, tileCount(columns, tile[1]), 1, () => {
      f.assign(left, product.left.pointer);
      f.assign(to, target);
      const some = (count: number): void => emitRows(k, product, count, { left, panel, to });
      f.range(done, 0, rows.count, tile[0], () => some(tile[0]));
      eachRest(
        f,
        rows.count,
        done,
        rows.possible.map(count => count % tile[0]),
        some,
      );
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

/** One register tile; `left` and `to` move behind its rows. */
function emitRows(
  k: KernelContext,
  product: BlockProduct,
  rows: number,
  { left, panel, to }: Pointers,
): void {
  const { f } = k;
  const { tile, terms } = product;
  const v = k.vectors(tileLanes(k, tile[1]));
  f.scope(() => {
    const [pointer, weights] = [f.local('i32', 'leftPointer'), f.local('i32', 'panelPointer')];
    f.assign(pointer, left);
    f.assign(weights, panel);
    const register = {
      rows: Array.from({ length: rows }, (_, t) => ({ pointer, offset: t * product.left.strideBytes })),
      depth: [{ count: terms, stride: 4 }],
      columns: tile[1],
      panel: weights,
    };
    storeSums(v, to, product.target.strideBytes, emitTile(k, v, register));
  });
  f.increment(left, rows * product.left.strideBytes);
  f.increment(to, rows * product.target.strideBytes);
}
