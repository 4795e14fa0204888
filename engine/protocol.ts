// The one protocol between shell and engine, and between renderer and shell: request → progress* → reply | error.
// JSON messages, requests validated with zod on arrival. Views are summaries; tensors cross as the slice asked for.

import { z } from 'zod';
import { compileOptions } from './options.ts';
import type { CompileReport } from './report/types/compile.ts';
import type { ExportKind } from './report/types/export-kind.ts';
import type { ModelSummary } from './report/types/model.ts';
import type { RunReport } from './report/types/run.ts';
import type { WhatIfReport } from './report/what-if/types.ts';

const modelId = z.string();

/** Where a model comes from. The shell turns uploads into paths before the engine sees them. */
const modelSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sample'), name: z.string() }),
  z.object({ kind: z.literal('path'), path: z.string() }),
  /** files streamed to the shell beforehand; `entry` is the model among them */
  z.object({ kind: z.literal('upload'), upload: z.string(), entry: z.string() }),
]);
/** Where a model comes from: a path below what the shell serves, files of the page, or a sample's name. */
export type ModelSource = z.infer<typeof modelSource>;

/** A tensor for an input: a file, or the bytes of a .npy file that was made in the page, base64. */
const givenInput = z.object({
  name: z.string(),
  source: z.discriminatedUnion('kind', [
    ...modelSource.options,
    z.object({ kind: z.literal('npy'), base64: z.base64() }),
  ]),
});
/** Data for one input of a model, by its name. */
export type GivenInput = z.infer<typeof givenInput>;

/** What can be exported; report/exports has a file for each. */
export const EXPORT_KINDS = [
  'plan',
  'csv',
  'csv-offsets',
  'trace',
  'report',
  'netron',
  'model-explorer',
  'ort-profile',
  'offline-plan',
  'offline-plan-c',
] as const satisfies readonly ExportKind[];

/** A memory that buffers may lie in. */
export const poolSpec = z.object({
  id: z.string().min(1),
  sizeBytes: z.int().min(0),
  /** of a byte read or written */
  cost: z.number().min(0),
});

/** Several memories, each with a name of its own. */
const poolSpecs = z
  .array(poolSpec)
  .refine(pools => new Set(pools.map(({ id }) => id)).size === pools.length, {
    message: 'expected a name for each memory, found one twice',
  });

/** Every request, by name. Replies are in `Replies`. */
export const REQUESTS = {
  /** what this machine can do */
  machine: z.object({}),
  samples: z.object({}),
  /** open a model: its summary. What was open stays open */
  open: z.object({ source: modelSource, dims: z.record(z.string(), z.int()).default({}) }),
  close: z.object({ model: modelId }),
  /** uploads of a page that was loaded again, which it will open one after the other: they stay until then */
  hold: z.object({ uploads: z.array(z.string()).max(1000) }),
  /** what a file holds that is given for an input, before anything runs on it */
  input: z.object({ model: modelId, input: givenInput }),
  /** plan and compile without running */
  compile: z.object({ model: modelId, options: compileOptions }),
  /** run, timed. With `against`, both are measured in turns (A B A B) and two reports come back */
  run: z.object({
    model: modelId,
    options: compileOptions,
    against: compileOptions.optional(),
    /** timed runs after warm-up */
    iterations: z.int().min(1).max(10_000).default(20),
    check: z.enum(['none', 'unfused', 'reference']).default('unfused'),
    /** with a check: the largest error of every fused group too */
    groupErrors: z.boolean().default(false),
    /** of the inputs that are not given */
    seed: z.int().default(1),
    inputs: z.array(givenInput).default([]),
  }),
  /** runs made before, by their ids (RunReport.id): a page that is loaded again asks for those it had */
  runs: z.object({ ids: z.array(z.string()).max(1000) }),
  /** what changes of the plan would save, ranked, and what they ask for; with a budget or pools, their answer too */
  whatIf: z.object({
    model: modelId,
    options: compileOptions,
    budgetBytes: z.int().min(0).optional(),
    pools: poolSpecs.default([]),
    /** whether changes are looked for; a budget always does */
    changes: z.boolean().default(true),
    /** ends about then with what was found by then; left out: everything is tried */
    limitMs: z.number().min(0).optional(),
    /** the run (RunReport.id) that tells how long steps take */
    run: z.string().optional(),
  }),
  /** statistics, histogram and a slice of a constant, or of a value of the last probe run */
  tensor: z.object({
    model: modelId,
    tensor: z.int(),
    start: z.int().min(0).default(0),
    count: z.int().min(0).max(4096).default(256),
  }),
  /** which weights of a model hold other values than those of the one before it; pairs of ids of the same type */
  weights: z.object({
    model: modelId,
    before: modelId,
    pairs: z.array(z.tuple([z.int(), z.int()])).max(1_000_000),
  }),
  /** all values of a constant, or of a value of the last probe run, as a .npy file */
  npy: z.object({ model: modelId, tensor: z.int() }),
  /** the generated code of a fused group */
  code: z.object({ model: modelId, options: compileOptions, group: z.string() }),
  /** a file to save */
  export: z.object({
    model: modelId,
    what: z.enum(EXPORT_KINDS),
    options: compileOptions,
    /** the runs (RunReport.id) it is about, the newest last; none where it needs none */
    runs: z.array(z.string()).default([]),
    /** what these runs are called, in their order; without, 1, 2, 3 */
    numbers: z.array(z.int().positive()).default([]),
    /** those among them that a report compares, A and B; without, the last two */
    compared: z.array(z.string()).max(2).default([]),
  }),
  /** Folders and models below the allowed root. Without a folder: where models were last opened, or home, or the root. */
  browse: z.object({ folder: z.string().optional() }),
  recent: z.object({}),
  /** what is kept of models compiled earlier; `clear` forgets it, and says what it was */
  cache: z.object({ clear: z.boolean().default(false) }),
} as const;
export type RequestName = keyof typeof REQUESTS;
/** as a caller writes it, defaults left out */
export type RequestInput<N extends RequestName> = z.input<(typeof REQUESTS)[N]>;
/** as a handler receives it */
export type RequestOf<N extends RequestName> = z.output<(typeof REQUESTS)[N]>;

/** What runs here, and what it runs on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** threads that runs start with */
  readonly defaultThreads: number;
  readonly node: string;
  readonly v8: string;
  /** SIMD classes that work here, best last */
  readonly simd: readonly ('scalar' | '128' | '256')[];
  readonly shell: 'electron' | 'server';
  /** set when `serve --root` allows browsing */
  readonly root?: string;
  /** set by the shell: the model it was started with, which the app opens first */
  readonly initial?: ModelSource;
}

/** A model built in code, as it is offered. */
export interface SampleSummary {
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** Some elements of a tensor, row-major from `start`, and what all its elements are like. */
export interface TensorSlice {
  readonly tensor: number;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  /** numbers; strings for 64-bit integers beyond 2^53, strings, −0, NaN and ±Infinity */
  readonly values: readonly (number | string)[];
  readonly statistics?: {
    readonly min: number;
    readonly max: number;
    readonly mean: number;
    readonly std: number;
    readonly zeros: number;
    readonly nonFinite: number;
    readonly histogram: readonly number[];
  };
}

/** Of pairs of weights, by their place in the question. */
export interface WeightDifferences {
  /** those that differ in a byte */
  readonly changed: readonly number[];
  /** those that were not looked at: all together are too large */
  readonly skipped: readonly number[];
}

/** A tensor that is given for an input; of a sequence, a map or an optional neither is known. */
export interface GivenFacts {
  readonly dtype?: string;
  /** type of the file's elements, where they were converted to that of the input */
  readonly from?: string;
  readonly shape?: readonly number[];
}

/** Generated code as text: one function per phase of the kernel. */
export interface GeneratedCode {
  readonly text: string;
  /** bytes of the whole module */
  readonly moduleBytes: number;
}

/** A file to save: `text` is base64 of its bytes. */
export interface DataFile {
  readonly fileName: string;
  readonly mime: string;
  readonly text: string;
  readonly encoding: 'base64';
}

/** A folder or model below the served folder; `path` is relative to it, with slashes. */
export interface BrowseEntry {
  readonly name: string;
  readonly kind: 'folder' | 'model';
  readonly path: string;
  readonly bytes?: number;
}

/** What each request is answered with, where it does not fail. */
export interface Replies {
  machine: Machine;
  samples: readonly SampleSummary[];
  open: { readonly model: string; readonly summary: ModelSummary };
  close: Record<string, never>;
  hold: Record<string, never>;
  input: GivenFacts;
  compile: CompileReport;
  run: { readonly runs: readonly RunReport[] };
  /** those that the shell still keeps */
  runs: { readonly runs: readonly RunReport[] };
  whatIf: WhatIfReport;
  tensor: TensorSlice;
  weights: WeightDifferences;
  npy: DataFile;
  code: GeneratedCode;
  export: {
    readonly fileName: string;
    readonly mime: string;
    readonly text: string;
    /** set where `text` is bytes written as such */
    readonly encoding?: 'base64';
  };
  browse: { readonly folder: string; readonly entries: readonly BrowseEntry[] };
  recent: readonly { readonly path: string; readonly name: string }[];
  cache: {
    readonly folder: string;
    readonly programs: number;
    readonly sizeBytes: number;
    /** of what is kept of the engine's own modules */
    readonly codeBytes: number;
  };
}

/** renderer → shell → engine */
export const clientMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('request'), id: z.int(), name: z.string(), body: z.unknown() }),
  z.object({ kind: z.literal('cancel'), id: z.int() }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;

/** engine → shell → renderer */
export type ServerMessage =
  | {
      readonly kind: 'progress';
      readonly id: number;
      readonly what: string;
      readonly done: number;
      readonly of: number;
    }
  | { readonly kind: 'reply'; readonly id: number; readonly body: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ProtocolError }
  /** the engine was restarted: models must be opened again (the shell does so), runs are lost */
  | { readonly kind: 'restarted'; readonly reason: string }
  /** the shell was asked to open a model: a second start, a file association */
  | { readonly kind: 'open'; readonly source: ModelSource };

/** Why a request failed: what was expected and what was found, and where. */
export interface ProtocolError {
  /** 'bad-input' is the user's, 'cancelled' asked for, 'internal' is a bug of ours */
  readonly id: 'bad-input' | 'cancelled' | 'unsupported' | 'engine-lost' | 'internal';
  readonly message: string;
  readonly where?: string;
}
