// What a case is given to, and what must come of it: a result or an error that says where, what was expected and
// what was found. Anything else that is thrown is a finding.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Engines } from '../../engine/host/engines/engines.ts';
import { badInput, Failure } from '../../engine/host/failure.ts';
import { readNpy } from '../../engine/host/files/npy.ts';
import { compileModel, runnableGraph } from '../../engine/host/process/compile-model.ts';
import { openModel } from '../../engine/host/process/open-model.ts';
import { connect } from '../../engine/host/shell/connection.ts';
import { KeptRuns } from '../../engine/host/shell/kept-runs.ts';
import type { Shell } from '../../engine/host/shell/shell.ts';
import { subgraphsOf } from '../../engine/ir/graph.ts';
import type { Diagnostic, Graph } from '../../engine/ir/types.ts';
import { readContainerProto } from '../../engine/onnx/container-proto.ts';
import { readTensorProto } from '../../engine/onnx/tensor-proto.ts';
import { DEFAULT_OPTIONS } from '../../engine/options.ts';
import { readCsv } from '../../engine/planner/csv.ts';
import { plan } from '../../engine/planner/plan.ts';
import { validate } from '../../engine/planner/validate.ts';
import type { ServerMessage } from '../../engine/protocol.ts';
import type { Case, Target } from './cases.ts';

/** A compiler or a search that was asked to stop after this long must. */
const COMPILE_MS = 1500;

/** Runs a case; `folder` is its own. Throws what is a finding. */
export async function runCase({ target, bytes }: Case, folder: string): Promise<void> {
  await TARGETS[target](bytes, folder);
}

const TARGETS: Readonly<Record<Target, (bytes: Uint8Array, folder: string) => void | Promise<void>>> = {
  model: openAndCompile,
  tensor: bytes => expectPlace(() => readTensorProto(bytes, 'file')),
  container: bytes => expectPlace(() => readContainerProto(bytes, 'file')),
  npy: bytes => orBadInput(() => readNpy(bytes, 'file')),
  csv: readAndPlan,
  message: receive,
};

/** As the engine opens, shows and compiles it. */
function openAndCompile(bytes: Uint8Array, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'model.onnx');
  writeFileSync(file, bytes);
  try {
    const model = openModel({ kind: 'path', path: file }, {});
    try {
      expectConsistent(model.model.graph);
      expectConsistent(model.graph);
      expectReadable(model.summary.diagnostics);
      JSON.stringify(model.summary);
      compileBounded(model);
    } finally {
      model.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compileBounded(model: ReturnType<typeof openModel>): void {
  const end = performance.now() + COMPILE_MS;
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const progress = (): void => {
    if (performance.now() > end) cancel[0] = 1;
  };
  const options = { ...DEFAULT_OPTIONS, threads: 1, simd: '128' } as const;
  orBadInput(
    () => compileModel(model, runnableGraph(model, {}), options, { cancel, progress }),
    ['bad-input', 'unsupported', 'cancelled'],
  );
}

function orBadInput(work: () => unknown, ids: readonly Failure['id'][] = ['bad-input']): void {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && error.name === 'CompileCancelled') return;
    if (!(error instanceof Failure) || !ids.includes(error.id)) throw error;
    expectSentence(error.message);
  }
}

/** Readers of tensors throw plain Errors that name the place; RangeErrors and the like are slips of ours. */
function expectPlace(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error || !error.message.startsWith('file'))
      throw error;
  }
}

function expectSentence(message: string): void {
  if (message === '' || message.length > 2000) throw new Error(`no sentence: ${message.slice(0, 300)}`);
}

function expectReadable(diagnostics: readonly Diagnostic[]): void {
  for (const { where, message } of diagnostics) {
    if (where === '') throw new Error(`a diagnostic without a place: ${message}`);
    expectSentence(message);
  }
}

/** Ids exist and names are unique: what every view relies on, errors or not. */
function expectConsistent(graph: Graph): void {
  const exists = (id: number | undefined): boolean => id === undefined || graph.values[id]?.id === id;
  const used = [
    ...graph.inputs,
    ...graph.outputs,
    ...graph.nodes.flatMap(node => [...node.inputs, ...node.outputs]),
  ];
  if (!used.every(exists)) throw new Error(`graph ${graph.name} mentions a value it does not have`);
  const names = graph.values.map(value => value?.name);
  if (new Set(names).size !== names.length) throw new Error(`graph ${graph.name} has values of one name`);
  if (new Set(graph.nodes.map(node => node.name)).size !== graph.nodes.length)
    throw new Error(`graph ${graph.name} has nodes of one name`);
  for (const node of graph.nodes) for (const body of subgraphsOf(node)) expectConsistent(body);
}

function readAndPlan(bytes: Uint8Array): void {
  const read = readCsv(new TextDecoder().decode(bytes));
  if (!read.ok) {
    const { line, column, message } = read.error;
    if (!(line >= 1 && column >= 1)) throw new Error(`no place: ${line}:${column} ${message}`);
    return;
  }
  for (const strategy of ['refcount', 'size', 'exact'] as const) {
    const { solution } = plan(read.problem, strategy, { timeLimitMs: 300, clock: () => performance.now() });
    const violation = validate(read.problem, solution)[0];
    if (violation) throw new Error(`${strategy} made an invalid plan: ${JSON.stringify(violation)}`);
  }
}

/** A page that may open nothing: whatever it sends is answered once, and no engine is started. */
async function receive(bytes: Uint8Array): Promise<void> {
  const refuse = async (): Promise<never> => {
    throw badInput('expected nothing, found a request');
  };
  const shell: Shell = {
    kind: 'server',
    runs: new KeptRuns(),
    resolve: refuse,
    browse: refuse,
    recent: refuse,
    opened: refuse,
  };
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return;
  }
  const answers: ServerMessage[] = [];
  const engines = new Engines();
  const connection = connect(engines, shell, answer => answers.push(answer));
  connection.receive(message);
  await new Promise(resolve => setTimeout(resolve, 1));
  connection.close();
  engines.stop();
  const wrong = answers.find(answer => answer.kind === 'error' && answer.error.id === 'internal');
  if (wrong) throw new Error(`a bug of ours answers ${JSON.stringify(message)}: ${JSON.stringify(wrong)}`);
}
