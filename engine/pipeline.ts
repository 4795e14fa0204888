// The whole compiler, from a graph with known shapes to a program, as one list of named, timed steps: the passes below,
// then fuse, select, plan and emit. Passes make graphs, fusion groups their nodes, select turns groups into kernel
// specifications, the planner places the buffers, codegen emits one module. After every pass the graph is verified.

import { PACKING } from './codegen/kernels/pack/packing.ts';
import { inMeasuredOrders } from './codegen/loop-orders.ts';
import { type Emitted, emitSteps } from './compile/emit-steps.ts';
import { hasKernel, kindsOf, roleOf } from './compile/kernel-kinds.ts';
import { checkInputs, checkRunnable } from './compile/runnable.ts';
import { CompileSteps, type StepPorts } from './compile/steps.ts';
import { groupNodes } from './fusion/groups.ts';
import { joinProducts } from './fusion/horizontal.ts';
import type { KernelKind } from './fusion/support.ts';
import { Identities } from './ir/constants/identities.ts';
import type { ReadBytes } from './ir/constants/reading.ts';
import { seal, unseal } from './ir/dynamic.ts';
import type { Graph, NodeId } from './ir/types.ts';
import { verify } from './ir/verify.ts';
import { type MemoryParts, type ProgramMemory, planProgram, type Selected } from './memory/program-memory.ts';
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
import { moveBesideKernels } from './passes/movement/beside-kernels.ts';
import { reverseParts } from './passes/movement/reverse-parts.ts';
import { turnProducts } from './passes/movement/turn-products.ts';
import type { Pass } from './passes/pass.ts';
import { lowerQuantised } from './passes/quantised/lower-quantised.ts';
import { pushDivisors } from './passes/quantised/push-divisors.ts';
import { moveStored } from './passes/quantised/stored-movement.ts';
import { groupChannels } from './passes/recognise/group-channels.ts';
import { recognise } from './passes/recognise/recognise.ts';
import { splitRecurrent } from './passes/recurrent/split.ts';
import { foldScales } from './passes/scales/fold-scales.ts';
import { reseed } from './passes/seeded/reseed.ts';
import { shareRest, shareSubexpressions } from './passes/share-subexpressions.ts';
import { splitSuppression } from './passes/split-suppression.ts';
import { widenFloats } from './passes/widen-floats.ts';
import { KnownAnswers } from './planner/known-answers.ts';
import { chainGroups } from './report/chain-groups.ts';
import { compileReport } from './report/compile-report.ts';
import { fusedGroups, loneKernels, modelAccount } from './report/fused-groups.ts';
import type { CompileReport } from './report/types/compile.ts';
import type { Program } from './runtime/program.ts';
import { Locator } from './select/access.ts';
import { flopsOf } from './select/cost.ts';
import { LoopOrders } from './select/order-choice.ts';
import { programSteps, viewOf } from './select/program-steps.ts';
import { type LeanChoice, referenceSteps, selectSteps } from './select/select.ts';
import { separateStorages, storagesOf } from './select/storage.ts';
import { Tiles } from './select/tile-choice.ts';
import { wantedGroups } from './select/wanted.ts';
import { Weights } from './select/weights.ts';

/**
 * What compiling is given from outside: bytes of constants, a clock, a way to be stopped, and what is known already.
 */
export interface CompilePorts extends StepPorts {
  readonly read: ReadBytes;
  /** which constants are known to be equal; left out: they are compared anew */
  readonly identities?: Identities;
  /** register tiles measured on this machine; left out: those a model of their time picks */
  readonly tiles?: Tiles;
  /** the same of the order of loops */
  readonly orders?: LoopOrders;
  /** what earlier compilations searched for; left out: every search is made once, and timed */
  readonly known?: KnownAnswers;
}

/** A program, and what there is to say about it. */
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

/** Passes that leave the graph the user's own: what is planned as given, and what the interpreter runs. */
const AS_GIVEN: readonly Pass[] = [reseed, inlineBranches, foldConstants];

/** Run-time extents begin as late as they can, and what is parallel along them gets fixed shapes. */
const BOUNDED: readonly Pass[] = [splitSuppression, atCapacity({ hasKernel, flops: flopsOf })];

/** Algebra, layout and kernels are the same with fusion on and off. */
const FOR_KERNELS: readonly Pass[] = [
  // Bodies: what waits for extents goes into some, what is cheap enough comes out of them.
  outline,
  mergeBranches(flopsOf),
  // Few operators and types, each in one spelling.
  expand,
  foldConstants,
  widenFloats,
  splitRecurrent,
  moveStored,
  canonicalise,
  shareSubexpressions,
  recognise,
  groupChannels,
  // What only moves elements goes where it costs nothing.
  turnProducts,
  alignHeads,
  reverseParts((graph, node) => roleOf(graph, node).elementwise),
  moveBesideKernels(roleOf, hasKernel),
  canonicalise,
  // Constants go into the weights of products, quantised ones last.
  foldScales,
  lowerQuantised,
  pushDivisors,
  // What these left over goes; products of one operand become one, and every value gets its order in memory.
  foldConstants,
  shareRest,
  joinProducts(hasKernel),
  layoutPass(hasKernel),
];

/** All graph passes in their order. */
export const PASSES: readonly Pass[] = [...AS_GIVEN, ...BOUNDED, ...FOR_KERNELS];

/** All steps in their order. */
const STEPS = [...PASSES.map(({ name }) => name), 'fuse', 'select', 'plan', 'emit'];

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
  const steps = new CompileSteps(ports, graph, STEPS.length);
  verify(graph, 'import');
  const { given, final, kinds } = lower(graph, options, ports, steps);
  if (purpose !== 'plan') checkRunnable(final, kinds);
  const parts = partsOf(final, kinds, options, ports, steps);
  const memory = steps.run(
    'plan',
    () => {
      const found = planProgram(parts, options);
      return purpose === 'apart' ? { ...found, arena: found.arena.apart() } : found;
    },
    found => found.arena.liveness.buffers.length,
  );
  const emitted = steps.run(
    'emit',
    () => emitSteps(memory.arena, memory.selected.weights, options),
    ({ phases }) => phases.flat().length,
  );
  const program = programOf(parts, memory, emitted, { options, read: ports.read, compileSteps: steps.done });
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

/** The graph that is planned as given: constants folded, branches decided, nothing fused. */
export function graphAsGiven(graph: Graph, options: CompileOptions, ports: CompilePorts): Graph {
  return withPasses(graph, AS_GIVEN, options, ports);
}

/** The graph with what is parallel along run-time extents at capacity: what is left waits for them. */
export function graphAtCapacity(graph: Graph, options: CompileOptions, ports: CompilePorts): Graph {
  return withPasses(graph, [...AS_GIVEN, ...BOUNDED], options, ports);
}

function withPasses(
  graph: Graph,
  passes: readonly Pass[],
  options: CompileOptions,
  ports: CompilePorts,
): Graph {
  const { read, identities = new Identities(read) } = ports;
  return new CompileSteps(ports, graph, passes.length).runPasses(graph, passes, {
    read,
    options,
    identities,
  });
}

interface Lowered {
  /** as planned as given */
  readonly given: Graph;
  /** what groups and kernels are made of */
  readonly final: Graph;
  readonly kinds: ReadonlyMap<NodeId, KernelKind>;
}

/** Ports with the identities that all passes of one compilation share. */
type FullPorts = CompilePorts & Required<Pick<CompilePorts, 'identities'>>;

/** All graph passes; with the interpreter only those that leave the graph the user's own. */
function lower(graph: Graph, options: CompileOptions, ports: FullPorts, steps: CompileSteps): Lowered {
  const { read, identities } = ports;
  const run = (from: Graph, passes: readonly Pass[]) =>
    steps.runPasses(from, passes, { read, options, identities });
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
  ports: FullPorts,
  steps: CompileSteps,
): MemoryParts {
  const fuse = () => (options.reference ? [] : groupNodes(graph, kinds, options));
  const groups = steps.run('fuse', fuse, found => found.length);
  const storages = options.reference ? separateStorages(graph) : storagesOf(graph, groups);
  const { simd, winograd } = options;
  const { read, clock, cancelled, identities } = ports;
  // Nothing may be known before: several arenas are compared, and some of them are alike.
  const { tiles = new Tiles(), orders = new LoopOrders(), known = new KnownAnswers() } = ports;
  const selectAll = (lean: LeanChoice): Selected => {
    const weights = new Weights(identities);
    const locator = new Locator(graph, storages, weights, read);
    const context = { graph, locator, weights, packing: PACKING, read, simd, tiles, winograd };
    const selected = selectSteps(context, groups, lean).map(({ group, step }) => ({
      group,
      step: inMeasuredOrders(step, orders, simd),
    }));
    return { weights, groups: wantedGroups(graph, storages, selected) };
  };
  const fastest = steps.run(
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

/** Values to be looked at become outputs too, so nothing may swallow them. */
function withCaptured(graph: Graph, names: readonly string[]): Graph {
  if (names.length === 0) return graph;
  const wanted = new Set(names);
  const captured = graph.values.flatMap(value =>
    value && wanted.has(value.name) && !value.constant && !graph.outputs.includes(value.id) ? [value.id] : [],
  );
  return { ...graph, outputs: [...graph.outputs, ...captured] };
}
