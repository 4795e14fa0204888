// What running depth-first costs and saves in time: a model in multiply-adds of the fastest register tile, with
// figures measured on the samples. Tiles that are cut off at the end of a strip, calls, rows that are moved and rows
// that several workers compute, against tensors that stay in the cache and steps that workers need not meet for.

import type { SimdClass } from '../options.ts';
import type { ChainSpec, ChainStage } from './spec/chain.ts';
import type { StepDraft } from './step.ts';
import { tileTime } from './tile-cost.ts';

/** Calling a kernel for a few rows: finding its place, its weights and its first pixel. */
const CALL = 4000;
/** Moving one element of a kept row. */
const MOVE = 2;
/** One element that is written and read in the first or second cache instead of beyond. */
const NEAR = 4;
/** bytes of a tensor that is likely to be gone from the second cache when it is read */
const FAR_BYTES = 1 << 20;
/** Meeting for a step and leaving it, with more than one worker. */
const MEETING = 60_000;
/** Reading a transformed weight once more. */
const WEIGHT = 12;

/** What is known of a chain besides its specification. */
export interface ChainWork {
  readonly simd: SimdClass;
  readonly threads: number;
  /** per stage: multiply-adds of all rows */
  readonly multiplyAdds: readonly number[];
  /** per stage: rows computed by all workers, and rows that its rings hold */
  readonly computedRows: readonly number[];
  readonly capacities: readonly number[];
  /** bytes of each tensor between */
  readonly keptBytes: readonly number[];
}

/** In multiply-adds of the fastest register tile. */
export interface ChainTime {
  /** beyond what the steps take one after the other */
  readonly added: number;
  readonly saved: number;
  /** multiply-adds computed more than once */
  readonly extra: number;
}

/** By the model of their time, not measured. */
export function chainTime({ stages, batch, rings }: ChainSpec, work: ChainWork): ChainTime {
  const { simd, threads, multiplyAdds, computedRows, capacities, keptBytes } = work;
  let added = 0;
  let extra = 0;
  stages.forEach((stage, at) => {
    const all = multiplyAdds[at] ?? 0;
    const calls = (computedRows[at] ?? 0) / stage.unitRows;
    const again = ((computedRows[at] ?? 0) / (stage.rows * batch) - 1) * all;
    // Rows that nobody reads are left out.
    extra += Math.max(0, again);
    added += again + (loss(simd, stage) - 1) * all + calls * (CALL + reread(stage));
    const moved = Math.max(0, (capacities[at] ?? 0) - stage.unitRows);
    for (const ring of rings) if (ring.stage === at) added += (calls * moved * ring.rowBytes * MOVE) / 4;
  });
  const far = keptBytes.reduce((sum, bytes) => (bytes > FAR_BYTES ? sum + bytes / 4 : sum), 0);
  const meetings = threads > 1 ? (stages.length - 1) * MEETING : 0;
  return { added: added / threads, saved: (far * NEAR) / threads + meetings, extra };
}

/** What steps take that run one after the other: their multiply-adds, and what they read and write. */
export function stepsTime(steps: readonly Pick<StepDraft, 'flops' | 'bytesRead' | 'bytesWritten'>[]): number {
  return steps.reduce(
    (sum, { flops, bytesRead, bytesWritten }) => sum + flops / 2 + ((bytesRead + bytesWritten) / 4) * NEAR,
    0,
  );
}

/** Time of a register tile's work cut at every strip, relative to all of it at once. */
function loss(simd: SimdClass, { kernel, rows, unitRows }: ChainStage): number {
  if (kernel.kind !== 'matmul' && kernel.kind !== 'convolution') return 1;
  const columns = kernel.kind === 'matmul' ? kernel.n : kernel.outChannels;
  const width = kernel.kind === 'matmul' ? kernel.m / rows : kernel.outputSize[1];
  const time = (some: number): number =>
    some === 0 ? 0 : tileTime(simd, kernel.tile, { columns, rows: some * width });
  return (time(unitRows) * Math.floor(rows / unitRows) + time(rows % unitRows)) / time(rows);
}

/** Transformed weights are many times what a strip of tiles works on, and are read for every strip. */
const reread = ({ kernel }: ChainStage): number =>
  kernel.kind === 'winograd'
    ? (kernel.outputTile + 2) ** 2 * kernel.inChannels * kernel.outChannels * WEIGHT
    : 0;
