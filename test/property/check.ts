// A random model, compiled in several ways, against what the interpreter found while it grew; and on onnxruntime-web.
// A model that fails is cut down to the first value that is wrong by itself.

import * as ort from 'onnxruntime-web';
import type { Dtype, Model, Tensor } from '../../engine/ir/types.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../engine/options.ts';
import { inferShapes } from '../../engine/passes/shapes/infer.ts';
import { compile } from '../../engine/pipeline.ts';
import { compareTensors } from '../../engine/report/conformance.ts';
import { modelOf, noFiles } from '../support/build-graph.ts';
import { runProgram } from '../support/run-program.ts';
import type { Known, RandomModel } from './random-model.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'fatal';

const VARIANTS: Readonly<Record<string, Partial<CompileOptions>>> = {
  unfused: { fusion: false, simd: 'scalar', fma: false },
  fused: {},
  'wide, two threads': { simd: '256', threads: 2 },
};

const modelWith = (random: RandomModel, outputs: readonly Known[]): Model =>
  modelOf(random.graph(outputs), { opsets: { '': 21, 'com.microsoft': 1 } });

/** The first output that differs, as a sentence; what was thrown, likewise. */
function difference(random: RandomModel, outputs: readonly Known[], options: Partial<CompileOptions>) {
  try {
    const { graph, diagnostics } = inferShapes(modelWith(random, outputs), {}, noFiles);
    const wrong = diagnostics.find(({ severity }) => severity === 'error');
    if (wrong) return wrong.message;
    const { program } = compile(graph, { ...DEFAULT_OPTIONS, ...options }, { read: noFiles, clock: () => 0 });
    const results = runProgram(program, random.inputs);
    const [at, message] =
      outputs
        .map(({ tensor }, i) => [i, compareTensors(results[i], tensor)] as const)
        .find(([, text]) => text) ?? [];
    return message === undefined ? undefined : `output ${at}: ${message}`;
  } catch (error) {
    return error instanceof Error ? `threw ${error.message}` : String(error);
  }
}

const describe = (random: RandomModel, { id }: Known): string => {
  const node = random.graph([]).nodes.find(({ outputs }) => outputs.includes(id));
  const attributes = Object.entries(node?.attributes ?? {}).map(([name, attribute]) =>
    attribute.type === 'graph'
      ? `${name}=(${attribute.value.nodes.map(({ op }) => op).join(', ')})`
      : `${name}=${JSON.stringify(attribute.value)}`,
  );
  const shapes = (node?.inputs ?? []).map(input => {
    const known = random.computed.find(value => value.id === input);
    return known ? `${known.tensor.dtype}[${known.tensor.shape}]` : '·';
  });
  return `${node?.op}(${shapes.join(', ')}) ${attributes.join(' ')} opset ${node?.version}`;
};

/** Undefined where all variants agree with the interpreter. */
export function findDifference(random: RandomModel): string | undefined {
  const outputs = random.computed.slice(-3);
  if (outputs.length === 0) return undefined;
  for (const [name, options] of Object.entries(VARIANTS)) {
    const whole = difference(random, outputs, options);
    if (whole === undefined) continue;
    for (const value of random.computed) {
      const alone = difference(random, [value], options);
      if (alone !== undefined) return `${name}: ${describe(random, value)}: ${alone}`;
    }
    return `${name}: ${outputs.map(value => describe(random, value)).join(' and ')} together: ${whole}`;
  }
  return undefined;
}

/** What onnxruntime-web gives for these outputs; undefined where it lacks an operator or type. */
async function runOther(random: RandomModel, outputs: readonly Known[]): Promise<Tensor[] | undefined> {
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(writeOnnx(modelWith(random, outputs)), {
      graphOptimizationLevel: 'disabled',
      logSeverityLevel: 4,
    });
  } catch {
    return undefined;
  }
  try {
    const graph = random.graph(outputs);
    const feeds = Object.fromEntries(
      graph.inputs.map((id, i) => {
        const { dtype, shape, data } = random.inputs[i] as Tensor;
        return [
          graph.values[id]?.name ?? '',
          new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
        ];
      }),
    );
    const results = await session.run(feeds);
    return session.outputNames.flatMap(name => {
      const found = results[name];
      return found
        ? [{ dtype: found.type as Dtype, shape: [...found.dims], data: found.data as Tensor['data'] }]
        : [];
    });
  } catch {
    return undefined;
  } finally {
    await session.release();
  }
}

/** A file has one opset version: what older versions mean differently cannot be asked. */
const isRecent = (random: RandomModel): boolean =>
  random.graph([]).nodes.every(({ op, version }) => version >= 13 || op.startsWith('com.'));

/** The first value that onnxruntime-web computes differently. */
export async function findOtherDifference(random: RandomModel): Promise<string | undefined> {
  if (!isRecent(random)) return undefined;
  for (const value of random.computed) {
    const [theirs] = (await runOther(random, [value])) ?? [];
    const message = theirs && compareTensors(theirs, value.tensor);
    if (message) return `onnxruntime-web: ${describe(random, value)}: ${message}`;
  }
  return undefined;
}
