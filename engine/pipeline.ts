// The whole compiler, from a graph with known shapes to a program, as one list of named, timed steps.
// Passes make graphs, fusion groups their nodes, select turns groups into kernel specifications, the planner places
// the buffers, codegen emits one module. After every pass the graph is verified, in the name of the pass.

import type { ReadBytes } from './ir/constant.ts';
import { valueOf } from './ir/graph.ts';
import type { Graph, ValueId } from './ir/types.ts';
import { verify } from './ir/verify.ts';
import type { CompileOptions } from './options.ts';
import { foldConstants } from './passes/fold-constants.ts';
import type { Pass } from './passes/pass.ts';
import { type Liveness, livenessOf } from './planner/liveness.ts';
import { type PlanControl, plan } from './planner/plan.ts';
import type { PlanResult } from './planner/types.ts';
import { compileReport } from './report/compile-report.ts';
import type { CompileReport } from './report/types.ts';
import type { CompileStep, Program } from './runtime/program.ts';
import { valueBytes } from './select/cost.ts';
import { programSteps, tensorView } from './select/program-steps.ts';
import { referenceSteps } from './select/select.ts';
import type { StepDraft } from './select/step.ts';
import { type Storages, storagesOf } from './select/storage.ts';
import { Weights } from './select/weights.ts';

export interface CompilePorts {
  readonly read: ReadBytes;
  /** milliseconds */
  readonly clock: () => number;
  /** asked between steps and inside searches */
  readonly cancelled?: () => boolean;
  readonly progress?: (what: string, done: number, of: number) => void;
}

export interface Compiled {
  readonly program: Program;
  readonly report: CompileReport;
  /** as executed */
  readonly graph: Graph;
}

/** The caller asked to stop. */
export class CompileCancelled extends Error {
  override readonly name = 'CompileCancelled';
}

/** This graph cannot become a program: the user's model or options are the reason. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

/** bytes; buffers start on a cache line */
const ALIGNMENT = 64;

/** Passes that keep the graph the user's own: what is planned as given, and what the interpreter checks. */
const GIVEN: readonly Pass[] = [foldConstants];

/**
 * Compiles a graph whose shapes are inferred. Throws a CompileError when a value has no shape or no place in
 * memory, CompileCancelled when asked to stop.
 */
export function compile(graph: Graph, options: CompileOptions, ports: CompilePorts): Compiled {
  const stages = new Stages(ports);
  const context = { read: ports.read, options };
  const runPasses = (from: Graph, passes: readonly Pass[]) =>
    passes.reduce((before, pass) => {
      const after = stages.run(
        pass.name,
        () => pass.run(before, context),
        result => result.nodes.length,
      );
      verify(after, pass.name);
      return after;
    }, from);

  verify(graph, 'import');
  const folded = runPasses(withCaptured(graph, options.capture), GIVEN);
  checkPlaceable(folded);
  const final = folded;
  const storages = storagesOf(final, !options.reference);
  const weights = new Weights();
  const drafts = stages.run(
    'select kernels',
    () => referenceSteps(final, storages),
    result => result.length,
  );
  const control: PlanControl = { clock: ports.clock, ...(ports.cancelled && { cancelled: ports.cancelled }) };
  const memory = stages.run(
    'plan memory',
    () => planMemory(final, storages, drafts, options, control),
    result => result.liveness.buffers.length,
  );
  const offsetOf = (owner: ValueId) =>
    memory.result.solution.offsets[memory.liveness.bufferOf.get(owner) ?? -1] ?? 0;
  const placed = { graph: final, storages, read: ports.read, offsetOf };
  const program: Program = {
    options,
    module: new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    steps: programSteps(placed, drafts, []),
    weights: weights.segments,
    weightsBytes: weights.bytes,
    arenaBytes: memory.result.solution.height,
    inputs: final.inputs.map(id => tensorView(placed, id)),
    outputs: final.outputs.map(id => tensorView(placed, id)),
    plan: { problem: memory.liveness.problem, buffers: memory.liveness.buffers, result: memory.result },
    compileSteps: stages.done,
  };
  const report = compileReport({ imported: graph, folded, program, groups: [], control });
  return { program, report, graph: final };
}

/** Runs and times the compiler's steps, one after the other. */
class Stages {
  readonly done: CompileStep[] = [];
  readonly #ports: CompilePorts;

  constructor(ports: CompilePorts) {
    this.#ports = ports;
  }

  run<T>(name: string, step: () => T, count: (result: T) => number): T {
    const { clock, cancelled, progress } = this.#ports;
    if (cancelled?.()) throw new CompileCancelled(`cancelled before '${name}'`);
    progress?.(name, this.done.length, STAGES);
    const start = clock();
    const result = step();
    this.done.push({ name, durationMs: clock() - start, count: count(result) });
    return result;
  }
}

const STAGES = GIVEN.length + 2;

/** Values to be looked at become outputs too, so nothing may swallow them. */
function withCaptured(graph: Graph, names: readonly string[]): Graph {
  if (names.length === 0) return graph;
  const wanted = new Set(names);
  const captured = graph.values.flatMap(value =>
    value && wanted.has(value.name) && !value.constant && !graph.outputs.includes(value.id) ? [value.id] : [],
  );
  return { ...graph, outputs: [...graph.outputs, ...captured] };
}

/** What has no shape cannot be planned, and what is no tensor of fixed-size elements has no place in memory. */
function checkPlaceable(graph: Graph): void {
  const used = [...graph.inputs, ...graph.nodes.flatMap(node => [...node.inputs, ...node.outputs])];
  for (const id of used) {
    if (id === undefined) continue;
    const { name, dtype, shape, container, constant } = valueOf(graph, id);
    if (constant) continue;
    if (container) throw new CompileError(`'${name}' is a ${container}: only tensors can be compiled`);
    if (dtype === 'string')
      throw new CompileError(`'${name}' holds strings, which have no place in the arena`);
    if (!dtype || !shape) {
      throw new CompileError(`the ${dtype ? 'shape' : 'type'} of '${name}' is unknown before running`);
    }
  }
}

interface PlannedMemory {
  readonly liveness: Liveness<ValueId>;
  readonly result: PlanResult;
}

function planMemory(
  graph: Graph,
  storages: Storages,
  drafts: readonly StepDraft[],
  options: CompileOptions,
  control: PlanControl,
): PlannedMemory {
  const liveness = livenessOf(drafts, {
    inputs: graph.inputs,
    outputs: graph.outputs,
    describe: id =>
      storages.has(id) ? { id: valueOf(graph, id).name, bytes: valueBytes(graph, id) } : undefined,
    owner: id => storages.get(id)?.owner ?? id,
    alignment: ALIGNMENT,
  });
  return { liveness, result: plan(liveness.problem, options.planner, control) };
}
