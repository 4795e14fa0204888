// Which register tile is fastest here: a matrix product of the same extents is run with each candidate, in turns. What
// is fused to a product does not matter for that, nor does where its operands come from.

import { identity } from '../../select/context.ts';
import type { BufferRef } from '../../select/spec/access.ts';
import type { MatmulSpec } from '../../select/spec/product.ts';
import type { TileQuestion } from '../../select/tile-choice.ts';
import type { Tile } from '../../select/tile-cost.ts';
import { packedMatmulLength } from '../kernels/pack/pack.ts';
import { type Answer, type LoneBuffer, loneKernel, measureInTurns } from './in-turns.ts';

/** Rows, columns and terms beyond these say nothing new: full tiles follow one another. */
const MOST = { rows: 768, columns: 384, terms: 512 } as const;
/** Whole tiles of every candidate, so that cutting an extent leaves the same rest. */
const ROW_STEP = 24;
const COLUMN_STEP = 96;

/** The fastest candidate. `clockMs`: from any start. */
export const measureTiles = (question: TileQuestion, clockMs: () => number): Answer<Tile> =>
  measureInTurns(question, candidateRun(question), clockMs);

const capped = (extent: number, most: number, step: number): number =>
  extent <= most ? extent : extent - Math.ceil((extent - most) / step) * step;

/** A product with this tile, ready to be called. */
function candidateRun({ simd, products }: TileQuestion): (tile: Tile) => () => void {
  const m = capped(products.rows, MOST.rows, ROW_STEP);
  const n = capped(products.columns, MOST.columns, COLUMN_STEP);
  const k = Math.min(products.depth ?? products.terms, MOST.terms);
  const left: BufferRef = { space: 'arena', id: 0 };
  const result: BufferRef = { space: 'arena', id: 1 };
  const weights: BufferRef = { space: 'weights', id: 0 };
  return tile => {
    const spec: MatmulSpec = {
      ...{ kind: 'matmul', batch: [], m, n, k, tile },
      a: {
        expression: identity('float32'),
        reads: [{ buffer: left, dtype: 'float32', offset: 0, strides: [k, 1] }],
      },
      b: { packed: weights },
      epilogue: {
        expression: identity('float32'),
        reads: [],
        writes: [{ buffer: result, dtype: 'float32', offset: 0, strides: [n, 1] }],
      },
    };
    const weightBytes = packedMatmulLength({ k, n, strides: { k: n, n: 1 } }, tile[1]) * 4;
    const buffers: LoneBuffer[] = [
      { ref: left, bytes: m * k * 4 },
      { ref: result, bytes: m * n * 4 },
      { ref: weights, bytes: weightBytes },
    ];
    return loneKernel(spec, buffers, simd);
  };
}
