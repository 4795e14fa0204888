// Constant folding: what depends on nothing but constants is computed by the reference interpreter. Large results
// become computed constants, so that a weight made by the graph is never held beside its packed form. What nobody reads,
// then or before, is left out.

import { intsAttribute } from '../ir/attributes.ts';
import { constantShape, loadConstant } from '../ir/constants/constant.ts';
import type { ReadBytes } from '../ir/constants/reading.ts';
import { isDynamic } from '../ir/dynamic.ts';
import { subgraphsOf } from '../ir/graph.ts';
import { isFit } from '../ir/ops/control/bounded.ts';
import { findOperator } from '../ir/ops/index.ts';
import { Patch, removeDead } from '../ir/patch.ts';
import { printAttribute } from '../ir/print.ts';
import { ADDRESSABLE_BYTES, elementCount, tensorBytes } from '../ir/tensor.ts';
import type { Constant, Node, Recipe, Tensor, Value } from '../ir/types.ts';
import { evaluateNode, hasReference } from '../reference/interpreter.ts';
import { SMALL } from './derive.ts';
import type { Pass } from './pass.ts';
import { dequantisedOf } from './quantised/dequantised.ts';

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
      if (!results) {
        if (isFit(node.op)) storeWhole(patch, node);
        continue;
      }
      node.outputs.forEach((id, i) => {
        const constant = results[i];
        if (id !== undefined && constant) patch.update(id, { constant });
      });
      patch.replace(node, []);
    }
    for (const id of new Set(graph.outputs)) if (patch.get(id).constant) patch.materialise(id);
    return removeDead(patch.build());
  },
};

const constantsOf = (patch: Patch, node: Node): (Constant | undefined)[] =>
  node.inputs.map(id => (id === undefined ? undefined : patch.get(id).constant));

/** What a run cuts is memory that lies in the arena: a constant is copied there. */
function storeWhole(patch: Patch, node: Node): void {
  const [whole, ...counts] = node.inputs;
  if (whole === undefined || !patch.get(whole).constant) return;
  const { name, dtype, shape } = patch.get(whole);
  const stored = patch.value({ name: `${name}/stored`, ...(dtype && { dtype }), ...(shape && { shape }) });
  patch.replace(node, [
    { op: 'Identity', version: 13, inputs: [whole], outputs: [stored], attributes: {} },
    { op: node.op, inputs: [stored, ...counts], outputs: node.outputs },
  ]);
}

/** What shape inference computed knows nothing of what it was made from. */
function remember(patch: Patch, node: Node): void {
  const known = knownOf(node, constantsOf(patch, node), 0);
  const [output] = node.outputs;
  const constant = output === undefined ? undefined : patch.get(output).constant;
  if (output === undefined || constant?.kind !== 'inline' || Object.keys(known).length === 0) return;
  patch.update(output, { constant: { ...constant, ...known } });
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
  if (size <= SMALL) {
    try {
      return evaluate(read).map(
        (tensor, i) => tensor && { kind: 'inline', tensor, ...knownOf(node, inputs, i) },
      );
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
    return { kind: 'computed', dtype: type.dtype, shape: type.shape, compute, ...knownOf(node, inputs, i) };
  });
}

/** What is known of a node's constant output beside its elements. */
function knownOf(node: Node, inputs: readonly (Constant | undefined)[], output: number) {
  const dequantised = dequantisedOf(node, inputs);
  const recipe = recipeOf(node, inputs, output);
  return { ...(dequantised && { dequantised }), ...(recipe && { recipe }) };
}

/** The node with all it says; inputs that it leaves out stand in the text. */
function recipeOf(node: Node, inputs: readonly (Constant | undefined)[], output: number): Recipe | undefined {
  const from = inputs.filter(constant => constant !== undefined);
  if (node.op === 'Transpose' && from[0])
    return { how: 'axes', from, order: axesOf(node, constantShape(from[0]).length) };
  const given = Object.entries(node.attributes);
  if (given.some(([, value]) => value.type === 'tensor' || value.type === 'tensors')) return undefined;
  const attributes = given.map(([name, value]) => `${name}=${printAttribute(value)}`);
  const places = inputs.map(constant => (constant ? '·' : '-')).join('');
  return {
    how: `${node.op} ${node.version} ${places} ${output} ${attributes.sort().join(' ')}`,
    from,
  };
}

/** The axes of the transposed tensor, as they are counted before. */
const axesOf = (node: Node, rank: number): readonly number[] =>
  intsAttribute(node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);

function isFoldable(node: Node): boolean {
  if (findOperator(node.op, node.version)?.random(node) !== false) return false;
  return subgraphsOf(node).length === 0 && hasReference(node.op, node.version);
}
