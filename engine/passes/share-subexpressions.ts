// Nodes that compute the same from the same are one. Random operators and those with bodies stay as they are, and so
// do those that make stored numbers wider: each reader does that by itself, as it reads them. Without grouping there is
// no kernel that could, and these are one too once quantised products are found.

import { Identities } from '../ir/constants/identities.ts';
import { subgraphsOf } from '../ir/graph.ts';
import { findOperator } from '../ir/ops/index.ts';
import { Patch } from '../ir/patch.ts';
import { printAttribute } from '../ir/print.ts';
import type { Graph, Node, ValueId } from '../ir/types.ts';
import { widens } from '../ir/widening.ts';
import type { Pass } from './pass.ts';

/** May a node be one with another? */
type Shareable = (node: Node) => boolean;

export const shareSubexpressions: Pass = {
  name: 'share subexpressions',
  run: (graph, { read, identities = new Identities(read) }) =>
    withoutCopies(shareConstants(graph, identities), node => !widens(graph, node)),
};

/** The same when all has been found; then copies are left only for kernels to take in. */
export const shareRest: Pass = {
  name: 'share the rest',
  run: (graph, { read, options, identities = new Identities(read) }) =>
    withoutCopies(shareConstants(graph, identities), node => !options.fusion || !widens(graph, node)),
};

/** The graph with one node of those that compute the same; left out: of all. */
export function withoutCopies(graph: Graph, isShareable: Shareable = () => true): Graph {
  let before = graph;
  for (;;) {
    const after = shareNodes(before, isShareable);
    if (after === before) return after;
    before = after;
  }
}

function shareNodes(graph: Graph, isShareable: Shareable): Graph {
  const patch = new Patch(graph);
  const known = new Map<string, Node>();
  for (const node of graph.nodes) {
    const key = isShareable(node) ? keyOf(node) : undefined;
    if (key === undefined) continue;
    const same = known.get(key);
    if (!same) {
      known.set(key, node);
      continue;
    }
    const pairs = node.outputs.flatMap((id, i) => (id === undefined ? [] : [[id, same.outputs[i]] as const]));
    if (!pairs.every(([id, other]) => other !== undefined && patch.canAlias(id, other))) continue;
    for (const [id, other] of pairs) if (other !== undefined) patch.alias(id, other);
    patch.replace(node, []);
  }
  return patch.build();
}

function keyOf(node: Node): string | undefined {
  if (findOperator(node.op, node.version)?.random(node) !== false || subgraphsOf(node).length > 0)
    return undefined;
  const text = attributesText(node.attributes);
  if (text === undefined) return undefined;
  return `${node.op} ${node.version} ${node.inputs.join(',')} ${node.outputs.length} ${text}`;
}

type Attributes = Node['attributes'];

const texts = new WeakMap<Attributes, { readonly text: string | undefined }>();

/** Nodes that read something else in the next round keep their attributes. Undefined for tensors. */
function attributesText(attributes: Attributes): string | undefined {
  const known = texts.get(attributes) ?? { text: textOf(attributes) };
  texts.set(attributes, known);
  return known.text;
}

function textOf(attributes: Attributes): string | undefined {
  const entries = Object.entries(attributes);
  if (entries.some(([, value]) => value.type === 'tensor' || value.type === 'tensors')) return undefined;
  const parts = entries.map(([name, value]) => `${name}=${printAttribute(value)}`);
  return parts.sort().join(' ');
}

/** Constants with the same elements are one value, whatever they are for. */
function shareConstants(graph: Graph, identities: Identities): Graph {
  const patch = new Patch(graph);
  const known = new Map<number, ValueId>();
  for (const value of graph.values) {
    if (!value?.constant || value.dtype === 'string') continue;
    const number = identities.of(value.constant);
    const same = known.get(number);
    if (same === undefined) known.set(number, value.id);
    else patch.alias(value.id, same);
  }
  return patch.build();
}
