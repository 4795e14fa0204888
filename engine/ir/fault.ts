// Whose fault it is that a node contradicts its operator: the model's, or that of a pass which made the node.

import type { NodeError } from './attributes.ts';
import { unsealed } from './dynamic.ts';
import { subgraphsOf } from './graph.ts';
import type { Attribute, Graph, Node } from './types.ts';

/**
 * Whether the graph as given has the same fault: the node stands in it unchanged, or the attribute that does not fit
 * was there already. An error without a node says nothing of ours either.
 */
export function isGiven({ node, attribute }: NodeError, graph: Graph): boolean {
  if (!node) return true;
  const failing = unsealed(node);
  return nodesOf(graph)
    .filter(({ id }) => failing.origin.includes(id))
    .some(given => {
      const sameOp = given.op === failing.op && given.version === failing.version;
      if (sameOp && sameAttributes(given, failing)) return true;
      if (attribute === undefined) return false;
      const brought = given.attributes[attribute];
      // What is missing is missed by this operator only.
      return brought === undefined
        ? sameOp && failing.attributes[attribute] === undefined
        : sameAttribute(brought, failing.attributes[attribute]);
    });
}

const nodesOf = (graph: Graph): readonly Node[] =>
  graph.nodes.flatMap(node => [node, ...subgraphsOf(node).flatMap(nodesOf)]);

function sameAttributes({ attributes: a }: Node, { attributes: b }: Node): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every(name => sameAttribute(a[name], b[name]));
}

/** Who leaves an attribute as it is keeps the object; bodies are worked in. */
const sameAttribute = (a: Attribute | undefined, b: Attribute | undefined): boolean =>
  a === b || (a?.type === 'graph' && b?.type === 'graph');
