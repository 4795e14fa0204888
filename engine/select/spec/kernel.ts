// Kernel specifications: loops, accesses and expressions with every number constant. `select` makes them from
// fused groups, `codegen` turns each into one WebAssembly function. No graph, no operator names, no tensors.
// One kind per kernel template; beside this file, a file per family of templates.

import type { BufferRef } from './access.ts';
import type { CumulateSpec, ExtremeSpec, NormalizeSpec, ReduceSpec, SoftmaxSpec, TopKSpec } from './axis.ts';
import type { ChainSpec } from './chain.ts';
import type { ElementwiseSpec, FillSpec } from './elementwise.ts';
import type { GatherSpec, ScatterSpec } from './indexed.ts';
import type { AttentionSpec, MatmulSpec } from './product.ts';
import type { RecurrentSpec } from './recurrent.ts';
import type { SuppressionSpec } from './suppression.ts';
import type { TreesSpec } from './trees.ts';
import type { ConvolutionSpec, DepthwiseSpec, PoolSpec, ResizeSpec, WinogradSpec } from './window.ts';

/** One kernel; `kind` names its template. */
export type KernelSpec =
  | ElementwiseSpec
  | FillSpec
  | ConvolutionSpec
  | DepthwiseSpec
  | WinogradSpec
  | MatmulSpec
  | PoolSpec
  | ReduceSpec
  | SoftmaxSpec
  | NormalizeSpec
  | AttentionSpec
  | ResizeSpec
  | RecurrentSpec
  | GatherSpec
  | ScatterSpec
  | TopKSpec
  | ExtremeSpec
  | SuppressionSpec
  | CumulateSpec
  | TreesSpec
  | ChainSpec;

/** What a template needs besides its operands; asked before planning, so scratch is a buffer of the plan. */
export interface KernelNeeds {
  /** independent work units: worker t of n begins with [⌊units·t/n⌋, ⌊units·(t+1)/n⌋) */
  readonly units: number;
  /** bytes of scratch for each worker, whole cache lines */
  readonly scratchPerWorker: number;
  /** of these, bytes at the end that only fill the line and are never touched; 0 where it says nothing */
  readonly scratchSpare?: number;
  /** bytes of scratch shared by all workers (a first phase fills it, a barrier follows) */
  readonly scratchShared: number;
  /** functions to run one after the other with a barrier between, e.g. pack then compute; units of each */
  readonly phases: readonly number[];
  /** so many neighbouring units share what a worker prepares for them; 1 where it says nothing */
  readonly grain?: number;
  /** a worker's share of the units is to be computed by it alone, in order */
  readonly ordered?: boolean;
}

/**
 * How much of a kernel's results is wanted, read from memory when it runs: places of the outermost axis of the results
 * (the first of more than one place) below `count` · extent / `capacity`. What lies beyond may be left as it was.
 */
export interface Wanted {
  /** an int64 scalar */
  readonly count: BufferRef;
  readonly capacity: number;
  /** of the epilogue's iteration space */
  readonly axis: number;
}
