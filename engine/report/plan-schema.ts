// The plan file's format, once: zod checks it on export, and plan.schema.json is generated from it
// (a test holds the two together). Version 1 may gain optional fields; anything else makes version 2.

import { z } from 'zod';
import { compileOptions, DEPTH_FIRST, LEANNESS, STRATEGIES } from '../options.ts';

/** Raised where files of before cannot be read any more. */
export const FORMAT_VERSION = 1;

const bytes = z.int().min(0).describe('bytes');
const nanoseconds = z.int().min(0).describe('nanoseconds');
const index = z.int().min(0);
const nodes = z.array(index).describe('node indices of the imported graph');

const title = z.string().describe('what the step is called: its operators in the file, in their order');

const step = z
  .strictObject({
    index: index.describe('position in execution order, from 0'),
    name: z.string(),
    title: title.optional(),
    opType: z.string().describe('operator; of a fused step that of its anchor'),
    fusedFrom: z.array(z.string()).describe('every operator in the step, in order'),
    nodes,
    group: z.string().optional().describe('id of the fused group, in groups'),
  })
  .describe('one step of execution');

const tensor = z
  .strictObject({
    id: index.describe('position in this list; what placements refer to'),
    name: z.string(),
    kind: z.enum(['input', 'output', 'activation', 'scratch']),
    graphTensors: z.array(index).describe('tensors of the imported graph that live here; none for scratch'),
    dtype: z.string().optional(),
    shape: z.array(index).optional(),
    bounded: z
      .array(z.boolean())
      .optional()
      .describe('per axis: shape has a capacity there, the extent is known when the model runs'),
    sizeBytes: bytes,
    offset: bytes.describe('bytes from the start of the arena'),
    lower: index.describe('first step in which it is live'),
    upper: index.describe('first step after that in which it no longer is: the lifetime is [lower, upper)'),
    writer: index.optional().describe('step that writes it; absent for graph inputs'),
    readers: z.array(index).describe('steps that read it, ascending'),
    inPlaceOf: z
      .array(
        z.strictObject({
          id: index,
          distance: z.int().describe('bytes from the start of this tensor to that of the other'),
          least: bytes
            .optional()
            .describe('it is written behind what is still to be read: the least distance'),
        }),
      )
      .optional()
      .describe('tensors read for the last time in the step that writes this one, which takes their place'),
  })
  .describe('one buffer of the arena');

const plan = z.strictObject({
  column: z
    .enum(['asGiven', 'asExecuted'])
    .describe('asGiven: constants folded, nothing fused, alignment 1; asExecuted: what the engine runs'),
  planner: z.enum(STRATEGIES),
  alignment: z.int().min(1).describe('bytes; offsets are multiples of it'),
  steps: z.array(step),
  tensors: z.array(tensor),
  placements: z.array(index).describe('tensor ids in the order in which the planner placed them'),
  arena: z.strictObject({
    sizeBytes: bytes.describe('the peak: the largest offset + size'),
    lowerBoundBytes: bytes.describe('no placement of these tensors is smaller'),
    peakStep: index.describe('a step that needs lowerBoundBytes'),
    unplannedBytes: bytes.describe('every tensor in memory of its own'),
    optimal: z.boolean().describe('sizeBytes equals lowerBoundBytes'),
  }),
});

const peak = z.strictObject({
  sizeBytes: bytes.describe('the largest offset + size'),
  lowerBoundBytes: bytes.describe('no placement of these tensors is smaller'),
  optimal: z.boolean().describe('sizeBytes equals lowerBoundBytes'),
});

const measurement = z.strictObject({
  run: z.string().describe('id of the run'),
  step: index.optional().describe('index of a step of the asExecuted plan; absent for the whole run'),
  minNs: nanoseconds,
  medianNs: nanoseconds,
  p95Ns: nanoseconds,
  lowNs: nanoseconds.describe('nanoseconds; lower end of the 95 % bootstrap interval of the median'),
  highNs: nanoseconds.describe('nanoseconds; its upper end'),
  iterations: z.int().min(1),
});

const count = z.number().min(0);
const account = z
  .strictObject({ loops: count, reads: count, writes: count })
  .describe('loop iterations, element reads and writes; of a product, multiply-adds');

export const planFile = z
  .strictObject({
    $schema: z.string(),
    formatVersion: z.literal(FORMAT_VERSION),
    generator: z.strictObject({ name: z.string(), version: z.string() }),
    model: z.strictObject({
      name: z.string(),
      format: z.string(),
      sha256: z.string(),
      irVersion: z.int(),
      opsets: z.record(z.string(), z.int()).describe("domain → version; '' is the default domain"),
      producer: z.string(),
      dimensions: z.record(z.string(), index).describe('open dimensions and what they are bound to'),
    }),
    config: z.strictObject({
      fusion: compileOptions.shape.fusion.unwrap(),
      disabledGroups: z.array(z.string()),
      planner: z.enum(STRATEGIES),
      inPlace: z.boolean().optional(),
      overlap: z.boolean().optional(),
      lean: z.enum(LEANNESS).optional(),
      reorder: z.boolean().optional(),
      depthFirst: z.enum(DEPTH_FIRST).optional(),
      simd: compileOptions.shape.simd.unwrap(),
      threads: z.int().min(1),
      layout: compileOptions.shape.layout.unwrap(),
      fma: z.boolean(),
      winograd: z.boolean(),
    }),
    weightsBytes: bytes,
    groups: z.array(
      z.strictObject({
        id: z.string(),
        title: title.optional(),
        ops: z.array(z.string()),
        nodes,
        anchorOp: z.string().optional(),
        expression: z.string(),
        kernel: z.string(),
        vanishedBytes: bytes.describe('bytes of tensors that exist no more'),
        before: account.optional().describe('what the members would do apart'),
        after: account.optional().describe('what they do together'),
        reasons: z.array(z.string()).optional(),
      }),
    ),
    apart: z
      .array(z.strictObject({ title, nodes, op: z.string(), reasons: z.array(z.string()) }))
      .optional()
      .describe('kernels of one operator, and why their neighbours are in other ones'),
    account: z.strictObject({ before: account, after: account }).optional().describe('of the whole model'),
    plans: z.array(plan),
    peaks: z
      .strictObject({ withAliasing: peak, withoutOverlap: peak })
      .optional()
      .describe(
        'withAliasing: asGiven with aliasing and order, without results that nobody reads; withoutOverlap: asExecuted without overlap',
      ),
    measurements: z.array(measurement),
    warnings: z.array(z.strictObject({ id: z.string(), where: z.string(), message: z.string() })),
  })
  .describe(
    'A memory plan. All sizes are whole bytes, all times whole nanoseconds, all intervals half-open.',
  );

/** A plan file, once it is parsed and valid. */
export type PlanFile = z.infer<typeof planFile>;

/** The JSON Schema (2020-12) of the format: what plan.schema.json holds. */
export function planSchema(): unknown {
  return z.toJSONSchema(planFile, { target: 'draft-2020-12', io: 'input' });
}
