// What runs and plans report. Plain data: it crosses processes, is compared, exported and drawn.
// Bytes and nanoseconds are integers.

import type { Diagnostic } from '../ir/types.ts';
import type { CompileOptions, Strategy } from '../options.ts';
import type { StopReason } from '../planner/control.ts';

/** What can be saved of a plan and its runs. */
export type ExportKind =
  | 'plan'
  | 'csv'
  | 'trace'
  | 'report'
  | 'netron'
  | 'model-explorer'
  | 'ort-profile'
  | 'offline-plan'
  | 'offline-plan-c';

/** One tensor of the model as imported. Ids are indices, stable for an open model. */
export interface TensorSummary {
  readonly id: number;
  readonly name: string;
  readonly dtype?: string;
  readonly shape?: readonly number[];
  /** per axis: `shape` has a capacity there, the extent is known when the model runs */
  readonly bounded?: readonly boolean[];
  /** as declared in the file, where it differs: symbols and unknown dimensions */
  readonly declared?: readonly (number | string)[];
  readonly bytes?: number;
  /** 'constant': stored in the file, as an initialiser or in a Constant node */
  readonly kind: 'input' | 'output' | 'activation' | 'constant';
  /** node index, if a node makes it */
  readonly producer?: number;
  /** node indices; those whose bodies read it too */
  readonly consumers: readonly number[];
}

export interface NodeSummary {
  readonly id: number;
  readonly name: string;
  readonly op: string;
  readonly version: number;
  /** tensor ids; null where an optional one is left out, as JSON has it */
  readonly inputs: readonly (number | null)[];
  readonly outputs: readonly (number | null)[];
  /** tensor ids that its bodies read without being given them; absent where there are none */
  readonly captures?: readonly number[];
  /** printed values: '[1, 1]', '"SAME_UPPER"', 'tensor float32 [64, 3, 7, 7]' */
  readonly attributes: readonly { readonly name: string; readonly type: string; readonly text: string }[];
  readonly doc?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** bodies of If, Loop, Scan */
  readonly subgraphs: readonly { readonly attribute: string; readonly graph: GraphSummary }[];
}

export interface GraphSummary {
  readonly name: string;
  readonly nodes: readonly NodeSummary[];
  readonly tensors: readonly TensorSummary[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A dimension that must be given before the model can be planned or run. */
export interface OpenDimension {
  /** symbol, 'input:axis' when anonymous, 'input:rank' where no shape is declared: the key in CompileOptions.dims */
  readonly key: string;
  /** axis -1: the number of axes */
  readonly inputs: readonly { readonly name: string; readonly axis: number }[];
  /** what it is bound to now, if anything */
  readonly extent?: number;
  /** while unbound: a small extent that all shape rules accept, together with those of the others */
  readonly smallest?: number;
  readonly reason: 'given' | 'batch default' | 'unbound';
}

export interface ModelSummary {
  readonly name: string;
  readonly path?: string;
  readonly format: string;
  readonly fileBytes: number;
  readonly sha256: string;
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly graph: GraphSummary;
  /** scalars in constants */
  readonly parameters: number;
  readonly parameterBytes: number;
  readonly dimensions: readonly OpenDimension[];
  readonly diagnostics: readonly Diagnostic[];
  /** false: diagnostics say why */
  readonly runnable: boolean;
  /** false: can be looked at only; a model that cannot be run may still be planned */
  readonly plannable: boolean;
}

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

export interface PlaceTaken {
  readonly id: number;
  /** bytes from the start of the result to that of the operand; it may be negative */
  readonly distance: number;
  /** the result is written behind what is still to be read: any distance from this one on would do */
  readonly least?: number;
}

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

/**
 * How far a group's results are at most from those of the unfused scalar program without minimal filtering, given the
 * model's inputs.
 */
export interface GroupError {
  /** FusedGroup.id */
  readonly group: string;
  readonly maxAbsError: number;
  readonly maxRelError: number;
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

/** Plans between the two columns. */
export interface PlanPeaks {
  /** the graph as given, with aliasing and order */
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

export interface TimeStatistics {
  readonly minNs: number;
  readonly medianNs: number;
  readonly p95Ns: number;
  /** 95 % bootstrap interval of the median */
  readonly lowNs: number;
  readonly highNs: number;
}

export interface StepReport extends TimeStatistics {
  readonly index: number;
  readonly name: string;
  /** PlanStep.title */
  readonly title: string;
  readonly op: string;
  readonly fusedOps: readonly string[];
  readonly nodes: readonly number[];
  readonly group?: string;
  readonly kind: 'kernel' | 'reference';
  /** as the operators define them; of bodies, as often as they ran */
  readonly flops: number;
  /** how often the bodies of a branch, loop or scan ran in one run */
  readonly turns?: number;
  /** of `flops`, what minimal filtering does without */
  readonly sparedFlops?: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

export interface OutputSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly min?: number;
  readonly max?: number;
  readonly mean?: number;
  readonly nonFinite: number;
  /** the first few */
  readonly values: readonly (number | string)[];
}

/** A run under the sanitizer: dead memory held NaN, steps were watched, and a run without sharing stood beside it. */
export interface SanitizerReport {
  /** no faults, and the same outputs as with every buffer in memory of its own */
  readonly ok: boolean;
  /** one more than the highest byte of the arena that was written */
  readonly touchedBytes: number;
  /** steps that wrote beside their own buffers */
  readonly faults: readonly {
    readonly step: number;
    /** name of the step */
    readonly name: string;
    /** whose memory it was; 'no buffer' where none lives there */
    readonly buffer: string;
    /** the first such byte, from the start of the arena */
    readonly byte: number;
  }[];
  /** names of outputs that are not the same to the last bit */
  readonly differing: readonly string[];
  /** the first step whose result came out otherwise: something was written over before it was read for the last time */
  readonly overwritten?: { readonly step: number; readonly name: string; readonly buffer: string };
}

/** What one thread of this machine reaches at best. */
export interface MachinePeak {
  /** multiply-adds in registers only, of the SIMD class that was asked for */
  readonly flopsPerSecond: number;
  /** read and written, copying what no cache holds */
  readonly bytesPerSecond: number;
}

/** What a tensor's shape was in a run. */
export interface TensorExtents {
  readonly tensor: number;
  readonly shape: readonly number[];
}

export interface RunReport {
  readonly id: string;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly options: CompileOptions;
  readonly environment: {
    readonly cpu: string;
    readonly node: string;
    readonly v8: string;
    readonly cores: number;
  };
  readonly iterations: number;
  readonly warmups: number;
  readonly total: TimeStatistics;
  /** one per iteration, ns */
  readonly samplesNs: readonly number[];
  readonly steps: readonly StepReport[];
  /** ms from options to a program ready to run, and of the first run */
  readonly compileMs: number;
  readonly firstRunMs: number;
  readonly compile: CompileReport;
  readonly memory: {
    readonly weightsBytes: number;
    readonly arenaBytes: number;
    readonly lowerBoundBytes: number;
    readonly unplannedBytes: number;
    /** bytes of the arena that a run really wrote, where measured */
    readonly touchedBytes?: number;
  };
  /** measured right after the runs, where that was asked for */
  readonly peak?: MachinePeak;
  readonly outputs: readonly OutputSummary[];
  /** shapes that tensors of the imported graph (by id) had, where only their capacity was known before */
  readonly extents?: readonly TensorExtents[];
  /** against the compiled unfused scalar program (or the interpreter), where checked */
  readonly check?: {
    readonly against: string;
    readonly maxAbsError: number;
    readonly maxRelError: number;
    /** where they were asked for */
    readonly groups?: readonly GroupError[];
  };
  /** where the run was repeated under the sanitizer */
  readonly sanitizer?: SanitizerReport;
  /** set when measured in turns with another run: both carry the same id */
  readonly interleavedWith?: string;
  /** true when values were captured: then times and memory are those of a probe, not of the model */
  readonly probe: boolean;
}
