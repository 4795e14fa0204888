// Constant folding: what depends on nothing but constants is computed by the reference interpreter. Large results
// become computed constants, so that a weight made by the graph is never held beside its packed form.

import { loadConstant, type ReadBytes } from '../ir/constant.ts';
import { isDynamic } from '../ir/dynamic.ts';
import { subgraphsOf } from '../ir/graph.ts';
import { findOperator } from '../ir/ops/index.ts';
import { Patch } from '../ir/patch.ts';
import { ADDRESSABLE_BYTES, elementCount, tensorBytes } from '../ir/tensor.ts';
import type { Constant, Node, Tensor, Value } from '../ir/types.ts';
import { evaluateNode, hasReference } from '../reference/interpreter.ts';
import { dequantisedOf } from './dequantised.ts';
import { SMALL } from './derive.ts';
import type { Pass } from './pass.ts';

export const foldConstants: Pass = {
  name: 'fold constants',
  run: (graph, { read }) => {
    const patch = new Patch(graph);
    for (const node of graph.nodes) {
      if (node.outputs.every(id => id === undefined || patch.get(id).constant)) {
        remember(patch, node);
        patch.replace(node, []);
        continue;
      }
      const results = fold(patch, node, read);
      if (!results) continue;
      node.outputs.forEach((id, i) => {
        const constant = results[i];
        if (id !== undefined && constant) patch.update(id, { constant });
      });
      patch.replace(node, []);
    }
    for (const id of new Set(graph.outputs)) if (patch.get(id).constant) patch.materialise(id);
    return patch.build();
  },
};

const constantsOf = (patch: Patch, node: Node): (Constant | undefined)[] =>
  node.inputs.map(id => (id === undefined ? undefined : patch.get(id).constant));

/** What shape inference computed knows nothing of integers it was made from. */
function remember(patch: Patch, node: Node): void {
  const [output] = node.outputs;
  const constant = output === undefined ? undefined : patch.get(output).constant;
  const dequantised = dequantisedOf(node, constantsOf(patch, node));
  if (output === undefined || constant?.kind !== 'inline' || !dequantised) return;
  patch.update(output, { constant: { ...constant, dequantised } });
}

/** A constant per output, or undefined when the node must run. */
function fold(patch: Patch, node: Node, read: ReadBytes): (Constant | undefined)[] | undefined {
  const inputs = constantsOf(patch, node);
  if (node.inputs.some((id, i) => id !== undefined && !inputs[i])) return undefined;
  const literal = node.op === 'Constant' ? node.attributes.value : undefined;
  if (literal?.type === 'tensor') return [literal.value];
  if (!isFoldable(node)) return undefined;
  const types = node.outputs.map(id => (id === undefined ? undefined : patch.get(id)));
  if (types.some(type => type && (isDynamic(type) || type.dtype === 'string'))) {
    return undefined;
  }
  const tooLarge = (type: Value | undefined): boolean =>
    type?.dtype !== undefined && tensorBytes(type.dtype, type.shape ?? []) > ADDRESSABLE_BYTES;
  if (types.some(tooLarge)) return undefined;
  const evaluate = (from: ReadBytes): readonly (Tensor | undefined)[] =>
    evaluateNode(
      node,
      inputs.map(constant => constant && loadConstant(constant, from)),
      { read: from },
    );
  const size = types.reduce((sum, type) => sum + elementCount(type?.shape ?? [0]), 0);
  const dequantised = dequantisedOf(node, inputs);
  const origin = dequantised && { dequantised };
  if (size <= SMALL) {
    try {
      return evaluate(read).map(tensor => tensor && { kind: 'inline', tensor, ...origin });
    } catch {
      // The node stays, and fails where it runs: a model is planned even then.
      return undefined;
    }
  }
  return types.map((type, i): Constant | undefined => {
    if (!type?.dtype || !type.shape) return undefined;
    const compute = (from: ReadBytes): Tensor => {
      const tensor = evaluate(from)[i];
      if (!tensor) throw new Error(`${node.op} '${node.name}' did not make output ${i}`);
      return tensor;
    };
    return { kind: 'computed', dtype: type.dtype, shape: type.shape, compute, ...origin };
  });
}

function isFoldable(node: Node): boolean {
  if (findOperator(node.op, node.version)?.random !== false) return false;
  return subgraphsOf(node).length === 0 && hasReference(node.op, node.version);
}
