// Which register tile a product gets: the one that was measured to be fastest on this machine where somebody measured
// it, the one the model of tile-cost.ts expects to be fastest elsewhere. Remembers what it was asked, so that it can be
// measured.

import type { SimdClass } from '../options.ts';
import { type Products, type Tile, tileCandidates, tileFor, tileOf } from './tile-cost.ts';

/** The model is rough, but not by more than this: slower tiles are not worth measuring, nor believed. */
const WITHIN = 1.5;

/** By `tileKey`. */
export type MeasuredTiles = Readonly<Record<string, Tile>>;

/** Products that several tiles may be fastest for. */
export interface TileQuestion {
  readonly key: string;
  readonly simd: SimdClass;
  readonly products: Products;
  /** the model's choice first */
  readonly candidates: readonly Tile[];
}

/** The same for products that are measured as one. */
export const tileKey = (simd: SimdClass, { rows, columns, terms, depth = terms }: Products): string =>
  `${simd} ${rows}×${columns}×${depth}`;

/** Answers by measurement where there is one. */
export class Tiles {
  readonly #measured: MeasuredTiles;
  readonly #asked = new Map<string, TileQuestion>();

  constructor(measured: MeasuredTiles = {}) {
    this.#measured = measured;
  }

  /** `columns`: those of the tiles that the weights are stored for already. */
  for(simd: SimdClass, products: Products, columns?: number): Tile {
    if (columns !== undefined) return tileOf(simd, columns);
    const key = tileKey(simd, products);
    if (!this.#asked.has(key)) {
      const candidates = tileCandidates(simd, products, WITHIN);
      this.#asked.set(key, { key, simd, products, candidates });
    }
    const known = Object.hasOwn(this.#measured, key) ? this.#measured[key] : undefined;
    const candidates = this.#asked.get(key)?.candidates ?? [];
    // What lies on a disk may be anything.
    const own = known && candidates.find(tile => tile[0] === known[0] && tile[1] === known[1]);
    return own ?? tileFor(simd, products);
  }

  /** Products of several possible tiles that nobody measured. */
  open(): TileQuestion[] {
    return [...this.#asked.values()].filter(
      ({ key, candidates }) => candidates.length > 1 && !Object.hasOwn(this.#measured, key),
    );
  }
}
