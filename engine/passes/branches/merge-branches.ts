// An If that is decided at run time, when both branches are arithmetic that cannot fail: both are computed and the
// results picked, so that they are part of the program. Where one would be too much to compute in vain, the branch
// that is taken runs by itself.

import { findValue, subgraphsOf, valueOf } from '../../ir/graph.ts';
import { type NodeDraft, Patch } from '../../ir/patch.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import type { Pass } from '../pass.ts';
import { inlined } from './inline-branches.ts';

type Flops = (graph: Graph, node: Node) => number;

/** Operations in vain that take as long as it does to run a branch by itself: a fifth of a millisecond. */
const MOST_IN_VAIN = 1e7;

/** The pass; `flops` gives the operations of a node. */
export const mergeBranches = (flops: Flops): Pass => ({
  name: 'merge branches',
  run: graph => {
    const patch = new Patch(graph);
    for (const node of graph.nodes) {
      const merged = node.op === 'If' ? mergedBranches(patch, node, flops) : undefined;
      if (merged) patch.replace(node, merged);
    }
    return patch.build();
  },
});

function mergedBranches(patch: Patch, node: Node, flops: Flops): NodeDraft[] | undefined {
  const [condition] = node.inputs;
  const bodies = [node.attributes.then_branch, node.attributes.else_branch].flatMap(branch =>
    branch?.type === 'graph' ? [branch.value] : [],
  );
  const [first, second] = bodies;
  if (condition === undefined || !first || !second) return undefined;
  const total = bodies.every(body => body.nodes.every(inner => cannotFail(patch.graph, body, inner)));
  if (!total || !node.outputs.every((_, index) => canPick(patch.graph, node, bodies, index)))
    return undefined;
  const work = bodies.map(body => body.nodes.reduce((sum, inner) => sum + flops(body, inner), 0));
  if (Math.max(...work) > MOST_IN_VAIN) return undefined;
  const outputs = node.outputs.filter(id => id !== undefined);
  const resultsOf = (body: Graph): ValueId[] =>
    body.outputs.slice(0, outputs.length).map(id => {
      const { dtype, shape, name } = valueOf(body, id);
      return patch.value({ name, ...(dtype && { dtype }), ...(shape && { shape }) });
    });
  const [taken, other] = [resultsOf(first), resultsOf(second)];
  const picks = outputs.map(
    (output, index): NodeDraft => ({
      op: 'Where',
      version: 16,
      inputs: [condition, taken[index], other[index]],
      outputs: [output],
      attributes: {},
    }),
  );
  return [...inlined(patch, taken, first), ...inlined(patch, other, second), ...picks];
}

/** Floats of known shapes from floats and constants: nothing there depends on elements but elements. */
function cannotFail(graph: Graph, body: Graph, node: Node): boolean {
  const isFloat = (id: ValueId): boolean => {
    const { dtype, shape, container } = valueOf(body, id);
    return dtype === 'float32' && shape !== undefined && !container;
  };
  const isConstant = (id: ValueId): boolean => {
    const captured = body.captures?.get(id);
    const value = captured === undefined ? valueOf(body, id) : findValue(graph, captured);
    return value?.constant !== undefined;
  };
  return (
    subgraphsOf(node).length === 0 &&
    node.outputs.every(id => id === undefined || isFloat(id)) &&
    node.inputs.every(id => id === undefined || isFloat(id) || isConstant(id))
  );
}

/** Results of both branches are floats of the output's shape, which the condition broadcasts to. */
function canPick(graph: Graph, node: Node, bodies: readonly Graph[], index: number): boolean {
  const [condition, output] = [node.inputs[0], node.outputs[index]];
  if (condition === undefined || output === undefined) return false;
  const rank = valueOf(graph, condition).shape?.length ?? Number.POSITIVE_INFINITY;
  const { dtype, shape } = valueOf(graph, output);
  if (!shape || dtype !== 'float32' || shape.length < rank) return false;
  return bodies.every(body => {
    const result = valueOf(body, body.outputs[index] ?? (-1 as ValueId));
    return result.dtype === 'float32' && result.shape?.join() === shape.join();
  });
}
