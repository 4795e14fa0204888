// How attention is cut: a unit is a block of query rows of one head. A worker keeps the head's keys and values packed
// in its own scratch, and behind them the scores of one block, which stay in the second-level cache. Numbers only.

import { elementCount } from '../../../ir/tensor.ts';
import { LANES, type SimdClass } from '../../../options.ts';
import type { Prologue, Refinement } from '../../../select/spec/access.ts';
import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { AttentionSpec } from '../../../select/spec/product.ts';
import { plainRead } from '../../expression/hook.ts';
import { tileCount } from '../pack/pack.ts';
import { wholeLines } from '../work/scratch.ts';
import { piecesOf } from '../work/tiling.ts';

/** Bytes of scores and results of one block of rows: a share of the first-level cache and the second's rest. */
const BLOCK_BYTES = 64 * 1024;

/** Units, and where what lies in a worker's scratch. */
export interface AttentionPlan {
  /** query rows of a block, of the last one, and blocks of one head */
  readonly blockRows: number;
  readonly lastRows: number;
  readonly blocks: number;
  /** matrices in a row that share one head of keys and values */
  readonly shared: number;
  readonly units: number;
  /** elements from one row of scores, of results, to the next */
  readonly scoreStride: number;
  readonly resultStride: number;
  /** bytes from the start of a worker's scratch */
  readonly valuePanels: number;
  readonly scores: number;
  readonly results: number;
  readonly scales: number;
  readonly queries: number;
  readonly bytes: number;
}

const up = (count: number, step: number): number => Math.ceil(count / step) * step;

/** Where query rows lie if they can be read there: rows of plain neighbouring floats. */
export function queryInPlace({ query, k }: AttentionSpec): ReturnType<typeof plainRead> {
  const access = plainRead(query);
  const [row = 0, term = 0] = access?.strides.slice(-2) ?? [];
  return access && row >= 0 && (term === 1 || k === 1) ? access : undefined;
}

/** Whether results of the kernel's own pass through unchanged. */
export const isIdentity = ({ expression }: Refinement): boolean =>
  expression.nodes[expression.results[0] ?? -1]?.kind === 'input';

/** Trailing batch entries along which neither keys nor values differ: query heads of one group. */
function sharedHeads({ batch, key, value }: AttentionSpec): number {
  const differs = ({ reads }: Prologue, axis: number): boolean => reads.some(({ strides }) => strides[axis]);
  let axis = batch.length;
  while (axis > 0 && (batch[axis - 1] === 1 || !(differs(key, axis - 1) || differs(value, axis - 1)))) axis--;
  return elementCount(batch.slice(axis));
}

/** Rows of a block: whole tiles, as many as the cache holds, fewer where workers would idle. */
function rowsOfBlock(spec: AttentionSpec, rowBytes: number, heads: number, threads: number): number {
  const { m, scoreTile, valueTile } = spec;
  const height = Math.max(scoreTile[0], valueTile[0]);
  const cached = Math.floor(BLOCK_BYTES / rowBytes);
  const wanted = piecesOf(heads, threads);
  const most = Math.max(height, Math.min(cached, Math.ceil(m / wanted)));
  return Math.min(m, up(Math.ceil(m / Math.ceil(m / most)), height));
}

/** The same for everybody who asks with the same specification and threads. */
export function attentionPlan(spec: AttentionSpec, simd: SimdClass, threads: number): AttentionPlan {
  const { batch, m, n, k, d, scoreTile, valueTile } = spec;
  const lanes = LANES[simd];
  const scoreStride = up(tileCount(n, scoreTile[1]) * scoreTile[1], lanes);
  const resultStride = up(tileCount(d, valueTile[1]) * valueTile[1], lanes);
  const packsQueries = !queryInPlace(spec);
  const rowFloats = scoreStride + resultStride + 1 + (packsQueries ? k : 0);
  const blockRows = rowsOfBlock(spec, rowFloats * 4, elementCount(batch), threads);
  const blocks = Math.ceil(m / blockRows);
  let bytes = 0;
  const place = (floats: number): number => {
    const start = bytes;
    bytes += wholeLines(floats * 4);
    return start;
  };
  place(tileCount(n, scoreTile[1]) * scoreTile[1] * k);
  return {
    blockRows,
    lastRows: m - (blocks - 1) * blockRows,
    blocks,
    shared: sharedHeads(spec),
    units: elementCount(batch) * blocks,
    scoreStride,
    resultStride,
    valuePanels: place(tileCount(d, valueTile[1]) * valueTile[1] * n),
    scores: place(blockRows * scoreStride),
    results: place(blockRows * resultStride),
    scales: place(blockRows),
    queries: place(packsQueries ? blockRows * k : 0),
    bytes,
  };
}

/** One phase; all scratch is the workers' own. */
export function attentionNeeds(spec: AttentionSpec, simd: SimdClass, threads: number): KernelNeeds {
  const { units, bytes } = attentionPlan(spec, simd, threads);
  return { units, scratchPerWorker: bytes, scratchShared: 0, phases: [units] };
}
