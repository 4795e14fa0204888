// What runs report: times, outputs, errors, memory touched. Plain data; bytes and nanoseconds are integers.

import type { CompileOptions } from '../../options.ts';
import type { CompileReport } from './compile.ts';
import type { PlanStep } from './plan.ts';

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

/** Of the times of one step, or of whole runs, over the iterations; nanoseconds. */
export interface TimeStatistics {
  readonly minNs: number;
  readonly medianNs: number;
  readonly p95Ns: number;
  /** 95 % bootstrap interval of the median */
  readonly lowNs: number;
  readonly highNs: number;
}

export interface StepReport extends PlanStep, TimeStatistics {
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

/** An output of a run, in a few numbers; least, most and mean are of what is finite. */
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

/** Everything that is kept of a run. */
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
