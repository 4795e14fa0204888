// The epilogue on a tile whose results lie in memory as pixels of columns, with lanes along the pixels: for planes.

import type { KernelContext } from '../../context.ts';
import type { Hook } from '../../expression/hook.ts';
import type { Local } from '../../wasm/function.ts';
import { transpose4 } from '../elementwise/transpose.ts';

/** A tile in memory, [pixel][column]. */
export interface StoredTile {
  readonly start: Local;
  readonly pixels: number;
  readonly columns: number;
  /** columns to store, the first ones */
  readonly valid: number;
}

/**
 * Runs the epilogue on blocks of 4 × 4 of the tile, turned. The hook stands at the tile's first element and has 4 lanes,
 * along pixels; the axis of columns is the next one.
 */
export function storeTurned(k: KernelContext, hook: Hook, tile: StoredTile): void {
  const v = k.vectors(4);
  const { start, pixels, columns, valid } = tile;
  const outer = new Array<number>(hook.vectorAxis).fill(0);
  for (let t = 0; t < pixels; t += 4)
    for (let c = 0; c < valid; c += 4)
      k.f.scope(() => {
        const rows = [0, 1, 2, 3].map(r =>
          t + r < pixels ? v.load(start, ((t + r) * columns + c) * 4) : v.f32(0),
        );
        transpose4(v, rows).forEach((column, i) => {
          if (c + i < valid) hook.store([...outer, t, c + i], Math.min(4, pixels - t), column);
        });
      });
}
