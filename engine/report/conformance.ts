// Running cases in the layout of the ONNX backend tests: a model, inputs and the outputs it should give.
// Whether a case is unsupported is decided before it runs, from operators and types; everything that goes wrong
// afterwards is a failure.

import type { ReadBytes } from '../ir/constant.ts';
import { isFloat } from '../ir/dtypes.ts';
import { subgraphsOf, valueOf } from '../ir/graph.ts';
import { findOperator } from '../ir/ops/index.ts';
import { elementCount, isTypedArray, sameShape, tensorOf } from '../ir/tensor.ts';
import type { Dtype, Graph, Model, Tensor, Value } from '../ir/types.ts';
import { readContainerProto } from '../onnx/container-proto.ts';
import { importOnnx } from '../onnx/import.ts';
import { readTensorProto } from '../onnx/tensor-proto.ts';
import { type Datum, isSequence, isTensor, NOTHING, sequenceOf } from '../reference/datum.ts';
import { hasReference } from '../reference/interpreter.ts';

/** What a case needs from the machine. Paths are joined with '/'. */
export interface CaseFiles {
  /** names in a folder, in any order; empty when there is no such folder */
  readonly list: (folder: string) => readonly string[];
  /** bytes of a file */
  readonly size: (path: string) => number;
  readonly read: ReadBytes;
}

export interface DataSet {
  /** files of input_0, input_1, … */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface ConformanceCase {
  readonly name: string;
  readonly model: string;
  readonly dataSets: readonly DataSet[];
}

export interface CaseResult {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'unsupported';
  /** empty when passed */
  readonly reason: string;
}

/** Runs a model: one result per graph output, given one per graph input. */
export type Evaluate = (
  model: Model,
  inputs: readonly Datum[],
) => readonly (Datum | undefined)[] | Promise<readonly (Datum | undefined)[]>;

/** prefix0.pb, prefix1.pb, … as far as they exist. */
function numbered(folder: string, names: ReadonlySet<string>, prefix: string): string[] {
  const found: string[] = [];
  while (names.has(`${prefix}${found.length}.pb`)) found.push(`${folder}/${prefix}${found.length}.pb`);
  return found;
}

function dataSetIn(folder: string, files: CaseFiles): DataSet {
  const names = new Set(files.list(folder));
  return { inputs: numbered(folder, names, 'input_'), outputs: numbered(folder, names, 'output_') };
}

/** Every case below a folder: `NAME/model.onnx` with `test_data_set_*`, and flat `X.onnx` with `X_output_0.pb`. */
export function findCases(folder: string, files: CaseFiles): ConformanceCase[] {
  const names = [...files.list(folder)].sort();
  const all = new Set(names);
  const cases: ConformanceCase[] = [];
  if (all.has('model.onnx')) {
    const sets = names.filter(name => name.startsWith('test_data_set_'));
    const dataSets = sets.map(name => dataSetIn(`${folder}/${name}`, files));
    return [{ name: folder.split('/').at(-1) ?? folder, model: `${folder}/model.onnx`, dataSets }];
  }
  for (const name of names) {
    if (name.endsWith('.onnx')) {
      const stem = name.slice(0, -'.onnx'.length);
      const inputs = numbered(folder, all, `${stem}_input_`);
      const outputs = numbered(folder, all, `${stem}_output_`);
      cases.push({ name: stem, model: `${folder}/${name}`, dataSets: [{ inputs, outputs }] });
    } else if (!name.includes('.')) cases.push(...findCases(`${folder}/${name}`, files));
  }
  return cases;
}

/** Why a graph cannot be run here, or undefined when it can. */
export function unsupportedReason(graph: Graph): string | undefined {
  for (const node of graph.nodes) {
    if (!hasReference(node.op, node.version)) return `operator ${node.op} of opset ${node.version}`;
    for (const body of subgraphsOf(node)) {
      const reason = unsupportedReason(body);
      if (reason !== undefined) return reason;
    }
  }
  return undefined;
}

/** Whether any node draws random numbers: then outputs are compared by type, shape and range only. */
function drawsRandom(graph: Graph): boolean {
  return graph.nodes.some(node => {
    if (findOperator(node.op, node.version)?.random) return true;
    // Dropout with a training_mode input.
    if (node.op === 'Dropout' && node.inputs[2] !== undefined) return true;
    return subgraphsOf(node).some(drawsRandom);
  });
}

export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
  /** of the tensor's largest magnitude: sums that cancel keep the error of their terms */
  readonly scaled: number;
}

const EXACT: Tolerance = { relative: 0, absolute: 0, scaled: 0 };

/** |actual − expected| may be absolute + relative · |expected| + scaled · max |expected|. Others are exact. */
export const TOLERANCES: Partial<Record<Dtype, Tolerance>> = {
  float64: { relative: 1e-3, absolute: 1e-7, scaled: 1e-9 },
  float32: { relative: 1e-3, absolute: 1e-6, scaled: 1e-5 },
  float16: { relative: 1e-2, absolute: 1e-3, scaled: 1e-3 },
  bfloat16: { relative: 2e-2, absolute: 1e-2, scaled: 1e-2 },
  complex64: { relative: 1e-3, absolute: 1e-5, scaled: 1e-5 },
  complex128: { relative: 1e-3, absolute: 1e-7, scaled: 1e-9 },
};

/** The first difference, as a sentence; undefined when the tensors agree. */
export function compareTensors(
  actual: Tensor | undefined,
  expected: Tensor,
  random = false,
): string | undefined {
  if (actual === undefined) return 'no tensor came back';
  if (actual.dtype !== expected.dtype) return `expected ${expected.dtype}, found ${actual.dtype}`;
  if (!sameShape(actual.shape, expected.shape)) {
    return `expected shape [${expected.shape.join(', ')}], found [${actual.shape.join(', ')}]`;
  }
  if (random) return outOfRange(actual, expected);
  const tolerance = TOLERANCES[expected.dtype] ?? EXACT;
  const slack = tolerance.absolute + (tolerance.scaled > 0 ? tolerance.scaled * largestIn(expected) : 0);
  for (let i = 0; i < expected.data.length; i++) {
    const [found, wanted] = [actual.data[i], expected.data[i]];
    if (
      found === wanted ||
      (isTypedArray(expected.data) && agree(Number(found), Number(wanted), tolerance.relative, slack))
    )
      continue;
    return `element ${i}: expected ${wanted}, found ${found}`;
  }
  return undefined;
}

function agree(found: number, wanted: number, relative: number, slack: number): boolean {
  if (Number.isNaN(wanted)) return Number.isNaN(found);
  return Math.abs(found - wanted) <= slack + relative * Math.abs(wanted);
}

/** Largest finite magnitude. */
function largestIn({ data }: Tensor): number {
  let largest = 0;
  for (const x of data) {
    const magnitude = Math.abs(Number(x));
    if (Number.isFinite(magnitude) && magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** Random elements should be finite and lie no further than one span outside what was drawn elsewhere. */
function outOfRange(actual: Tensor, expected: Tensor): string | undefined {
  if (!isTypedArray(expected.data) || !isTypedArray(actual.data)) return undefined;
  const drawn = Array.from(expected.data as ArrayLike<number | bigint>, Number);
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const span = high - low || Math.abs(high) || 1;
  const stray = Array.from(actual.data as ArrayLike<number | bigint>, Number).find(
    x => !(x >= low - span && x <= high + span),
  );
  return stray === undefined ? undefined : `expected values from ${low} to ${high}, found ${stray}`;
}

/** Reads a test file as what the model says it holds. */
function readDatum(path: string, container: Value['container'], files: CaseFiles): Datum {
  const bytes = files.read(path, 0, files.size(path));
  if (container === undefined) return readTensorProto(bytes, path).tensor;
  const { tensors, sequences } = readContainerProto(bytes, path);
  const [sequence] = sequences;
  if (sequence) return sequenceOf(sequence);
  return container === 'sequence' ? sequenceOf(tensors) : (tensors[0] ?? NOTHING);
}

/** The first difference, as a sentence; undefined when both hold the same. */
function compareData(actual: Datum | undefined, expected: Datum, random: boolean): string | undefined {
  if (isTensor(expected)) {
    return compareTensors(isTensor(actual) ? actual : undefined, expected, random);
  }
  if (!isSequence(expected)) return isTensor(actual) || isSequence(actual) ? 'expected nothing' : undefined;
  if (!isSequence(actual)) return 'expected a sequence';
  if (actual.items.length !== expected.items.length) {
    return `expected ${expected.items.length} items, found ${actual.items.length}`;
  }
  for (const [i, item] of expected.items.entries()) {
    const difference = compareTensors(actual.items[i], item, random);
    if (difference !== undefined) return `item ${i}: ${difference}`;
  }
  return undefined;
}

/** What an output file holds follows from what came out. */
function containerOf(datum: Datum | undefined): Value['container'] {
  if (datum === undefined || isTensor(datum)) return undefined;
  return isSequence(datum) ? 'sequence' : 'optional';
}

/** Stands in for an input the case does not bring: from 0 towards 1 in equal steps, open dimensions 1. */
function ramp({ dtype = 'float32', declared, shape = [] }: Value): Tensor {
  const extents = declared?.map(extent => (typeof extent === 'number' ? extent : 1)) ?? shape;
  const count = elementCount(extents);
  return tensorOf(
    dtype,
    extents,
    Array.from({ length: count }, (_, i) => (isFloat(dtype) ? i / count : 0)),
  );
}

/** Runs one case through `evaluate`. Never throws: what goes wrong is the result. */
export async function runCase(
  conformanceCase: ConformanceCase,
  files: CaseFiles,
  evaluate: Evaluate,
): Promise<CaseResult> {
  const { name, model: path, dataSets } = conformanceCase;
  try {
    const model = importOnnx({ path, size: files.size(path) }, files.read);
    const reason = unsupportedReason(model.graph);
    if (reason !== undefined) return { name, status: 'unsupported', reason };
    const problem = model.diagnostics.find(diagnostic => diagnostic.severity === 'error');
    if (problem) return { name, status: 'failed', reason: `${problem.where}: ${problem.message}` };
    if (dataSets.length === 0) return { name, status: 'failed', reason: 'no test_data_set' };
    for (const dataSet of dataSets) {
      const difference = await runDataSet(model, dataSet, files, evaluate);
      if (difference !== undefined) return { name, status: 'failed', reason: difference };
    }
    return { name, status: 'passed', reason: '' };
  } catch (error) {
    return { name, status: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function runDataSet(
  model: Model,
  dataSet: DataSet,
  files: CaseFiles,
  evaluate: Evaluate,
): Promise<string | undefined> {
  const { graph } = model;
  const inputs = graph.inputs.map((id, i) => {
    const path = dataSet.inputs[i];
    const value = valueOf(graph, id);
    return path === undefined ? ramp(value) : readDatum(path, value.container, files);
  });
  const outputs = await evaluate(model, inputs);
  const random = drawsRandom(graph);
  for (const [i, path] of dataSet.outputs.entries()) {
    const expected = readDatum(path, containerOf(outputs[i]), files);
    const difference = compareData(outputs[i], expected, random);
    if (difference !== undefined) return `output ${i}: ${difference}`;
  }
  return undefined;
}
