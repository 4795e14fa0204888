// A memory plan: steps, buffers with lifetimes and offsets, peaks and bounds. Plain data; bytes are integers.

import type { Strategy } from '../../options.ts';
import type { StopReason } from '../../planner/control.ts';

/** One row of the plan, of the timeline and of the memory map. */
export interface PlanTensor {
  readonly id: number;
  readonly name: string;
  /** tensors of the imported graph that live here: several when views share it, none for scratch */
  readonly tensors: readonly number[];
  readonly kind: 'input' | 'output' | 'activation' | 'scratch';
  readonly op?: string;
  readonly bytes: number;
  /** bytes; absent with the planner off */
  readonly offset: number;
  /** half-open lifetime in steps */
  readonly lower: number;
  readonly upper: number;
  /** step that writes it; undefined for graph inputs */
  readonly writer?: number;
  /** steps that read it, ascending */
  readonly readers: readonly number[];
  /** tensors (by id) that are read for the last time in the step that writes this one, which takes their place */
  readonly inPlaceOf?: readonly PlaceTaken[];
}

/** An operand over which a result lies. */
export interface PlaceTaken {
  readonly id: number;
  /** bytes from the start of the result to that of the operand; it may be negative */
  readonly distance: number;
  /** the result is written behind what is still to be read: any distance from this one on would do */
  readonly least?: number;
}

/** A step of a plan: an operator as given, a kernel or an operator as executed. */
export interface PlanStep {
  readonly index: number;
  readonly name: string;
  /** what it is called everywhere: 'MatMul + Add + Relu', by the operators of the file */
  readonly title: string;
  readonly op: string;
  readonly fusedOps: readonly string[];
  /** node indices of the imported graph */
  readonly nodes: readonly number[];
  readonly group?: string;
}

/** One column of `plan`: the graph as given, or as executed. */
export interface PlanView {
  readonly column: 'asGiven' | 'asExecuted';
  readonly strategy: Strategy;
  readonly steps: readonly PlanStep[];
  readonly tensors: readonly PlanTensor[];
  /** tensor ids (PlanTensor.id) in the order the strategy placed them */
  readonly placements: readonly number[];
  readonly peakBytes: number;
  readonly lowerBoundBytes: number;
  /** a step that needs lowerBoundBytes */
  readonly peakStep: number;
  readonly unplannedBytes: number;
  readonly optimal: boolean;
  /** the same for plans of the same buffers, lifetimes and overlaps: bounds and proofs hold for all of them */
  readonly problem: number;
  readonly alignment: number;
  readonly ms: number;
  /** steps with bodies (If, Loop, Scan), whose tensors inside are in no buffer of this plan; absent for none */
  readonly uncounted?: number;
  /** bytes that live tensors cover in each step; what lies over another counts once */
  readonly liveBytes: readonly number[];
}

/** Plans between the two columns. */
export interface PlanPeaks {
  /** the graph as given, with aliasing and order, without results that nobody reads */
  readonly withAliasing: PlannedPeak;
  /** as executed, but no result lies partly over an operand, and no step is lean */
  readonly withoutOverlap: PlannedPeak;
  readonly order: OrderPeak;
}

/** Peak and bound of a plan that was made and checked. */
export interface PlannedPeak {
  readonly peakBytes: number;
  readonly lowerBoundBytes: number;
  /** the peak meets the bound: no placement of these lifetimes needs less */
  readonly optimal: boolean;
}

/** The order of the graph as given, and whether a better one is ruled out. Bytes live at once, nothing shared. */
export interface OrderPeak {
  readonly givenPeakBytes: number;
  readonly peakBytes: number;
  /** no order needs less */
  readonly lowerBoundBytes: number;
  readonly proved: boolean;
  /** which limit ended the search, where it is not proved */
  readonly stoppedBy?: StopReason;
  /** sets of executed steps that were looked at */
  readonly states: number;
  readonly ms: number;
}
