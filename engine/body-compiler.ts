// How the runtime gets programs of bodies (branches, loops, what waits for run-time extents): the whole compiler once
// more, for the extents that are known by then.

import type { ReadBytes } from './ir/constant.ts';
import { subgraphsOf } from './ir/graph.ts';
import { findOperator } from './ir/ops/index.ts';
import { elementCount } from './ir/tensor.ts';
import type { Graph, Node, Tensor, Value } from './ir/types.ts';
import type { CompileOptions } from './options.ts';
import { inferShapes } from './passes/infer.ts';
import { type CompilePorts, compile } from './pipeline.ts';
import type { BodyCompiler } from './runtime/bodies.ts';
import { flopsOf } from './select/cost.ts';

/** Bodies are compiled with the options of the program they are in, for one thread. */
export function bodyCompiler(options: CompileOptions, ports: CompilePorts): BodyCompiler {
  const own = { ...options, threads: 1, capture: [] };
  return {
    prepare: (body, operands) => {
      const graph = standalone(body, operands, ports.read);
      return graph && { graph, work: workOf(graph) };
    },
    compile: graph => compile(graph, own, ports).program,
  };
}

/** The body with what it reads as inputs of these types, shapes inferred anew; undefined when they do not fit. */
function standalone(body: Graph, operands: readonly Tensor[], read: ReadBytes): Graph | undefined {
  const { captures, ...rest } = body;
  const inputs = [...body.inputs, ...(captures?.keys() ?? [])];
  const types = new Map(inputs.map((id, i) => [id, operands[i]]));
  const values = body.values.map((value): Value | undefined => {
    if (!value || value.constant) return value;
    const { shape: _, bounded: __, declared: ___, layout: ____, ...known } = value;
    const operand = types.get(value.id);
    return operand ? { ...known, dtype: operand.dtype, shape: operand.shape } : known;
  });
  const model = {
    graph: { ...rest, inputs, values },
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
