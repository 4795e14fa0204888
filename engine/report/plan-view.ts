// Plans as the app draws and exports them: steps, tensors with lifetime and place, peak and bound.
// One mechanism for both columns: steps → liveness (planner/liveness.ts) → plan → view.
// Invariant: ids of a view's tensors are indices of the problem's buffers.

import { isHost } from '../ir/dynamic.ts';
import { subgraphsOf } from '../ir/graph.ts';
import { tensorBytes } from '../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Strategy } from '../options.ts';
import type { PlanControl } from '../planner/control.ts';
import { livenessOf } from '../planner/liveness.ts';
import { plan } from '../planner/plan.ts';
import type { Buffer, Problem } from '../planner/types.ts';
import type { MemoryPlan, PlannedBuffer, ProgramStep } from '../runtime/program.ts';
import { problemKey } from './problem-key.ts';
import { type KnownNodes, stepTitle } from './step-title.ts';
import type { PlaceTaken, PlanStep, PlanTensor, PlanView } from './types/plan.ts';

/** A step of a plan, and the values it touches; those that are in no buffer (constants) are passed over. */
export interface PlannedStep extends PlanStep {
  /** tensors inside its bodies are in none of the plan's buffers */
  readonly hasBodies?: boolean;
  readonly reads: readonly ValueId[];
  readonly writes: readonly ValueId[];
}

/** The graph as given: a step per node, nothing fused, aligned or shared. Constants take no arena memory. */
export interface GivenPlan {
  readonly steps: readonly PlannedStep[];
  /** at the same index */
  readonly nodes: readonly Node[];
  readonly problem: Problem;
  readonly buffers: readonly PlannedBuffer[];
}

/**
 * The planning problem of a graph whose constants are folded and whose shapes are known. Nodes that make nothing
 * but constants vanish; a node reads its inputs and what its bodies capture. A bounded
 * value counts with its capacity; what has no place in the arena (containers, strings, sizes without a bound) is
 * left out.
 */
export function givenPlan(graph: Graph): GivenPlan {
  const nodes = workingNodes(graph);
  const steps = givenSteps(graph, nodes);
  const { problem, buffers } = livenessOf(steps, {
    inputs: graph.inputs,
    outputs: graph.outputs,
    describe: id => describe(graph, id),
  });
  return { steps, nodes, problem, buffers };
}

/** Plans the graph as given, for the column that published comparisons use. */
export function givenView(graph: Graph, strategy: Strategy, control?: PlanControl): PlanView {
  const { steps, problem, buffers } = givenPlan(graph);
  return planView('asGiven', strategy, steps, { problem, buffers, result: plan(problem, strategy, control) });
}

/** The view of a compiled program's plan; steps are called by the nodes of the graph as imported. */
export function executedView(
  steps: readonly ProgramStep[],
  memory: MemoryPlan,
  strategy: Strategy,
  imported: KnownNodes,
): PlanView {
  const planned = steps.map(step => executedStep(step, imported));
  return planView('asExecuted', strategy, planned, memory);
}

function planView(
  column: PlanView['column'],
  strategy: Strategy,
  steps: readonly PlannedStep[],
  memory: MemoryPlan,
): PlanView {
  const { problem, buffers, result } = memory;
  const touches = touchesOf(steps, buffers);
  const { offsets } = result.solution;
  const taken = placesTaken(memory);
  const uncounted = steps.filter(({ hasBodies }) => hasBodies).length;
  return {
    column,
    strategy,
    steps: steps.map(({ reads: _, writes: __, hasBodies: ___, ...step }) => step),
    tensors: problem.buffers.map((buffer, b) => {
      const live = buffers[b];
      const offset = offsets[b];
      if (live === undefined || offset === undefined)
        throw new Error(`buffer ${b} has no contents or no place`);
      const tensor = planTensor(b, buffer, live, offset, steps, touches[b]);
      const places = taken.get(b);
      return places ? { ...tensor, inPlaceOf: places } : tensor;
    }),
    placements: result.placements.map(({ buffer }) => buffer),
    peakBytes: result.solution.height,
    lowerBoundBytes: result.lowerBound.bytes,
    peakStep: result.lowerBound.step,
    unplannedBytes: result.unplannedBytes,
    optimal: result.optimal,
    problem: problemKey(problem),
    alignment: problem.buffers.reduce((most, { alignment = 1 }) => Math.max(most, alignment), 1),
    ms: result.durationMs,
    ...(uncounted > 0 && { uncounted }),
    liveBytes: liveBytesOf(problem, offsets, steps.length),
  };
}

interface Touches {
  writer?: number;
  readonly readers: number[];
}

/** Per buffer: the first step that writes one of its values, and the steps that read one, ascending. */
function touchesOf(steps: readonly PlannedStep[], buffers: readonly PlannedBuffer[]): Touches[] {
  const bufferOf = new Map<ValueId, number>();
  buffers.forEach((buffer, b) => {
    for (const value of buffer.values) bufferOf.set(value, b);
  });
  const touches = buffers.map((): Touches => ({ readers: [] }));
  steps.forEach((step, at) => {
    for (const value of step.reads) {
      const readers = touches[bufferOf.get(value) ?? -1]?.readers;
      if (readers !== undefined && readers.at(-1) !== at) readers.push(at);
    }
    for (const value of step.writes) {
      const written = touches[bufferOf.get(value) ?? -1];
      if (written !== undefined) written.writer ??= at;
    }
  });
  return touches;
}

function planTensor(
  id: number,
  buffer: Buffer,
  live: PlannedBuffer,
  offset: number,
  steps: readonly PlannedStep[],
  touches: Touches | undefined,
): PlanTensor {
  // Scratch has no value that a step could name: the step it lives in writes it.
  const writer = live.kind === 'scratch' ? buffer.lower : live.kind === 'input' ? undefined : touches?.writer;
  const op = steps[writer ?? -1]?.op;
  return {
    id,
    name: buffer.id,
    tensors: live.values,
    kind: live.kind,
    ...(op === undefined ? {} : { op }),
    bytes: buffer.size,
    offset,
    lower: buffer.lower,
    upper: buffer.upper,
    ...(writer === undefined ? {} : { writer }),
    readers: touches?.readers ?? [],
  };
}

/** Per result: the operands over which it lies, of those over which the problem lets it lie. */
function placesTaken({ problem, buffers, result }: MemoryPlan): Map<number, PlaceTaken[]> {
  const { offsets } = result.solution;
  const taken = new Map<number, PlaceTaken[]>();
  for (const { below, above, distance: least, exact } of problem.overlaps ?? []) {
    const distance = (offsets[above] ?? 0) - (offsets[below] ?? 0);
    const meets = distance < (problem.buffers[below]?.size ?? 0);
    if (exact ? distance !== least : distance < least || !meets) continue;
    const lower = (b: number): number => problem.buffers[b]?.lower ?? 0;
    // Inputs are older than anything else of step 0.
    const isResult =
      lower(below) > lower(above) || (lower(below) === lower(above) && buffers[below]?.kind !== 'input');
    const [written, place] = isResult
      ? [below, { id: above, distance, ...(!exact && { least }) }]
      : [above, { id: below, distance: -distance }];
    const known = taken.get(written) ?? [];
    taken.set(written, [...known.filter(({ id }) => id !== place.id), place]);
  }
  return taken;
}

/** Per step: bytes of the arena that some live buffer covers. */
function liveBytesOf({ buffers }: Problem, offsets: readonly number[], steps: number): number[] {
  const begins = new Map<number, { from: number; to: number; upper: number }[]>();
  buffers.forEach(({ lower, upper, size }, b) => {
    const from = offsets[b] ?? 0;
    const others = begins.get(Math.max(lower, 0)) ?? [];
    begins.set(Math.max(lower, 0), [...others, { from, to: from + size, upper }]);
  });
  let live: { from: number; to: number; upper: number }[] = [];
  return Array.from({ length: steps }, (_, at) => {
    live = [...live.filter(({ upper }) => at < upper), ...(begins.get(at) ?? [])];
    live.sort((a, b) => a.from - b.from);
    let [covered, top] = [0, 0];
    for (const { from, to } of live) {
      covered += Math.max(0, to - Math.max(from, top));
      top = Math.max(top, to);
    }
    return covered;
  });
}

function describe(graph: Graph, id: ValueId): { id: string; bytes: number } | undefined {
  const value = graph.values[id];
  if (value === undefined) throw new Error(`${graph.name} has no value ${id}`);
  if (value.constant || isHost(value) || !value.dtype || !value.shape) return undefined;
  return { id: value.name, bytes: tensorBytes(value.dtype, value.shape) };
}

/** Nodes that make more than constants. */
function workingNodes(graph: Graph): Node[] {
  return graph.nodes.filter(node =>
    node.outputs.some(id => id !== undefined && graph.values[id]?.constant === undefined),
  );
}

function givenSteps(graph: Graph, nodes: readonly Node[]): PlannedStep[] {
  const idOf = new Map<string, ValueId>();
  for (const value of graph.values) if (value !== undefined) idOf.set(value.name, value.id);
  return nodes.map((node, index) => ({
    index,
    name: node.name,
    title: node.op,
    op: node.op,
    fusedOps: [node.op],
    nodes: node.origin,
    hasBodies: subgraphsOf(node).length > 0,
    reads: [...node.inputs.filter(id => id !== undefined), ...captured(node, idOf)],
    writes: node.outputs.filter(id => id !== undefined),
  }));
}

/** Values that a node's bodies take from this graph, by name; a body captures what its own bodies need. */
function captured(node: Node, idOf: ReadonlyMap<string, ValueId>): ValueId[] {
  return Object.values(node.attributes).flatMap(attribute => {
    if (attribute.type !== 'graph') return [];
    return [...(attribute.value.captures?.values() ?? [])].flatMap(name => idOf.get(name) ?? []);
  });
}

function executedStep(step: ProgramStep, imported: KnownNodes): PlannedStep {
  const { index, name, op, fusedOps, origin, group, reads, writes } = step;
  return {
    index,
    name,
    title: stepTitle(origin, fusedOps, imported),
    op,
    fusedOps,
    nodes: origin,
    ...(group === undefined ? {} : { group }),
    hasBodies: step.kind === 'reference' && subgraphsOf(step.node).length > 0,
    reads,
    writes,
  };
}
