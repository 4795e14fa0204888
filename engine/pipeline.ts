// The whole compiler, from a graph with known shapes to a program, as one list of named, timed steps.
// Passes make graphs, fusion groups their nodes, select turns groups into kernel specifications, the planner places
// the buffers, codegen emits one module. After every pass the graph is verified, in the name of the pass.

import { type Arena, scratchOf } from './arena.ts';
import { emitModule, unemitted } from './codegen/emit.ts';
import type { Kernel } from './codegen/kernel.ts';
import * as packBits from './codegen/kernels/pack/bits.ts';
import * as pack from './codegen/kernels/pack/pack.ts';
import * as packPairs from './codegen/kernels/pack/pairs.ts';
import * as packTaps from './codegen/kernels/pack/taps.ts';
import * as packWinograd from './codegen/kernels/pack/winograd.ts';
import { inMeasuredOrders } from './codegen/loop-orders.ts';
import { dtypeSupported, primitiveSupported } from './codegen/supports.ts';
import { takesPre } from './fusion/absorb.ts';
import { groupNodes } from './fusion/groups.ts';
import { takesPost } from './fusion/grow.ts';
import { joinProducts } from './fusion/horizontal.ts';
import { type KernelKind, kernelKind } from './fusion/support.ts';
import { NodeError } from './ir/attributes.ts';
import { seal, unseal, unsealed } from './ir/dynamic.ts';
import { isGiven } from './ir/fault.ts';
import { subgraphsOf, valueOf } from './ir/graph.ts';
import { Identities } from './ir/identities.ts';
import type { ReadBytes } from './ir/reading.ts';
import { ADDRESSABLE_BYTES } from './ir/tensor.ts';
import type { Graph, Node, NodeId, ValueId } from './ir/types.ts';
import { verify } from './ir/verify.ts';
import type { CompileOptions } from './options.ts';
import { atCapacity } from './passes/bounded/at-capacity.ts';
import { inlineBranches } from './passes/branches/inline-branches.ts';
import { mergeBranches } from './passes/branches/merge-branches.ts';
import { outline } from './passes/branches/outline.ts';
import { canonicalise } from './passes/canonical/canonicalise.ts';
import { expand } from './passes/expand.ts';
import { foldConstants } from './passes/fold-constants.ts';
import { layoutPass } from './passes/layout/layout.ts';
import { alignHeads } from './passes/movement/align-heads.ts';
import { moveBesideKernels, type Role } from './passes/movement/beside-kernels.ts';
import { reverseParts } from './passes/movement/reverse-parts.ts';
import { turnProducts } from './passes/movement/turn-products.ts';
import type { Pass } from './passes/pass.ts';
import { lowerQuantised } from './passes/quantised/lower-quantised.ts';
import { pushDivisors } from './passes/quantised/push-divisors.ts';
import { moveStored } from './passes/quantised/stored-movement.ts';
import { recognise } from './passes/recognise/recognise.ts';
import { splitRecurrent } from './passes/recurrent/split.ts';
import { foldScales } from './passes/scales/fold-scales.ts';
import { reseed } from './passes/seeded/reseed.ts';
import { shareSubexpressions } from './passes/share-subexpressions.ts';
import { widenFloats } from './passes/widen-floats.ts';
import { KnownAnswers } from './planner/known-answers.ts';
import { type MemoryParts, type ProgramMemory, planProgram, type Selected } from './program-memory.ts';
import { hasReference } from './reference/interpreter.ts';
import { chainGroups } from './report/chain-groups.ts';
import { compileReport } from './report/compile-report.ts';
import { fusedGroups, loneKernels, modelAccount } from './report/fused-groups.ts';
import type { CompileReport } from './report/types.ts';
import type { CompileStep, Phase, Program } from './runtime/program.ts';
import { Locator } from './select/access.ts';
import { flopsOf } from './select/cost.ts';
import { LoopOrders } from './select/order-choice.ts';
import { programSteps, viewOf } from './select/program-steps.ts';
import { type LeanChoice, referenceSteps, selectSteps } from './select/select.ts';
import type { BufferRef } from './select/spec.ts';
import { separateStorages, storagesOf } from './select/storage.ts';
import { Tiles } from './select/tile-choice.ts';
import { wantedGroups } from './select/wanted.ts';
import { Weights } from './select/weights.ts';

export interface CompilePorts {
  readonly read: ReadBytes;
  /** which constants are known to be equal; left out: they are compared anew */
  readonly identities?: Identities;
  /** milliseconds */
  readonly clock: () => number;
  /** asked between steps and inside searches */
  readonly cancelled?: () => boolean;
  readonly progress?: (what: string, done: number, of: number) => void;
  /** register tiles measured on this machine; left out: those a model of their time picks */
  readonly tiles?: Tiles;
  /** the same of the order of loops */
  readonly orders?: LoopOrders;
  /** what earlier compilations searched for; left out: every search is made once, and timed */
  readonly known?: KnownAnswers;
}

export interface Compiled {
  readonly program: Program;
  /** made when it is first asked for: nothing that runs needs it */
  readonly report: CompileReport;
  /** as executed */
  readonly graph: Graph;
  /** what the same program would need with other settings of its memory; nothing is emitted */
  readonly plan: (changed: MemoryOptions) => ProgramMemory;
}

/** Options that say nothing of the steps themselves, but of their order and their memory. */
export type MemoryOptions = Partial<
  Pick<
    CompileOptions,
    'planner' | 'inPlace' | 'overlap' | 'lean' | 'reorder' | 'depthFirst' | 'threads' | 'disabledGroups'
  >
>;

/**
 * What the program is for. 'plan': to be looked at, so operators may be unknown. 'apart': the same kernels, but every
 * buffer in memory of its own, which runs that share memory are checked against.
 */
export type Purpose = 'run' | 'plan' | 'apart';

/** The caller asked to stop. */
class CompileCancelled extends Error {
  override readonly name = 'CompileCancelled';
}

/** This graph cannot become a program: the user's model or options are the reason. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

/** Passes that leave the graph the user's own: what is planned as given, and what the interpreter runs. */
const AS_GIVEN: readonly Pass[] = [reseed, inlineBranches, foldConstants];

/** What is parallel along run-time extents gets fixed shapes. */
const BOUNDED: readonly Pass[] = [
  atCapacity({ hasKernel: (graph, node) => kindOf(graph, node) !== undefined, flops: flopsOf }),
];

/** Algebra, layout and kernels are the same with fusion on and off. */
const FOR_KERNELS: readonly Pass[] = [
  outline,
  mergeBranches(flopsOf),
  expand,
  foldConstants,
  widenFloats,
  splitRecurrent,
  moveStored,
  canonicalise,
  shareSubexpressions,
  recognise,
  turnProducts,
  alignHeads,
  reverseParts((graph, node) => roleOf(graph, node).elementwise),
  moveBesideKernels(roleOf),
  canonicalise,
  foldScales,
  lowerQuantised,
  pushDivisors,
  foldConstants,
  shareSubexpressions,
  joinProducts((graph, node) => kindOf(graph, node) !== undefined),
  layoutPass((graph, node) => kindOf(graph, node) !== undefined),
];

/** All graph passes in their order. */
export const PASSES: readonly Pass[] = [...AS_GIVEN, ...BOUNDED, ...FOR_KERNELS];

/** Passes, and fuse, select, plan, emit. */
const STAGES = PASSES.length + 4;

/**
 * Compiles a graph whose shapes are inferred. Throws a CompileError when an input has no shape or, unless it is only
 * to be planned, an operator is unknown; NodeError when a node of the graph contradicts its operator in what its shapes
 * do not tell; CompileCancelled when asked to stop.
 */
export function compile(
  graph: Graph,
  options: CompileOptions,
  from: CompilePorts,
  purpose: Purpose = 'run',
): Compiled {
  const ports = { identities: new Identities(from.read), ...from };
  const stages = new Stages(ports, graph);
  verify(graph, 'import');
  const { given, final, kinds } = lower(graph, options, ports, stages);
  if (purpose !== 'plan') checkRunnable(final, kinds);
  const parts = partsOf(final, kinds, options, ports, stages);
  const memory = stages.run(
    'plan',
    () => {
      const found = planProgram(parts, options);
      return purpose === 'apart' ? { ...found, arena: found.arena.apart() } : found;
    },
    found => found.arena.liveness.buffers.length,
  );
  const emitted = stages.run(
    'emit',
    () => emit(memory.arena, memory.selected.weights, options),
    ({ phases }) => phases.flat().length,
  );
  const program = programOf(parts, memory, emitted, { options, read: ports.read, compileSteps: stages.done });
  let report: CompileReport | undefined;
  return {
    program,
    graph: unseal(final),
    plan: changed => planProgram(parts, { ...options, ...changed }),
    get report() {
      report ??= reportOf({ imported: graph, given, program }, parts, memory);
      return report;
    },
  };
}

interface Lowered {
  /** as planned as given */
  readonly given: Graph;
  /** what groups and kernels are made of */
  readonly final: Graph;
  readonly kinds: ReadonlyMap<NodeId, KernelKind>;
}

/** All graph passes; with the interpreter only those that leave the graph the user's own. */
function lower(graph: Graph, options: CompileOptions, ports: CompilePorts, stages: Stages): Lowered {
  const run = (from: Graph, passes: readonly Pass[]) => runPasses(from, passes, options, ports, stages);
  const given = run(withCaptured(graph, options.capture), AS_GIVEN);
  checkInputs(given);
  if (options.reference) return { given, final: given, kinds: new Map() };
  const final = run(seal(run(given, BOUNDED)), FOR_KERNELS);
  return { given, final, kinds: kindsOf(final) };
}

/** Groups, and the kernels they become: what memory is planned from. */
function partsOf(
  graph: Graph,
  kinds: ReadonlyMap<NodeId, KernelKind>,
  options: CompileOptions,
  ports: CompilePorts,
  stages: Stages,
): MemoryParts {
  const fuse = () => (options.reference ? [] : groupNodes(graph, kinds, options));
  const groups = stages.run('fuse', fuse, found => found.length);
  const storages = options.reference ? separateStorages(graph) : storagesOf(graph, groups);
  const { simd, winograd } = options;
  // Several arenas are compared, and some of them are alike.
  const { read, clock, cancelled, tiles = new Tiles(), orders = new LoopOrders() } = ports;
  const { known = new KnownAnswers() } = ports;
  const { identities = new Identities(read) } = ports;
  const packing = { ...pack, ...packBits, ...packPairs, ...packTaps, ...packWinograd };
  const selectAll = (lean: LeanChoice): Selected => {
    const weights = new Weights(identities);
    const locator = new Locator(graph, storages, weights, read);
    const context = { graph, locator, weights, packing, read, simd, tiles, winograd };
    const selected = selectSteps(context, groups, lean).map(({ group, step }) => ({
      group,
      step: inMeasuredOrders(step, orders, simd),
    }));
    return { weights, groups: wantedGroups(graph, storages, selected) };
  };
  const fastest = stages.run(
    'select',
    () => selectAll(() => 'off'),
    found => found.groups.length,
  );
  return {
    graph,
    storages,
    fastest,
    selectAll,
    ...(options.reference && { reference: referenceSteps(graph) }),
    control: { clock, known, ...(cancelled && { cancelled }) },
  };
}

function programOf(
  { graph, storages }: MemoryParts,
  { arena, selected: { weights } }: ProgramMemory,
  { bytes, phases }: Emitted,
  { read, ...rest }: Pick<Program, 'options' | 'compileSteps'> & Pick<CompilePorts, 'read'>,
): Program {
  const placed = { graph, storages, read, offsetOf: arena.offsetOf };
  return {
    ...rest,
    module: bytes,
    steps: programSteps(placed, arena.drafts, phases),
    weights: weights.segments,
    weightsBytes: weights.bytes,
    arenaBytes: arena.result.solution.height,
    inputs: graph.inputs.map(id => viewOf(placed, id)),
    outputs: graph.outputs.map(id => viewOf(placed, id)),
    plan: { ...arena.liveness, result: arena.result },
  };
}

function reportOf(
  compiled: { readonly imported: Graph; readonly given: Graph; readonly program: Program },
  { graph, control }: MemoryParts,
  { selected, chains }: ProgramMemory,
): CompileReport {
  const steps = selected.groups.map(({ step }) => step);
  const groups = [...fusedGroups(graph, selected.groups), ...chainGroups(graph, steps, chains)];
  const apart = loneKernels(graph, selected.groups);
  const account = modelAccount(graph, selected.groups);
  return compileReport({ ...compiled, groups, apart, account, chains, control });
}

/** The graph that is planned as given: constants folded, branches decided, nothing fused. */
export function graphAsGiven(graph: Graph, options: CompileOptions, ports: CompilePorts): Graph {
  return runPasses(graph, AS_GIVEN, options, ports, new Stages(ports, graph));
}

/** The graph with what is parallel along run-time extents at capacity: what is left waits for them. */
export function graphAtCapacity(graph: Graph, options: CompileOptions, ports: CompilePorts): Graph {
  return runPasses(graph, [...AS_GIVEN, ...BOUNDED], options, ports, new Stages(ports, graph));
}

function kindOf(graph: Graph, node: Node): KernelKind | undefined {
  return kernelKind(graph, node, {
    primitive: primitiveSupported,
    dtype: dtypeSupported,
  });
}

function roleOf(graph: Graph, node: Node): Role {
  const kind = kindOf(graph, node);
  const elementwise = kind === 'elementwise';
  return { elementwise, post: !elementwise && takesPost(kind), pre: takesPre(kind) };
}

function runPasses(
  graph: Graph,
  passes: readonly Pass[],
  options: CompileOptions,
  { read, identities = new Identities(read) }: CompilePorts,
  stages: Stages,
): Graph {
  return passes.reduce((before, pass) => {
    const after = stages.run(
      pass.name,
      () => pass.run(before, { read, options, identities }),
      result => result.nodes.length,
    );
    // What a pass leaves as it was has been looked over before.
    if (after !== before) verify(after, pass.name);
    return after;
  }, graph);
}

function kindsOf(graph: Graph): Map<NodeId, KernelKind> {
  const kinds = new Map<NodeId, KernelKind>();
  for (const node of graph.nodes) {
    const kind = kindOf(graph, node);
    if (kind) kinds.set(node.id, kind);
  }
  return kinds;
}

/** Runs and times the compiler's steps, one after the other. */
class Stages {
  readonly done: CompileStep[] = [];
  readonly #ports: CompilePorts;
  readonly #given: Graph;

  constructor(ports: CompilePorts, given: Graph) {
    this.#ports = ports;
    this.#given = given;
  }

  run<T>(name: string, step: () => T, count: (result: T) => number): T {
    const { clock, cancelled, progress } = this.#ports;
    if (cancelled?.()) throw new CompileCancelled(`cancelled before '${name}'`);
    progress?.(name, this.done.length, STAGES);
    const start = clock();
    const result = this.#blamed(name, step);
    this.done.push({ name, durationMs: clock() - start, count: count(result) });
    return result;
  }

  /** A node that contradicts its operator, and did not in the graph as given, is a bug of ours. */
  #blamed<T>(name: string, step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof NodeError) || isGiven(error, this.#given)) throw error;
      throw new Error(`in step '${name}', on a node that passes made: ${error.message}`, { cause: error });
    }
  }
}

/** Values to be looked at become outputs too, so nothing may swallow them. */
function withCaptured(graph: Graph, names: readonly string[]): Graph {
  if (names.length === 0) return graph;
  const wanted = new Set(names);
  const captured = graph.values.flatMap(value =>
    value && wanted.has(value.name) && !value.constant && !graph.outputs.includes(value.id) ? [value.id] : [],
  );
  return { ...graph, outputs: [...graph.outputs, ...captured] };
}

/** The caller brings tensors of fixed shapes; what is no tensor, and strings, go by as they are. */
function checkInputs(graph: Graph): void {
  for (const id of graph.inputs) {
    const { name, dtype, shape, container } = valueOf(graph, id);
    if (container || (dtype && shape)) continue;
    throw new CompileError(`the ${dtype ? 'shape' : 'type'} of the input '${name}' is unknown`);
  }
}

/** What has neither a kernel nor a reference cannot run, in bodies either. */
function checkRunnable(graph: Graph, kinds: ReadonlyMap<NodeId, KernelKind>): void {
  for (const node of graph.nodes) {
    const { id, name, op, version } = unsealed(node);
    if (!kinds.has(id) && !hasReference(op, version)) {
      throw new CompileError(`node '${name}': the operator ${op} of opset ${version} is not supported`);
    }
    for (const body of subgraphsOf(node)) checkRunnable(body, new Map());
  }
}

interface Emitted {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** per step */
  readonly phases: readonly (readonly Phase[])[];
}

function emit(memory: Arena, weights: Weights, options: CompileOptions): Emitted {
  // Arena references are owners' value ids; scratch gets negative ones, by step.
  const scratchRef = (step: number): BufferRef => ({ space: 'arena', id: -1 - step });
  const resolve = ({ space, id }: BufferRef): number => {
    if (space === 'weights') return weights.offsetOf(id);
    return id < 0 ? memory.scratchOffset(-1 - id) : memory.offsetOf(id as ValueId);
  };
  const kernels: Kernel[] = [];
  const kernelsOf = memory.drafts.map((draft, step) => {
    const specs = draft.kind === 'kernel' ? draft.kernels : [];
    const wanted = draft.kind === 'kernel' && draft.wanted && { wanted: draft.wanted };
    const scratch = scratchOf(draft, step, options).length > 0 ? { scratch: scratchRef(step) } : {};
    return specs.map((spec, i) => {
      const name = specs.length === 1 ? `${step} ${draft.name}` : `${step}.${i} ${draft.name}`;
      return kernels.push({ name, spec, ...scratch, ...wanted }) - 1;
    });
  });
  const { simd, fma, threads } = options;
  const target = { simd, fma, threads };
  // It can be looked at: a session of it is what memory refuses.
  const isReached = weights.bytes + memory.height <= ADDRESSABLE_BYTES;
  const { bytes, phases } = isReached ? emitModule(kernels, resolve, target) : unemitted(kernels, target);
  const phasesOf = (indices: readonly number[], step: number): Phase[] => {
    const bands = memory.bands(step);
    return indices
      .flatMap(index => phases[index] ?? [])
      .map((phase, i) => (bands[i]?.length ? { ...phase, bands: bands[i] } : phase));
  };
  return { bytes, phases: kernelsOf.map(phasesOf) };
}
