// An open model: imported, its shapes inferred, and judged: can it be run, and if not, why.

import { createHash } from 'node:crypto';
import { defaultsOf, withDefaults } from '../../ir/constants/defaults.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { subgraphsOf, valueOf } from '../../ir/graph.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { ADDRESSABLE_BYTES, tensorBytes } from '../../ir/tensor.ts';
import type { Diagnostic, Graph, Model, Node, Tensor } from '../../ir/types.ts';
import { chunksBytes } from '../../onnx/chunks.ts';
import { quoted, shortened } from '../../onnx/diagnostics.ts';
import { importOnnx } from '../../onnx/import.ts';
import { onnxChunks } from '../../onnx/write.ts';
import { inferShapes } from '../../passes/shapes/infer.ts';
import { smallestExtents } from '../../passes/shapes/smallest-extents.ts';
import { KnownAnswers } from '../../planner/known-answers.ts';
import { type Datum, isTensor } from '../../reference/datum.ts';
import { hasReference } from '../../reference/interpreter.ts';
import type { ModelSummary, OpenDimension } from '../../report/types/model.ts';
import { SAMPLES } from '../../samples/index.ts';
import type { EngineSource } from '../engines/engine-requests.ts';
import { badInput } from '../failure.ts';
import { openModelFiles } from '../files/model-files.ts';
import { countParameters, summarizeGraph } from './summary.ts';

/** A model that is open in an engine. */
export interface OpenModel {
  readonly name: string;
  readonly model: Model;
  /** with shapes for the dimensions given at opening; values and nodes as imported */
  readonly graph: Graph;
  readonly read: ReadBytes;
  readonly summary: ModelSummary;
  /** what opening took of reading, decoding and inferring shapes: what every engine does before it can compile */
  readonly importMs: number;
  /** what planning it has searched for so far */
  readonly searches: KnownAnswers;
  /** graph with other dimensions, and what was wrong with them */
  bind(dims: Readonly<Record<string, number>>): ReturnType<typeof inferShapes>;
  close(): void;
}

interface Source {
  readonly name: string;
  readonly path?: string;
  readonly model: Model;
  readonly read: ReadBytes;
  readonly fileBytes: number;
  readonly sha256: string;
  readonly importMs: number;
  close(): void;
}

/** Without repetitions: what is wrong in a body is found again with every look at the node it belongs to. */
const eachOnce = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(diagnostics.map(one => [`${one.severity}\n${one.where}\n${one.message}`, one])).values(),
];

/** Opens a model. Throws bad-input when there is nothing to open; a broken model opens, with diagnostics. */
export function openModel(source: EngineSource, dims: Readonly<Record<string, number>>): OpenModel {
  const opened = source.kind === 'sample' ? openSample(source.name) : openFile(source.path);
  const { model, read } = opened;
  const start = performance.now();
  const bound = inferShapes(model, dims, read);
  const importMs = opened.importMs + performance.now() - start;
  const bind = bindOnce(given => inferShapes(model, given, read), { dims, bound });
  const dimensions = withSmallest(opened, dims, bound.dimensions);
  const parameters = countParameters(bound.graph);
  const unsupported = unsupportedNodes(bound.graph);
  const told = new Set(unsupported.map(({ node }) => node));
  // That such a node's shapes are unknown too needs no finding of its own.
  const found = [...model.diagnostics, ...bound.diagnostics].filter(
    ({ id, node }) => id !== 'unknown-operator' || !told.has(node),
  );
  const diagnostics = eachOnce([
    ...found,
    ...unsupported,
    ...tooLarge(parameters.bytes),
    ...tooLargeEnds(bound.graph),
  ]);
  const summary: ModelSummary = {
    name: opened.name,
    ...(opened.path !== undefined && { path: opened.path }),
    format: model.format,
    fileBytes: opened.fileBytes,
    sha256: opened.sha256,
    irVersion: model.irVersion,
    opsets: model.opsets,
    producer: model.producer,
    graph: summarizeGraph(bound.graph),
    parameters: parameters.count,
    parameterBytes: parameters.bytes,
    dimensions,
    diagnostics,
    runnable: isReady(bound.graph, bound.dimensions, diagnostics),
    plannable: isReady(bound.graph, bound.dimensions, found.filter(preventsPlan)),
  };
  const { name, close } = opened;
  const searches = new KnownAnswers();
  return { name, model, graph: bound.graph, read, summary, importMs, searches, bind, close };
}

/**
 * The model with tensors that were given in place of its defaults; nothing found out about the model as it is in the
 * file is taken over. Throws bad-input where one does not fit.
 */
export function withGivenDefaults(
  opened: OpenModel,
  given: ReadonlyMap<string, { readonly datum: Datum; readonly where: string }>,
): OpenModel {
  const replaced = new Map(
    defaultsOf(opened.model).flatMap(name => {
      const datum = given.get(name)?.datum;
      return isTensor(datum) ? [[name, datum] as const] : [];
    }),
  );
  if (replaced.size === 0) return opened;
  const model = modelWith(opened.model, replaced, opened.name);
  const bind = bindOnce(dims => inferShapes(model, dims, opened.read));
  return { ...opened, model, bind, searches: new KnownAnswers() };
}

function modelWith(model: Model, replaced: ReadonlyMap<string, Tensor>, name: string): Model {
  try {
    return withDefaults(model, replaced);
  } catch (error) {
    throw badInput(error instanceof Error ? error.message : String(error), name);
  }
}

type Bind = OpenModel['bind'];

/** Keeps what was bound first, and last: whoever runs a model asks for the same dimensions several times. */
function bindOnce(
  bind: Bind,
  first?: { readonly dims: Parameters<Bind>[0]; readonly bound: ReturnType<Bind> },
): Bind {
  const known = first && { key: dimsKey(first.dims), bound: first.bound };
  let last = known;
  return dims => {
    const key = dimsKey(dims);
    if (key === known?.key) return known.bound;
    if (key !== last?.key) last = { key, bound: bind(dims) };
    return last.bound;
  };
}

const dimsKey = (dims: Readonly<Record<string, number>>): string =>
  JSON.stringify(Object.entries(dims).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Opening waits no longer than this for extents to propose. */
const PROPOSAL_MS = 1500;

function withSmallest(
  { model, read }: Source,
  dims: Readonly<Record<string, number>>,
  dimensions: readonly OpenDimension[],
): OpenDimension[] {
  const end = performance.now() + PROPOSAL_MS;
  const extents = smallestExtents(model, dims, dimensions, read, () => performance.now() < end);
  return dimensions.map(dimension => {
    const smallest = dimension.reason === 'unbound' ? extents?.[dimension.key] : undefined;
    return smallest === undefined ? dimension : { ...dimension, smallest };
  });
}

function openSample(name: string): Source {
  const sample = SAMPLES.find(candidate => candidate.name === name);
  if (!sample) {
    const known = SAMPLES.map(candidate => candidate.name).join(', ');
    throw badInput(`expected the name of a sample (${known}), found "${name}"`, 'sample');
  }
  const model = sample.build();
  const chunks = onnxChunks(model);
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  const read: ReadBytes = file => {
    throw new Error(`a sample has no file ${file}`);
  };
  return {
    name: sample.title,
    model,
    read,
    fileBytes: chunksBytes(chunks),
    sha256: hash.digest('hex'),
    importMs: 0,
    close() {},
  };
}

function openFile(path: string): Source {
  const files = openModelFiles(path);
  const name = path.split(/[\\/]/).at(-1) ?? path;
  try {
    const start = performance.now();
    const model = importOnnx({ path, size: files.sizeBytes }, files.read);
    const importMs = performance.now() - start;
    return {
      name,
      path,
      model,
      read: files.read,
      fileBytes: files.sizeBytes,
      sha256: files.sha256(),
      importMs,
      close: () => files.close(),
    };
  } catch (error) {
    files.close();
    throw error;
  }
}

/** Nodes that no kernel and no reference can run, decided from operator and version, before anything runs. */
function unsupportedNodes(graph: Graph): Diagnostic[] {
  return graph.nodes.flatMap(node => {
    const inner = subgraphsOf(node).flatMap(unsupportedNodes);
    if (isSupported(node)) return inner;
    const op = shortened(node.op);
    const message = `expected an operator that is known, found ${op} of opset ${node.version}: it can be planned, not run`;
    const where = `node ${quoted(node.name)} (${op})`;
    return [{ severity: 'error', id: 'unsupported-operator', where, message, node: node.id }, ...inner];
  });
}

const isSupported = (node: Node): boolean =>
  node.op === 'Constant' ||
  (findOperator(node.op, node.version) !== undefined && hasReference(node.op, node.version));

/** Weights that no memory of ours can hold. */
function tooLarge(parameterBytes: number): Diagnostic[] {
  if (parameterBytes <= ADDRESSABLE_BYTES) return [];
  const message = `expected at most ${ADDRESSABLE_BYTES} bytes, which 32-bit addresses reach, found ${parameterBytes}: the model can be planned, not run`;
  return [{ severity: 'error', id: 'weights-too-large', where: 'the weights', message }];
}

/** Inputs and outputs that no memory of ours can hold; what lies between them may never be there as a whole. */
function tooLargeEnds(graph: Graph): Diagnostic[] {
  return [...new Set([...graph.inputs, ...graph.outputs])].flatMap((id): Diagnostic[] => {
    const { name, dtype, shape, bounded } = valueOf(graph, id);
    const bytes = dtype && shape && !bounded ? tensorBytes(dtype, shape) : 0;
    if (bytes <= ADDRESSABLE_BYTES) return [];
    const message = `expected at most ${ADDRESSABLE_BYTES} bytes, which 32-bit addresses reach, found ${dtype} [${shape?.join(', ')}] of ${bytes}: the model can be planned, not run`;
    const where = `value ${quoted(name)}`;
    return [{ severity: 'error', id: 'value-too-large', where, message, value: id }];
  });
}

/** A node that contradicts its inputs has no result: the rest of the model can be planned without it. */
export const preventsPlan = ({ severity, id }: Diagnostic): boolean =>
  severity === 'error' && id !== 'invalid-node';

/** Whether nothing of what was found stands in the way. */
function isReady(
  graph: Graph,
  dimensions: readonly OpenDimension[],
  diagnostics: readonly Diagnostic[],
): boolean {
  if (graph.nodes.length === 0 && graph.outputs.length === 0) return false;
  if (diagnostics.some(({ severity }) => severity === 'error')) return false;
  return dimensions.every(({ reason }) => reason !== 'unbound');
}
