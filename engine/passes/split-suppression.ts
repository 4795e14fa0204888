// Non-maximum suppression in two: which boxes of each class are kept, in so many places as a class can fill, which is a
// kernel's work; and their list, as long as it gets when the model runs.

import { boolAttribute } from '../ir/attributes.ts';
import { isDynamic } from '../ir/dynamic.ts';
import { attr, valueOf } from '../ir/graph.ts';
import { constantNumbers, Patch } from '../ir/patch.ts';
import { elementCount, sameShape } from '../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import type { Pass } from './pass.ts';

export const splitSuppression: Pass = {
  name: 'split suppression',
  run: (graph, { options }) => {
    if (options.reference) return graph;
    const patch = new Patch(graph);
    for (const node of graph.nodes) if (node.op === 'NonMaxSuppression') split(node, patch);
    return patch.build();
  },
};

function split(node: Node, patch: Patch): void {
  const { graph } = patch;
  const [boxes, scores, limit, overlap, least] = node.inputs;
  const [result] = node.outputs;
  const [most] = constantNumbers(graph, limit) ?? [];
  const [images = 0, classes = 0, count = 0] = knownShape(graph, scores) ?? [];
  const fits = sameShape(knownShape(graph, boxes) ?? [], [images, count, 4]);
  const places = Math.min(count, most ?? 0);
  const thresholds = [overlap, least];
  const known = thresholds.every(id => id === undefined || isNumber(graph, id));
  if (result === undefined || !fits || !known || !(images * classes * places > 0)) return;
  const shape = [images, classes, places];
  const kept = patch.value({ name: `${node.name}/kept`, dtype: 'int32', shape });
  const attributes = {
    center_point_box: attr.int(boolAttribute(node, 'center_point_box', false) ? 1 : 0),
    most: attr.int(places),
  };
  patch.replace(node, [
    { op: 'boxes.Keep', version: 1, inputs: [boxes, scores, ...thresholds], outputs: [kept], attributes },
    { op: 'boxes.List', version: 1, inputs: [kept], outputs: [result], attributes: {} },
  ]);
}

/** Of a float32 tensor whose extents are no capacities. */
function knownShape(graph: Graph, id: ValueId | undefined) {
  const value = id === undefined ? undefined : valueOf(graph, id);
  return value?.dtype === 'float32' && !isDynamic(value) ? value.shape : undefined;
}

const isNumber = (graph: Graph, id: ValueId): boolean => {
  const shape = knownShape(graph, id);
  return shape !== undefined && elementCount(shape) === 1;
};
