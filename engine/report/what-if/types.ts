// What could be planned otherwise: changes of the graph as given, settings of the program as it runs, budgets and
// memories. Plain data, as in ../types.ts; bytes are integers.

import type { CompileOptions } from '../../options.ts';
import type { OrderPeak, PlannedPeak } from '../types/plan.ts';

/** One memory of several, and of one byte read or written there the cost, in any unit. */
export interface PoolSpec {
  readonly id: string;
  readonly sizeBytes: number;
  readonly cost: number;
}

/** What a change of the plan asks for in return. */
export interface ExtraWork {
  readonly multiplyAdds: number;
  /** bytes that go to a slower memory and back */
  readonly trafficBytes: number;
  /** from the times of a run, where they were given */
  readonly ms?: number;
}

export type WhatIfKind =
  | 'order'
  | 'in-place'
  | 'view'
  | 'slices'
  | 'unread'
  | 'depth-first'
  | 'patches'
  | 'recompute'
  | 'pool';

/** A change of the plan of the graph as given: what it alone would save. Planned anew and checked. */
export interface WhatIf extends PlannedPeak {
  /** stable for a model */
  readonly id: string;
  readonly kind: WhatIfKind;
  /** a sentence without its full stop: 'relu1 in place of conv1' */
  readonly title: string;
  /** node indices and tensor ids of the imported graph that it concerns */
  readonly nodes: readonly number[];
  readonly tensors: readonly number[];
  readonly savedBytes: number;
  readonly extra: ExtraWork;
  /** how the program that runs comes to it: 'by itself', by the setting named, or 'plan only' */
  readonly executed: 'by itself' | 'layers row by row' | 'plan only';
  /** another change of some of these operators saves as much, for as little work */
  readonly beaten?: boolean;
}

/** Several changes together: the least peak found for so much extra work. */
export interface FrontPoint extends PlannedPeak {
  /** WhatIf.id, in the order in which they were added; some save only together */
  readonly changes: readonly string[];
  readonly extra: ExtraWork;
}

/** The program as it runs, with other settings of its memory. Planned and checked, not emitted. */
export interface ExecutedPlan extends PlannedPeak {
  /** stable for a model */
  readonly id: string;
  /** equal where the same question is answered, as PlanView.problem */
  readonly problem: number;
  /** a sentence without its full stop: 'layers row by row, one thread' */
  readonly title: string;
  /** what to set for it; nothing for the program as it is */
  readonly settings: Partial<
    Pick<
      CompileOptions,
      'planner' | 'inPlace' | 'overlap' | 'lean' | 'reorder' | 'depthFirst' | 'threads' | 'disabledGroups'
    >
  >;
  /** node indices of the imported graph that then run row by row */
  readonly nodes: readonly number[];
  /** of the peak as it is set */
  readonly savedBytes: number;
  readonly extra: ExtraWork;
}

/** "Fit this model into so many bytes." */
export interface BudgetAnswer {
  readonly budgetBytes: number;
  /** some plan fits, of the graph as given or as it runs */
  readonly fits: boolean;
  /** of the graph as given: the cheapest point that fits, or the one that comes closest */
  readonly point: FrontPoint;
  /** as it runs: the cheapest that fits, or the one that comes closest */
  readonly executed?: ExecutedPlan;
  /** bytes that the lowest of both lacks; 0 where one fits */
  readonly missingBytes: number;
}

/** Which tensor lies in which memory, with the least traffic to the slow ones that was found. */
export interface PoolAnswer {
  readonly fits: boolean;
  /** which graph is planned, in place of the one as given where that costs more or does not fit */
  readonly schedule: 'as given' | 'memory shared' | 'memory shared, another order';
  readonly pools: readonly (PoolSpec & { readonly peakBytes: number; readonly trafficBytes: number })[];
  /** traffic × cost over all tensors; 0 where nothing fits */
  readonly cost: number;
  /** no assignment costs less than that; 0 where nothing fits */
  readonly leastCost: number;
  /** the cost is the least */
  readonly proved: boolean;
  /** without a plan: bytes that the memories lack; with them there is one */
  readonly missingBytes: number;
  /** PlanTensor ids of the graph as given; `pool` is an index */
  readonly tensors: readonly {
    readonly id: number;
    readonly name: string;
    readonly pool: number;
    readonly offset: number;
    readonly bytes: number;
    readonly trafficBytes: number;
  }[];
}

export interface WhatIfReport {
  /** the graph as given, in the order of its file, nothing shared */
  readonly base: PlannedPeak & { readonly unplannedBytes: number };
  /** of one inference */
  readonly multiplyAdds: number;
  /** those that save something alone or in a point of the front, the most first */
  readonly items: readonly WhatIf[];
  /** from no extra work and most bytes to the fewest bytes */
  readonly front: readonly FrontPoint[];
  /** the order of the graph as given; absent where no changes were looked for */
  readonly order?: OrderPeak;
  /** the program as it is set, then with settings that need less, the lowest first */
  readonly executed: readonly ExecutedPlan[];
  readonly budget?: BudgetAnswer;
  readonly pools?: PoolAnswer;
  /** how far it came, where it was to end after some time */
  readonly tried?: {
    /** changes of which it is known what they save alone */
    readonly alone: number;
    readonly of: number;
    /** changes were added to each other until none saved more */
    readonly together: boolean;
    /** all settings of the program were looked at */
    readonly settings: boolean;
  };
  readonly ms: number;
}
