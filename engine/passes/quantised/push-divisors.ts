// What a product of integers is divided by before it is stored again moves back into its scale and bias, which are
// multiplied and added anyway: (s·sum + b) / c = (s/c)·sum + b/c, through activations that keep positive factors.

import { intAttribute } from '../../ir/attributes.ts';
import { loadConstant } from '../../ir/constants/constant.ts';
import { consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import { type NodeDraft, Patch } from '../../ir/patch.ts';
import { elementCount, numbersOf, tensorOf } from '../../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import type { Pass, PassContext } from '../pass.ts';

export const pushDivisors: Pass = {
  name: 'push divisors',
  run: (graph, context) => {
    const patch = new Patch(graph);
    for (const node of graph.nodes) pushInto(node, patch, context);
    return patch.build();
  },
};

/** Operators with f(x / c) = f(x) / c for c > 0, once their constant operands are divided too. */
const HOMOGENEOUS: ReadonlySet<string> = new Set(['Relu', 'LeakyRelu', 'Clip', 'Max', 'Min', 'Add', 'Sub']);
/** Most elements of a constant that is divided: one number per channel. */
const MOST_ELEMENTS = 65_536;

function pushInto(node: Node, patch: Patch, context: PassContext): void {
  const [x, divisor] = node.inputs;
  const [output] = node.outputs;
  if (node.op !== 'Div' || x === undefined || divisor === undefined || output === undefined) return;
  const { constant, shape } = valueOf(patch.graph, divisor);
  if (!constant || elementCount(shape ?? [0]) !== 1 || patch.get(output).dtype !== 'float32') return;
  const [number = 1] = numbersOf(loadConstant(constant, context.read));
  const chain = scaledChain(patch.graph, x);
  if (!chain || !(number > 0)) return;
  const divided = (id: ValueId): ValueId => {
    const { constant: given, name } = valueOf(patch.graph, id);
    if (!given) return id;
    const tensor = loadConstant(given, context.read);
    const numbers = numbersOf(tensor).map(element => Math.fround(element / number));
    return patch.constant(`${name}/divided`, tensorOf('float32', tensor.shape, numbers));
  };
  chain.forEach((member, index) => {
    const { op, version, attributes } = member;
    const inputs = member.inputs.map(id => (id === undefined ? undefined : divided(id)));
    const outputs = index === 0 ? [output] : member.outputs;
    const draft: NodeDraft = { op, version, attributes, inputs, outputs };
    patch.replace(member, [index === 0 ? { ...draft, absorbs: [node] } : draft]);
  });
  patch.replace(node, []);
}

/**
 * The operators from this value back to the scale of a product of integers, that included: each read by the next one
 * alone, all other operands constants.
 */
function scaledChain(graph: Graph, from: ValueId): Node[] | undefined {
  const chain: Node[] = [];
  for (let id = from; ; ) {
    const node = producerOf(graph, id);
    if (!node || consumersOf(graph, id).length !== 1 || graph.outputs.includes(id)) return undefined;
    const computed = node.inputs.filter(input => input !== undefined && !valueOf(graph, input).constant);
    const [next] = computed;
    if (computed.length !== 1 || next === undefined || !node.inputs.every(input => isSmall(graph, input)))
      return undefined;
    chain.push(node);
    if (node.op === 'Mul') return isProductOfIntegers(graph, next) ? chain : undefined;
    // Bounds as attributes stay as they are.
    const bounds = node.op === 'Clip' && (node.attributes.min || node.attributes.max);
    if (!HOMOGENEOUS.has(node.op) || bounds) return undefined;
    id = next;
  }
}

function isSmall(graph: Graph, id: ValueId | undefined): boolean {
  const { constant, shape, dtype } = id === undefined ? {} : valueOf(graph, id);
  return !constant || (dtype === 'float32' && elementCount(shape ?? []) <= MOST_ELEMENTS);
}

const isProductOfIntegers = (graph: Graph, id: ValueId): boolean => {
  const node = producerOf(graph, id);
  return node !== undefined && intAttribute(node, 'integers', 0) !== 0;
};
