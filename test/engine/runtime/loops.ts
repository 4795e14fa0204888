// Loops for tests: graphs of one node, whose turns run as programs and on the interpreter.

import { expect } from 'vitest';
import { bodyCompiler } from '../../../engine/body-compiler.ts';
import { loadConstant } from '../../../engine/ir/constants/constant.ts';
import { attr, GraphBuilder } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Graph, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { type BodyRunner, evaluateData, evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { RandomStreams } from '../../../engine/reference/random.ts';
import { compareTensors } from '../../../engine/report/conformance.ts';
import { CompiledBodies } from '../../../engine/runtime/bodies.ts';
import { inferred, noFiles, type TestGraph } from '../../support/build-graph.ts';

export const count = (value: number): Tensor => tensorOf('int64', [], [value]);

/** Bodies that are compiled when they are first met; `turns` tells how many of the outermost stayed in memory. */
export function compiledBodies(graph: Graph, cancel = new Int32Array(new SharedArrayBuffer(4))) {
  const compiler = bodyCompiler(DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const ports = { read: noFiles, cancel, random: new RandomStreams() };
  const bodies = new CompiledBodies(compiler, ports, { again: 0, atOnce: 0 });
  const own = graph.nodes.map(({ attributes: { body } }) => body?.type === 'graph' && body.value);
  const seen = { apart: 0, turns: 0 };
  const counted: BodyRunner = {
    run: (body, inputs, outer) => {
      if (own.includes(body)) seen.apart++;
      return bodies.run(body, inputs, outer);
    },
    turns: (body, turns, outer) => {
      const results = bodies.turns(body, turns, outer);
      if (own.includes(body)) seen.turns += results?.turns ?? 0;
      return results;
    },
  };
  return { bodies: counted, seen };
}

/** Runs a graph of one node. */
export function runNode(graph: Graph, inputs: readonly Tensor[], bodies: BodyRunner): readonly Tensor[] {
  const [node] = graph.nodes;
  if (!node) throw new Error('expected a node');
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const known = (id: ValueId | undefined): Tensor | undefined => {
    const { constant } = graph.values[id ?? -1] ?? {};
    return constant ? loadConstant(constant, noFiles) : given.get(id as ValueId);
  };
  const outer = (name: string) => known(graph.values.find(value => value?.name === name)?.id);
  return evaluateData(node, node.inputs.map(known), { read: noFiles, outer, bodies }) as readonly Tensor[];
}

/** Every set of inputs, one after the other; how many turns ran apart and how many in memory. */
export function expectAsInterpreted(graph: Graph, runs: readonly (readonly Tensor[])[]) {
  const { bodies, seen } = compiledBodies(graph);
  for (const inputs of runs) {
    const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
    const wanted = evaluateGraph(graph, given, noFiles);
    const results = runNode(graph, inputs, bodies);
    graph.outputs.forEach((id, i) => {
      expect(compareTensors(results[i] as Tensor, wanted.get(id) as Tensor)).toBeUndefined();
    });
  }
  return seen;
}

/** The first inputs of a loop's body. */
export function loopBody(name: string): { body: GraphBuilder; turn: ValueId; going: ValueId } {
  const body = new GraphBuilder(name);
  return {
    body,
    turn: body.input(`${name} turn`, 'int64', []),
    going: body.input(`${name} going`, 'bool', []),
  };
}

export function outputsOf(
  g: TestGraph,
  op: string,
  inputs: readonly (ValueId | undefined)[],
  body: Graph,
  more = {},
) {
  const count = body.outputs.length - (op === 'Loop' ? 1 : 0);
  const outputs = Array.from({ length: count }, (_, i) => `result ${i}`);
  for (const id of g.nodes(op, inputs, { attributes: { body: attr.graph(body), ...more }, outputs })) {
    if (id !== undefined) g.output(id);
  }
  return inferred(g);
}
