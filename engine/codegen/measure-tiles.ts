// Which register tile is fastest here: a matrix product of the same extents is run with each candidate, in turns. What
// is fused to a product does not matter for that, nor does where its operands come from.

import { sharesMemory } from '../options.ts';
import { identity } from '../select/context.ts';
import type { BufferRef, MatmulSpec } from '../select/spec.ts';
import type { TileQuestion } from '../select/tile-choice.ts';
import type { Tile } from '../select/tile-cost.ts';
import { emitModule, kernelNeeds } from './emit.ts';
import type { Kernel } from './kernel.ts';
import { packedMatmulLength } from './kernels/pack/pack.ts';

/** Rows, columns and terms beyond these say nothing new: full tiles follow one another. */
const MOST = { rows: 768, columns: 384, terms: 512 } as const;
/** Whole tiles of every candidate, so that cutting an extent leaves the same rest. */
const ROW_STEP = 24;
const COLUMN_STEP = 96;
/** V8 replaces its first code meanwhile; the fastest run counts. */
const MEASURE_MS = 150;
const LEAST_ROUNDS = 5;
/** A candidate must be this much faster than the model's choice. */
const LEAST_GAIN = 1.03;

/** Which candidate was fastest. */
export interface TileAnswer {
  readonly key: string;
  readonly tile: Tile;
  /** ns of the fastest run of each candidate, in the question's order */
  readonly durationsNs: readonly number[];
}

/** The fastest candidate. `clockMs`: from any start. */
export function measureTiles(question: TileQuestion, clockMs: () => number): TileAnswer {
  const runs = question.candidates.map(candidateRun(question));
  const durationsNs = runs.map(() => Number.POSITIVE_INFINITY);
  const start = clockMs();
  for (let round = 0; clockMs() - start < MEASURE_MS || round < LEAST_ROUNDS; round++) {
    runs.forEach((run, index) => {
      const begin = clockMs();
      run();
      durationsNs[index] = Math.min(durationsNs[index] ?? 0, (clockMs() - begin) * 1e6);
    });
  }
  const [modelled = 0] = durationsNs;
  const fastest = Math.min(...durationsNs);
  const best = modelled / fastest >= LEAST_GAIN ? durationsNs.indexOf(fastest) : 0;
  const tile = question.candidates[best];
  if (!tile) throw new Error(`${question.key} has no candidates`);
  return { key: question.key, tile, durationsNs };
}

const capped = (extent: number, most: number, step: number): number =>
  extent <= most ? extent : extent - Math.ceil((extent - most) / step) * step;

/** A product with this tile, ready to be called. */
function candidateRun({ simd, products }: TileQuestion): (tile: Tile) => () => void {
  const m = capped(products.rows, MOST.rows, ROW_STEP);
  const n = capped(products.columns, MOST.columns, COLUMN_STEP);
  const k = Math.min(products.depth ?? products.terms, MOST.terms);
  const [left, result, scratch]: BufferRef[] = [0, 1, 2].map(id => ({ space: 'arena', id }));
  if (!left || !result || !scratch) throw new Error('three buffers were made');
  return tile => {
    const spec: MatmulSpec = {
      ...{ kind: 'matmul', batch: [], m, n, k, tile },
      a: {
        expression: identity('float32'),
        reads: [{ buffer: left, dtype: 'float32', offset: 0, strides: [k, 1] }],
      },
      b: { packed: { space: 'weights', id: 0 } },
      epilogue: {
        expression: identity('float32'),
        reads: [],
        writes: [{ buffer: result, dtype: 'float32', offset: 0, strides: [n, 1] }],
      },
    };
    const needs = kernelNeeds(spec, simd, 1);
    const sizes = [m * k * 4, m * n * 4, needs.scratchShared + needs.scratchPerWorker];
    const offsets = sizes.map((_, id) =>
      sizes.slice(0, id).reduce((sum, bytes) => sum + Math.ceil(bytes / 64) * 64 + 64, 0),
    );
    const weightsAt = sizes.reduce((sum, bytes) => sum + Math.ceil(bytes / 64) * 64 + 64, 0);
    const weightBytes = packedMatmulLength({ k, n, strides: { k: n, n: 1 } }, tile[1]) * 4;
    const kernel: Kernel = { name: 'product', spec, scratch };
    const target = { simd, fma: true, threads: 1 };
    const { bytes, phases } = emitModule([kernel], ({ id }) => offsets[id] ?? 0, target);
    const pages = Math.ceil((weightsAt + weightBytes + 64) / 65_536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: sharesMemory(target) });
    // Pages that nobody wrote are all the same page.
    new Float32Array(memory.buffer).fill(1);
    const global = (value: number) => new WebAssembly.Global({ value: 'i32' }, value);
    const env = { memory, arena: global(0), weights: global(weightsAt) };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });
    const calls = phases.flat().map(({ function: name, units }) => {
      const call = exports[name];
      if (typeof call !== 'function') throw new Error(`the module exports no function ${name}`);
      return () => call(0, units, 0);
    });
    return () => {
      for (const call of calls) call();
    };
  };
}
