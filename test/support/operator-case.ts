// One operator against onnxruntime-web: the interpreter and the compiled program on seeded inputs, the same file there.

import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { GraphBuilder } from '../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Model, Tensor } from '../../engine/ir/types.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { DEFAULT_OPTIONS } from '../../engine/options.ts';
import { inferShapes } from '../../engine/passes/shapes/infer.ts';
import { compile } from '../../engine/pipeline.ts';
import { evaluateGraph } from '../../engine/reference/interpreter.ts';
import { seededRandom } from '../../engine/reference/random.ts';
import { compareTensors } from '../../engine/report/conformance.ts';
import { modelOf, noFiles } from './build-graph.ts';
import { runProgram } from './run-program.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

const SEED = 20_26;

type Random = () => number;
export type Input = (random: Random) => Tensor;

/** Floats from −2 to 2. */
export const floats =
  (...shape: number[]): Input =>
  random =>
    tensorOf(
      'float32',
      shape,
      Array.from({ length: elementCount(shape) }, () => 4 * random() - 2),
    );
/** Floats from 0.5 to 1.5, as variances are. */
export const positive =
  (...shape: number[]): Input =>
  random =>
    tensorOf(
      'float32',
      shape,
      Array.from({ length: elementCount(shape) }, () => 0.5 + random()),
    );
/** Every value the 8-bit type has. */
export const bytes =
  (dtype: 'uint8' | 'int8', ...shape: number[]): Input =>
  random => {
    const low = dtype === 'int8' ? -128 : 0;
    return tensorOf(
      dtype,
      shape,
      Array.from({ length: elementCount(shape) }, () => low + Math.floor(256 * random())),
    );
  };
export const fixed =
  (dtype: Dtype, shape: readonly number[], values: readonly number[]): Input =>
  () =>
    tensorOf(dtype, shape, values);
export const i32 = (shape: readonly number[], values: readonly number[]): Input =>
  fixed('int32', shape, values);
export const i64 = (shape: readonly number[], values: readonly number[]): Input =>
  fixed('int64', shape, values);
export const scale = (value: number): Input => fixed('float32', [], [value]);
export const zero = (dtype: Dtype, value: number): Input => fixed(dtype, [], [value]);
export const quantized = (dtype: 'uint8' | 'int8', ...shape: number[]): Input[] => [
  bytes(dtype, ...shape),
  scale(0.02),
  zero(dtype, 3),
];

export interface OperatorCase {
  readonly op: string;
  readonly inputs: readonly (Input | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  readonly version?: number;
  /** inputs that are fed instead of constant; onnxruntime wants scales, sizes and weights to be constants */
  readonly fed?: readonly number[];
  /** largest difference there may be, in units of the output: quantisation steps */
  readonly steps?: number;
  /** the same for the interpreter; as for the compiled program when absent */
  readonly interpretedSteps?: number;
}

interface Built {
  readonly model: Model;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

const OTHER_DOMAINS = { 'com.microsoft': 1, 'ai.onnx.ml': 3 } as const;

const versionOf = (op: string, version: number): number =>
  Object.entries(OTHER_DOMAINS).find(([domain]) => op.startsWith(`${domain}.`))?.[1] ?? version;

function build({ op, inputs, attributes = {}, outputs = 1, version = 17, fed = [0] }: OperatorCase): Built {
  const random = seededRandom(SEED);
  const builder = new GraphBuilder('case', { version: versionOf(op, version) });
  const feeds: Record<string, Tensor> = {};
  const ids = inputs.map((make, i) => {
    if (make === undefined) return undefined;
    const tensor = make(random);
    if (!fed.includes(i)) return builder.constant(`c${i}`, tensor);
    feeds[`x${i}`] = tensor;
    return builder.input(`x${i}`, tensor.dtype, tensor.shape);
  });
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  for (const id of builder.nodes(op, ids, { attributes, outputs: names }))
    if (id !== undefined) builder.output(id);
  const model = modelOf(builder.build(), { opsets: { '': version, ...OTHER_DOMAINS } });
  const { graph, diagnostics } = inferShapes(model, {}, noFiles);
  expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
  return { model: { ...model, graph }, feeds };
}

/** Without inferred constants and output shapes, so that the other side computes them too. */
function plain({ graph, ...model }: Model): Model {
  const produced = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const values = graph.values.map(value => {
    if (value === undefined || !produced.has(value.id)) return value;
    const { constant: _, ...rest } = value;
    return graph.outputs.includes(value.id)
      ? { ...rest, declared: value.shape?.map(() => undefined) ?? [] }
      : rest;
  });
  return { ...model, graph: { ...graph, values } };
}

async function runOther(model: Model, feeds: Built['feeds']): Promise<Tensor[]> {
  const session = await ort.InferenceSession.create(writeOnnx(plain(model)), {
    graphOptimizationLevel: 'disabled',
  });
  try {
    const given = Object.entries(feeds).map(([name, { dtype, shape, data }]): [string, ort.Tensor] => [
      name,
      new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
    ]);
    const results = await session.run(Object.fromEntries(given));
    return session.outputNames.map(name => {
      const output = results[name];
      if (output === undefined) throw new Error(`no output ${name}`);
      return { dtype: output.type as Dtype, shape: [...output.dims], data: output.data as Tensor['data'] };
    });
  } finally {
    await session.release();
  }
}

function expectSame(actual: Tensor | undefined, expected: Tensor, steps: number | undefined, who: string) {
  const message = compareTensors(actual, expected);
  if (message === undefined || actual === undefined || steps === undefined) {
    expect(message, who).toBeUndefined();
    return;
  }
  expect(actual.shape, who).toEqual(expected.shape);
  const far = Array.from({ length: actual.data.length }, (_, i) =>
    Math.abs(Number(actual.data[i]) - Number(expected.data[i])),
  );
  expect(Math.max(...far), who).toBeLessThanOrEqual(steps);
}

/** Fails where the interpreter or the compiled program differs from onnxruntime-web. */
async function expectAsOther(one: OperatorCase): Promise<void> {
  const { model, feeds } = build(one);
  const { graph } = model;
  const inputs = graph.inputs.map(id => feeds[graph.values[id]?.name ?? ''] as Tensor);
  const results = evaluateGraph(
    graph,
    new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor])),
    noFiles,
  );
  const theirs = await runOther(model, feeds);
  for (const [i, id] of graph.outputs.entries()) {
    const steps = one.interpretedSteps ?? one.steps;
    expectSame(results.get(id), theirs[i] as Tensor, steps, `interpreted, output ${i}`);
  }
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  for (const [i, tensor] of runProgram(program, inputs).entries()) {
    expectSame(tensor, theirs[i] as Tensor, one.steps, `compiled, output ${i}`);
  }
}

/** A test of each case, named by its operator and the attributes it has. */
export function testAsOther(cases: readonly OperatorCase[]): void {
  test.each(cases.map((one, i) => [`${i} ${titleOf(one)} (seed ${SEED})`, one] as const))('%s', (_, one) =>
    expectAsOther(one),
  );
}

function titleOf({ op, attributes = {} }: OperatorCase): string {
  const names = Object.keys(attributes);
  return names.length === 0 ? op : `${op} with ${names.join(', ')}`;
}
