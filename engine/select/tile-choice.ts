// Which register tile a product gets.

import type { SimdClass } from '../options.ts';
import { Choices, type Measured, type Question } from './choices.ts';
import { type Products, type Tile, tileCandidates, tileOf } from './tile-cost.ts';

/** The model is rough, but not by more than this: slower tiles are not worth measuring, nor believed. */
const WITHIN = 1.5;

/** Products that several tiles may be fastest for. */
export interface TileQuestion extends Question<Tile> {
  readonly simd: SimdClass;
  readonly products: Products;
}

/** The same for products that are measured as one. */
export const tileKey = (simd: SimdClass, { rows, columns, terms, depth = terms }: Products): string =>
  `${simd} ${rows}×${columns}×${depth}`;

/** Answers by measurement where there is one. */
export class Tiles {
  readonly #choices: Choices<Tile, TileQuestion>;

  constructor(measured: Measured = {}) {
    this.#choices = new Choices(measured);
  }

  /** `columns`: those of the tiles that the weights are stored for already. */
  for(simd: SimdClass, products: Products, columns?: number): Tile {
    if (columns !== undefined) return tileOf(simd, columns);
    const candidates = tileCandidates(simd, products, WITHIN);
    return this.#choices.choose({ key: tileKey(simd, products), simd, products, candidates });
  }

  /** Products of several possible tiles that nobody measured. */
  open(): TileQuestion[] {
    return this.#choices.open();
  }
}
