// A compiled model: what to run, in what order, on what memory. Plain data but for the weight loaders.

import type { Dtype, Layout, Node, Shape, Tensor, Value, ValueId } from '../ir/types.ts';
import type { CompileOptions } from '../options.ts';
import type { PlanResult, Problem } from '../planner/types.ts';
import type { StepFacts } from '../select/step.ts';

/** Where a tensor lies. Strided views of a larger buffer are possible; strides in elements per logical axis. */
export interface TensorView {
  readonly value: ValueId;
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** per axis: `shape` has a capacity there; the session knows the extent of each run */
  readonly bounded?: readonly boolean[];
  readonly layout?: Layout;
  readonly space: 'arena' | 'weights';
  /** bytes from the start of the space */
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * A value without a place in memory (strings, a container, a tensor whose size has no bound): the session holds it
 * between the steps of the interpreter.
 */
export interface HostView {
  readonly value: ValueId;
  readonly name: string;
  readonly space: 'host';
  readonly dtype?: Dtype;
  readonly shape?: Shape;
  readonly bounded?: readonly boolean[];
  readonly container?: Value['container'];
}

/** Where a value is found. */
export type ValueView = TensorView | HostView;

/** One phase of a kernel step: an exported function (begin, end, worker) → nothing, over work units. */
export interface Phase {
  readonly function: string;
  readonly units: number;
  /** so many neighbouring units share what a worker prepares for them; 1 where it says nothing */
  readonly grain?: number;
  /** a worker's share of the units is to be computed by it alone, in order */
  readonly ordered?: boolean;
  /** units, ascending, that may begin only when all before them are complete: they write over what those read */
  readonly bands?: readonly number[];
}

interface StepCommon extends StepFacts {
  readonly index: number;
}

/** A step, in the order of the program. */
export type ProgramStep = StepCommon &
  (
    | { readonly kind: 'kernel'; readonly template: string; readonly phases: readonly Phase[] }
    /** no kernel yet: the reference interpreter runs the node on the same memory, on the first worker only */
    | {
        readonly kind: 'reference';
        readonly node: Node;
        readonly inputs: readonly (ValueView | { readonly constant: Tensor } | undefined)[];
        readonly outputs: readonly (ValueView | undefined)[];
        /** values that the node's subgraphs read by name */
        readonly captures?: readonly {
          readonly name: string;
          readonly value: ValueView | { readonly constant: Tensor };
        }[];
      }
  );

/** A step for the interpreter. */
export type ReferenceStep = Extract<ProgramStep, { kind: 'reference' }>;

/** Constant data in the weights space. `load` writes it, packed, to its place: it is never held twice. */
export interface WeightSegment {
  readonly name: string;
  /** bytes from the start of the weights space */
  readonly offset: number;
  readonly bytes: number;
  readonly load: (target: Uint8Array) => void;
}

/** A buffer of the plan as executed, in the order of `problem.buffers`. */
export interface PlannedBuffer {
  /** values that live in it (views share one); none for scratch */
  readonly values: readonly ValueId[];
  readonly kind: 'input' | 'output' | 'activation' | 'scratch';
}

/** The plan as executed: problem, what its buffers are, and their offsets. */
export interface MemoryPlan {
  readonly problem: Problem;
  readonly buffers: readonly PlannedBuffer[];
  readonly result: PlanResult;
}

/** What a compiler step did and how long it took, for the app's view of the pipeline. */
export interface CompileStep {
  readonly name: string;
  readonly durationMs: number;
  /** nodes (or groups, kernels) after it */
  readonly count: number;
}

/** What a session runs. */
export interface Program {
  readonly options: CompileOptions;
  /**
   * imports: env.memory (see `sharesMemory`), env.arena, env.weights (i32 globals, bytes). Exports: the phases'
   * functions
   */
  readonly module: Uint8Array<ArrayBuffer>;
  readonly steps: readonly ProgramStep[];
  readonly weights: readonly WeightSegment[];
  readonly weightsBytes: number;
  readonly arenaBytes: number;
  readonly inputs: readonly ValueView[];
  readonly outputs: readonly ValueView[];
  readonly plan: MemoryPlan;
  readonly compileSteps: readonly CompileStep[];
}
