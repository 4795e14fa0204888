// What compiling did: groups, kernels, chains, both plans. Plain data; bytes are integers.

import type { CompileOptions } from '../../options.ts';
import type { PlanPeaks, PlanView } from './plan.ts';

export interface FusedGroup {
  readonly id: string;
  /** that of its step */
  readonly title: string;
  readonly nodes: readonly number[];
  readonly ops: readonly string[];
  readonly anchorOp?: string;
  /** readable: 'y = max(conv + bias[c] + residual, 0)' */
  readonly expression: string;
  readonly reasons: readonly string[];
  readonly kernel: string;
  /** element reads and writes, loop iterations: members apart → together */
  readonly before: { readonly loops: number; readonly reads: number; readonly writes: number };
  readonly after: { readonly loops: number; readonly reads: number; readonly writes: number };
  readonly vanishedBytes: number;
}

/** A kernel of one operator, and why its neighbours are in other ones. */
export interface LoneKernel {
  readonly name: string;
  /** that of its step */
  readonly title: string;
  readonly nodes: readonly number[];
  readonly op: string;
  readonly reasons: readonly string[];
}

/** Loop iterations, element reads and writes of all operators apart, and of all kernels. */
export interface ModelAccount {
  readonly before: { readonly loops: number; readonly reads: number; readonly writes: number };
  readonly after: { readonly loops: number; readonly reads: number; readonly writes: number };
}

/** Steps that run depth-first, as one: row by row, keeping only rows of the tensors between them. */
export interface DepthFirstChain {
  /** of its entry in `groups`, and in `disabledGroups` */
  readonly id: string;
  /** names of the steps, as they would be without */
  readonly members: readonly string[];
  /** tensors of which only rows exist */
  readonly kept: readonly string[];
  /** bytes of these tensors, and of the rows of them that there are */
  readonly tensorBytes: number;
  readonly ringBytes: number;
  readonly multiplyAdds: number;
  /** computed again, because workers begin in the middle of an image */
  readonly extraMultiplyAdds: number;
  readonly reasons: readonly string[];
}

/** What compiling decided, and the plans of the graph as given and as executed. */
export interface CompileReport {
  /** the program was compiled earlier, and kept: the times of the steps are those of then */
  readonly cached?: boolean;
  readonly options: CompileOptions;
  readonly steps: readonly { readonly name: string; readonly ms: number; readonly count: number }[];
  readonly groups: readonly FusedGroup[];
  /** those that something could have joined */
  readonly apart?: readonly LoneKernel[];
  readonly account: ModelAccount;
  /** absent where there are none */
  readonly chains?: readonly DepthFirstChain[];
  /** operators after folding, kernels after fusion */
  readonly operators: number;
  readonly kernels: number;
  /** steps run by the reference interpreter, by operator */
  readonly interpreted: Readonly<Record<string, number>>;
  readonly asGiven: PlanView;
  readonly asExecuted: PlanView;
  readonly weightsBytes: number;
  readonly moduleBytes: number;
  /** what one memory can hold, where weights and arena need more: it can be looked at, not run */
  readonly beyondBytes?: number;
  /** where they were asked for */
  readonly peaks?: PlanPeaks;
}
