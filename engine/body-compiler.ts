// How the runtime gets programs of bodies (branches, loops, what waits for run-time extents): the whole compiler once
// more, for the extents, or capacities, that are known by then.

import type { ReadBytes } from './ir/constants/reading.ts';
import { touchesDynamic } from './ir/dynamic.ts';
import { subgraphsOf } from './ir/graph.ts';
import { findOperator } from './ir/ops/index.ts';
import { elementCount } from './ir/tensor.ts';
import type { Graph, Node, Value } from './ir/types.ts';
import type { CompileOptions } from './options.ts';
import { inferShapes } from './passes/shapes/infer.ts';
import { type CompilePorts, compile, graphAtCapacity } from './pipeline.ts';
import type { BodyCompiler } from './runtime/bodies.ts';
import type { OperandType } from './runtime/open-axes.ts';
import { flopsOf } from './select/cost.ts';

/** Share of a body's work that may be left to the interpreter where the rest is done at capacity. */
const MOST_WAITING = 0.1;
/** Operations that the interpreter has done before a program is compiled for the very extents. */
const COMPILING_WORK = 2e7;

/** Bodies are compiled with the options of the program they are in, for one thread. */
export function bodyCompiler(options: CompileOptions, ports: CompilePorts): BodyCompiler {
  const own = { ...options, threads: 1, capture: [] };
  return {
    prepare: (body, operands) => {
      const graph = standalone(body, operands, ports.read);
      const work = graph ? workOf(graph) : 0;
      if (!graph || !operands.some(({ bounded }) => bounded)) return graph && { graph, work };
      // What still waits for extents is interpreted: where that is too much, it had better be compiled for each of them.
      const left = waitingWork(graphAtCapacity(graph, own, ports));
      const most = Math.max(MOST_WAITING * work, COMPILING_WORK);
      // Where all of it waits, its program would have one step: the body itself, to be prepared again.
      return left < work && left <= most ? { graph, work } : undefined;
    },
    flops: graph => graph.nodes.reduce((sum, node) => sum + flopsOf(graph, node), 0),
    compile: graph => compile(graph, own, ports).program,
  };
}

/** The body with what it reads as inputs of these types, shapes inferred anew; undefined when they do not fit. */
function standalone(body: Graph, operands: readonly OperandType[], read: ReadBytes): Graph | undefined {
  const { captures, ...rest } = body;
  const inputs = [...body.inputs, ...(captures?.keys() ?? [])];
  const types = new Map(inputs.map((id, i) => [id, operands[i]]));
  const values = body.values.map((value): Value | undefined => {
    if (!value || value.constant) return value;
    const { shape: _, bounded: __, declared: ___, layout: ____, extents: _____, ...known } = value;
    const operand = types.get(value.id);
    if (!operand) return known;
    const { dtype, container, shape, bounded, extents } = operand;
    if (container) return { ...known, dtype, container };
    return { ...known, dtype, shape, ...(bounded && { bounded }), ...(extents && { extents }) };
  });
  // What turns share may not be lost in one of them.
  const kept = body.inputs.length > 0 ? captures?.keys() : [];
  const model = {
    graph: { ...rest, inputs, outputs: [...body.outputs, ...(kept ?? [])], values },
    format: 'sample',
    irVersion: 0,
    opsets: {},
    producer: '',
    metadata: {},
    diagnostics: [],
  } as const;
  const { graph, diagnostics } = inferShapes(model, {}, read);
  return diagnostics.some(({ severity }) => severity === 'error') ? undefined : graph;
}

/** Operations that only the interpreter can do, because their operands or results are of run-time extents. */
function waitingWork(graph: Graph): number {
  const waiting = graph.nodes.filter(node => touchesDynamic(graph, node) && !node.op.startsWith('bounded.'));
  return waiting.reduce((sum, node) => sum + workOfNode(graph, node), 0);
}

/** Operations of a graph, roughly: products count their weights once at least. */
function workOf(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + workOfNode(graph, node), 0);
}

function workOfNode(graph: Graph, node: Node): number {
  const bodies = subgraphsOf(node).reduce((sum, body) => sum + workOf(body), 0);
  const isRecurrent = findOperator(node.op, node.version)?.kind === 'recurrent';
  const [x, weights] = node.inputs.map(id => (id === undefined ? [] : (graph.values[id]?.shape ?? [])));
  const steps = isRecurrent ? (x?.[0] ?? 1) * elementCount(weights ?? []) * 2 : 0;
  return bodies + steps + flopsOf(graph, node);
}
