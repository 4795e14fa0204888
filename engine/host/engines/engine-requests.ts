// What a shell may ask an engine process: the finer steps behind the protocol's requests, so that one mechanism
// serves the app, the command line and runs that alternate between processes. Validated on arrival.

import { z } from 'zod';
import type { Answer } from '../../codegen/measure/in-turns.ts';
import { compileOptions, SIMD_CLASSES } from '../../options.ts';
import {
  type DataFile,
  type GeneratedCode,
  type GivenFacts,
  type Machine,
  poolSpec,
  type SampleSummary,
  type TensorSlice,
  type WeightDifferences,
} from '../../protocol.ts';
import type { CaseResult } from '../../report/conformance.ts';
import type { CompileReport } from '../../report/types/compile.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import type { PlanPeaks, PlanView } from '../../report/types/plan.ts';
import type {
  GroupError,
  MachinePeak,
  OutputSummary,
  RunReport,
  SanitizerReport,
  TensorExtents,
} from '../../report/types/run.ts';
import type { WhatIfReport } from '../../report/what-if/types.ts';
import type { LoopOrder } from '../../select/spec/product.ts';
import type { Tile } from '../../select/tile-cost.ts';

const name = z.string();

/**
 * A tensor for an input, of a .pb (TensorProto) or .npy file; an unnamed one is input number `index`.
 * `npy` is the bytes of such a file, base64; `path` names it in errors then.
 */
const inputFile = z.object({
  path: z.string(),
  name: z.string().optional(),
  index: z.int().optional(),
  npy: z.base64().optional(),
});

/** Where a run's inputs come from. */
const inputSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('seeded'), seed: z.int() }),
  z.object({
    kind: z.literal('files'),
    files: z.array(inputFile),
    /** for inputs that no file gives */
    seed: z.int(),
  }),
]);
export type InputSource = z.infer<typeof inputSource>;

/** An engine opens what lies on disk or is built in; the shell has turned uploads into paths. */
const engineSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sample'), name: z.string() }),
  z.object({ kind: z.literal('path'), path: z.string() }),
]);
export type EngineSource = z.infer<typeof engineSource>;

export const ENGINE_REQUESTS = {
  samples: z.object({}),
  /** the shell names the model, so that it keeps its name when a restarted engine opens it again */
  open: z.object({ model: name, source: engineSource, dims: z.record(z.string(), z.int()) }),
  close: z.object({ model: name }),
  /** what one file holds for the input it names */
  input: z.object({ model: name, file: inputFile }),
  compile: z.object({ model: name, options: compileOptions }),
  /** the graph as given, placed by the planner of the options: a report's column by another strategy */
  given: z.object({ model: name, options: compileOptions }),
  /** plans between the two columns of a report, of which the one as given is placed by `given` */
  peaks: z.object({ model: name, options: compileOptions, given: compileOptions.shape.planner }),
  tensor: z.object({ model: name, tensor: z.int(), start: z.int().min(0), count: z.int().min(0).max(4096) }),
  /** what changes of the plan as given would save; `times` of a run's steps say how long nodes take */
  whatIf: z.object({
    model: name,
    options: compileOptions,
    budgetBytes: z.int().min(0).optional(),
    pools: z.array(poolSpec),
    changes: z.boolean().default(true),
    limitMs: z.number().min(0).optional(),
    times: z.array(z.object({ nodes: z.array(z.int()).readonly(), ms: z.number().min(0) })),
  }),
  /** weights of two open models: [before, after], of the same type */
  weights: z.object({ model: name, before: name, pairs: z.array(z.tuple([z.int(), z.int()])) }),
  /** a constant, or a value of the last probe run, as a .npy file */
  npy: z.object({ model: name, tensor: z.int() }),
  /** the code generated for a fused group */
  code: z.object({ model: name, options: compileOptions, group: z.string() }),
  /** compile, load, run once, and warm up unless told otherwise */
  prepare: z.object({
    model: name,
    session: name,
    options: compileOptions,
    inputs: inputSource,
    warmUp: z.boolean(),
    /** a program that was compiled earlier will do, and what is compiled is kept */
    cache: z.boolean().optional(),
  }),
  /** timed runs of a prepared session, one after the other; totals with or without copying the outputs out */
  measure: z.object({ session: name, runs: z.int().min(1).max(10_000), copyOutputs: z.boolean() }),
  /** outputs of the last run against a program without fusion or SIMD, or against the interpreter */
  check: z.object({
    session: name,
    against: z.enum(['unfused', 'reference']),
    /** the largest error of every fused group too */
    groups: z.boolean().default(false),
  }),
  /** outputs of the last run, summarised; a probe's captured values are kept for `tensor` */
  outputs: z.object({ session: name }),
  /** measures the register tiles of a model's products that nobody measured yet */
  tune: z.object({ model: name, options: compileOptions }),
  /** outputs of the last run against files, in order */
  compare: z.object({
    session: name,
    expected: z.array(z.string()),
    rtol: z.number().min(0).optional(),
    atol: z.number().min(0).optional(),
  }),
  /** an output of the last run as the bytes of a TensorProto, base64 */
  encode: z.object({ session: name, output: z.int().min(0) }),
  /** repeats the last run with dead memory filled and steps watched; its outputs must be the same */
  sanitize: z.object({ session: name }),
  /** FLOP/s that code of a SIMD class reaches here at best, and bytes copied per second, on one thread */
  peak: z.object({ simd: z.enum(SIMD_CLASSES) }),
  /** the former of so many threads together */
  sharedPeak: z.object({ simd: z.enum(SIMD_CLASSES), threads: z.int().min(2).max(64) }),
  /** answered once the process has come to rest, or does not for long */
  rest: z.object({}),
  release: z.object({ session: name }),
  /** one case of a conformance suite, from files to its judgement */
  case: z.object({
    case: z.object({
      name,
      model: z.string(),
      dataSets: z
        .array(
          z.object({
            inputs: z.array(z.object({ path: z.string(), index: z.int() })).readonly(),
            outputs: z.array(z.string()).readonly(),
          }),
        )
        .readonly(),
    }),
    options: compileOptions,
  }),
} as const;

export type EngineRequestName = keyof typeof ENGINE_REQUESTS;
export type EngineRequestOf<N extends EngineRequestName> = z.output<(typeof ENGINE_REQUESTS)[N]>;

export interface PreparedSession {
  readonly compile: CompileReport;
  /** from the file to a graph with shapes, when the model was opened */
  readonly importMs: number;
  /** from options to a session ready to run */
  readonly compileMs: number;
  readonly firstRunMs: number;
  readonly warmups: number;
  readonly steps: readonly PreparedStep[];
  readonly memory: { readonly weightsBytes: number; readonly arenaBytes: number };
  readonly probe: boolean;
  /** of the run before this was told */
  readonly extents?: readonly TensorExtents[];
}

/** What a step's report has before any time is known. */
export type PreparedStep = Omit<
  RunReport['steps'][number],
  'minNs' | 'medianNs' | 'p95Ns' | 'lowNs' | 'highNs'
>;

export interface MeasuredRuns {
  /** per run, ns */
  readonly totalsNs: readonly number[];
  /** per run, per step, ns */
  readonly stepsNs: readonly (readonly number[])[];
}

export interface OutputCheck {
  readonly against: string;
  readonly maxAbsError: number;
  readonly maxRelError: number;
  readonly groups?: readonly GroupError[];
}

export interface ComparedOutput {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly compared: number;
  readonly mismatched: number;
  readonly maxAbsError: number;
  readonly maxRelError: number;
  readonly rtol: number;
  readonly atol: number;
  readonly mismatch?: string;
}

export interface EngineReplies {
  samples: readonly SampleSummary[];
  open: ModelSummary;
  close: Record<string, never>;
  input: GivenFacts;
  compile: CompileReport;
  given: PlanView;
  peaks: PlanPeaks;
  whatIf: WhatIfReport;
  tensor: TensorSlice;
  weights: WeightDifferences;
  npy: DataFile;
  code: GeneratedCode;
  prepare: PreparedSession;
  measure: MeasuredRuns;
  check: OutputCheck;
  outputs: readonly OutputSummary[];
  compare: readonly ComparedOutput[];
  encode: { readonly name: string; readonly base64: string };
  sanitize: SanitizerReport;
  peak: MachinePeak;
  sharedPeak: Pick<MachinePeak, 'flopsPerSecond'>;
  tune: { readonly measured: readonly Answer<Tile | LoopOrder>[] };
  rest: Record<string, never>;
  release: Record<string, never>;
  case: CaseResult;
}

/** What an engine process tells when it is ready. */
export type EngineFacts = Pick<Machine, 'cpu' | 'cores' | 'node' | 'v8'>;
