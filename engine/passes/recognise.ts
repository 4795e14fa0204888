// Operators that exporters wrote out in smaller ones are put together again: one kernel reads its input once or
// twice instead of each part reading and writing it all.

import { intAttribute, intsAttribute } from '../ir/attributes.ts';
import { attr, producerOf, valueOf } from '../ir/graph.ts';
import { constantNumbers, Patch } from '../ir/patch.ts';
import { normalizeAxis, tensorOf } from '../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

export const recognise: Pass = {
  name: 'recognise',
  run: graph => {
    const patch = new Patch(graph);
    for (const node of graph.nodes) if (node.op === 'Div') layerNormalization(graph, node, patch);
    return patch.build();
  },
};

/** The node that computes a value, if it is this operator. */
function made(graph: Graph, id: ValueId | undefined, op: string): Node | undefined {
  const node = id === undefined ? undefined : producerOf(graph, id);
  return node?.op === op ? node : undefined;
}

const number = (graph: Graph, id: ValueId | undefined): number | undefined => {
  const numbers = constantNumbers(graph, id);
  return numbers?.length === 1 ? numbers[0] : undefined;
};

/** d / √(mean(d²) + ε) over the last axes: a normalisation of x where d = x − mean(x), of d by its root mean square else. */
function layerNormalization(graph: Graph, node: Node, patch: Patch): void {
  const [d, root] = node.inputs;
  const [output] = node.outputs;
  const sum = made(graph, made(graph, root, 'Sqrt')?.inputs[0], 'Add');
  if (d === undefined || output === undefined || !sum) return;
  const epsilon = number(graph, sum.inputs[1]) ?? number(graph, sum.inputs[0]);
  const average = made(graph, sum.inputs[0], 'ReduceMean') ?? made(graph, sum.inputs[1], 'ReduceMean');
  if (epsilon === undefined || !average || !isSquare(graph, average.inputs[0], d)) return;
  const first = firstTrailing(graph, average);
  if (first === undefined || valueOf(graph, d).dtype !== 'float32') return;
  const difference = made(graph, d, 'Sub');
  const mean = made(graph, difference?.inputs[1], 'ReduceMean');
  const [x] = difference?.inputs ?? [];
  const centred = mean && x !== undefined && mean.inputs[0] === x && firstTrailing(graph, mean) === first;
  const one = patch.constant(`${node.name}/one`, tensorOf('float32', [1], [1]));
  const attributes = { axis: attr.int(first), epsilon: attr.float(epsilon) };
  const common = { outputs: [output], attributes, absorbs: [average, sum, ...(centred ? [mean] : [])] };
  patch.replace(node, [
    centred
      ? { op: 'LayerNormalization', version: 17, inputs: [x, one], ...common }
      : { op: 'RMSNormalization', version: 23, inputs: [d, one], ...common },
  ]);
}

function isSquare(graph: Graph, id: ValueId | undefined, d: ValueId): boolean {
  const product = made(graph, id, 'Mul');
  if (product) return product.inputs.every(input => input === d);
  const power = made(graph, id, 'Pow');
  return power?.inputs[0] === d && number(graph, power.inputs[1]) === 2;
}

/** First of the axes a mean runs over, if they are the last ones and stay as axes of extent 1. */
function firstTrailing(graph: Graph, node: Node): number | undefined {
  const rank = node.inputs[0] === undefined ? 0 : (valueOf(graph, node.inputs[0]).shape?.length ?? 0);
  const given = intsAttribute(node, 'axes') ?? constantNumbers(graph, node.inputs[1]);
  if (!given || given.length === 0 || intAttribute(node, 'keepdims', 1) === 0) return undefined;
  const axes = given.map(axis => normalizeAxis(axis, rank)).sort((a, b) => a - b);
  return axes.every((axis, i) => axis === rank - axes.length + i) ? axes[0] : undefined;
}
