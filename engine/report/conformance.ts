// Running cases in the layout of the ONNX backend tests: a model, inputs and the outputs it should give. Whether a
// case is unsupported is decided before it runs, from operators, types and attributes; everything that goes wrong
// afterwards is a failure.

import { defaultsOf, inputNameAt, withDefaults } from '../ir/constants/defaults.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import { isFloat } from '../ir/dtypes.ts';
import { subgraphsOf, valueOf } from '../ir/graph.ts';
import { findOperator } from '../ir/ops/index.ts';
import { elementCount, isTypedArray, sameShape, tensorOf } from '../ir/tensor.ts';
import type { Diagnostic, Graph, Model, Tensor, Value } from '../ir/types.ts';
import { importOnnx } from '../onnx/import.ts';
import { rankKey } from '../passes/shapes/dimensions.ts';
import { inferShapes } from '../passes/shapes/infer.ts';
import { type Datum, isMaps, isSequence, isTensor } from '../reference/datum.ts';
import { hasReference } from '../reference/interpreter.ts';
import { compareTensors as compareElements } from '../runtime/compare-tensors.ts';
import { containerOf, decodeData } from './data-file.ts';

/** What a case needs from the machine. Paths are joined with '/'. */
export interface CaseFiles {
  /** names in a folder, in any order; empty when there is no such folder */
  readonly list: (folder: string) => readonly string[];
  /** bytes of a file */
  readonly size: (path: string) => number;
  readonly read: ReadBytes;
  /** reads a model and what lies in its folder, nothing else */
  readonly readModel: (model: string) => ReadBytes;
}

export interface DataSet {
  /** input_0, input_1, …; an input without a file is made up */
  readonly inputs: readonly { readonly path: string; readonly index: number }[];
  /** files of output_0, output_1, … */
  readonly outputs: readonly string[];
}

export interface ConformanceCase {
  /** path below the folder that was searched */
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

/** PREFIXinput_K.pb and PREFIXoutput_K.pb of a folder. Throws an Error when an output in between is missing. */
export function dataSetIn(folder: string, files: CaseFiles, prefix = ''): DataSet {
  const names = files.list(folder);
  const numbered = (kind: string) => {
    const start = `${prefix}${kind}_`;
    return names
      .filter(name => name.startsWith(start) && /^\d+\.pb$/.test(name.slice(start.length)))
      .map(name => ({ path: `${folder}/${name}`, index: Number.parseInt(name.slice(start.length), 10) }))
      .sort((a, b) => a.index - b.index);
  };
  const outputs = numbered('output');
  const hole = outputs.findIndex(({ index }, position) => index !== position);
  if (hole >= 0) throw new Error(`${folder}: expected ${prefix}output_${hole}.pb, found none`);
  return { inputs: numbered('input'), outputs: outputs.map(output => output.path) };
}

/**
 * Every case below a folder, in order: `NAME/model.onnx` with `test_data_set_*`, and flat `X.onnx` with
 * `X_output_0.pb`. Throws an Error when one's outputs have a hole.
 */
export function findCases(folder: string, files: CaseFiles, below = ''): ConformanceCase[] {
  const names = [...files.list(folder)].sort();
  const path = (name: string): string => (below === '' ? name : `${below}/${name}`);
  if (names.includes('model.onnx')) {
    const sets = names.filter(name => /^test_data_set_\d+$/.test(name));
    const dataSets = sets.map(name => dataSetIn(`${folder}/${name}`, files));
    const name = below || (folder.split('/').at(-1) ?? folder);
    return [{ name, model: `${folder}/model.onnx`, dataSets }];
  }
  return names.flatMap((name): ConformanceCase[] => {
    if (!name.endsWith('.onnx')) return findCases(`${folder}/${name}`, files, path(name));
    const dataSet = dataSetIn(folder, files, `${name.slice(0, -'.onnx'.length)}_`);
    if (dataSet.outputs.length === 0) return [];
    return [{ name: path(name), model: `${folder}/${name}`, dataSets: [dataSet] }];
  });
}

/** Operators of a graph that nothing here runs, each once. */
function unknownOperators(graph: Graph): string[] {
  const found = graph.nodes.flatMap(node => [
    ...(hasReference(node.op, node.version) ? [] : [`operator ${node.op} of opset ${node.version}`]),
    ...subgraphsOf(node).flatMap(unknownOperators),
  ]);
  return [...new Set(found)];
}

/** Problems as sentences that say where, each once. */
const sentencesOf = (diagnostics: readonly Diagnostic[]): string[] => {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return [...new Set(errors.map(({ where, message }) => `${where}: ${message}`))];
};

/** Why a model cannot be run whatever its inputs hold: operators, and nodes that types and attributes do not fit. */
function unsupportedReasons(model: Model, read: ReadBytes): string[] {
  return [...unknownOperators(model.graph), ...sentencesOf(inferShapes(model, {}, read).diagnostics)];
}

/** Whether any node draws random numbers: then outputs are compared by type, shape and range only. */
function drawsRandom(graph: Graph): boolean {
  return graph.nodes.some(node => {
    if (findOperator(node.op, node.version)?.random(node)) return true;
    return subgraphsOf(node).some(drawsRandom);
  });
}

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
  const { mismatched, compared, maxAbsError } = compareElements(actual, expected);
  if (expected.dtype === 'string' && mismatched > 0) {
    const at = expected.data.findIndex((text, i) => text !== actual.data[i]);
    const [wanted, found] = [expected.data[at], actual.data[at]].map(text => JSON.stringify(text));
    return `${mismatched} of ${compared} differ, the first at ${at}: expected ${wanted}, found ${found}`;
  }
  return mismatched === 0 ? undefined : `${mismatched} of ${compared} differ, by up to ${maxAbsError}`;
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

const readDatum = (path: string, container: Value['container'], files: CaseFiles): Datum =>
  decodeData(files.read(path, 0, files.size(path)), path, container);

/** The first difference, as a sentence; undefined when both hold the same. */
function compareData(actual: Datum | undefined, expected: Datum, random: boolean): string | undefined {
  if (isTensor(expected)) {
    return compareTensors(isTensor(actual) ? actual : undefined, expected, random);
  }
  if (isMaps(expected)) {
    if (!isMaps(actual)) return 'expected maps';
    return (
      compareTensors(actual.keys, expected.keys) ?? compareTensors(actual.values, expected.values, random)
    );
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

/** Every open dimension by 'input:axis', as the given tensors have it. */
export function dimensionsOf(graph: Graph, inputs: readonly (Datum | undefined)[]): Record<string, number> {
  const dims: Record<string, number> = {};
  for (const [i, id] of graph.inputs.entries()) {
    const value = graph.values[id];
    const datum = inputs[i];
    if (!isTensor(datum)) continue;
    if (!value) continue;
    const shapeless = value.declared === undefined && value.shape === undefined;
    if (shapeless) dims[rankKey(value.name)] = datum.shape.length;
    for (const [axis, extent] of (shapeless
      ? datum.shape.map(() => undefined)
      : (value.declared ?? [])
    ).entries()) {
      if (typeof extent !== 'number') dims[`${value.name}:${axis}`] = datum.shape[axis] ?? 0;
    }
  }
  return dims;
}

/**
 * Runs one case through `evaluate`. Its files say what should come out; where the case was changed so that they no
 * longer do, `expected` computes it. Never throws: what goes wrong is the result.
 */
export async function runCase(
  conformanceCase: ConformanceCase,
  files: CaseFiles,
  evaluate: Evaluate,
  expected?: Evaluate,
): Promise<CaseResult> {
  const { name, model: path, dataSets } = conformanceCase;
  try {
    const read = files.readModel(path);
    const model = importOnnx({ path, size: files.size(path) }, read);
    const problems = sentencesOf(model.diagnostics);
    if (problems.length > 0) return { name, status: 'failed', reason: problems.join('; ') };
    const reasons = unsupportedReasons(model, read);
    if (reasons.length > 0) return { name, status: 'unsupported', reason: reasons.join('; ') };
    if (dataSets.length === 0) return { name, status: 'failed', reason: 'no test_data_set' };
    for (const dataSet of dataSets) {
      const difference = await runDataSet(model, dataSet, files, { evaluate, expected });
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
  { evaluate, expected }: { readonly evaluate: Evaluate; readonly expected: Evaluate | undefined },
): Promise<string | undefined> {
  const { graph } = model;
  const named = new Map(
    dataSet.inputs.map(({ index, path }) => [inputNameAt(model, index, dataSet.inputs.length), path]),
  );
  const inputs = graph.inputs.map(id => {
    const value = valueOf(graph, id);
    const path = named.get(value.name);
    return path === undefined ? ramp(value) : readDatum(path, value.container, files);
  });
  const replaced = defaultsOf(model).flatMap(name => {
    const path = named.get(name);
    const datum = path === undefined ? undefined : readDatum(path, undefined, files);
    return isTensor(datum) ? [[name, datum] as const] : [];
  });
  const own = withDefaults(model, new Map(replaced));
  const outputs = await evaluate(own, inputs);
  const computed = await expected?.(own, inputs);
  const random = drawsRandom(graph);
  for (const [i, path] of dataSet.outputs.entries()) {
    const wanted = computed?.[i] ?? readDatum(path, containerOf(outputs[i]), files);
    const difference = compareData(outputs[i], wanted, random);
    if (difference !== undefined) return `${graph.values[graph.outputs[i] ?? -1]?.name}: ${difference}`;
  }
  return undefined;
}
