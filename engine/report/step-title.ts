// What a step is called, and the group it is: by the operators that the file has, since whoever opened the file looks
// for what is in it, and passes rewrite some (a MatMul with a bias becomes a Gemm). Said once, in the report: every
// view, table and export shows the same.

import type { Graph, Node } from '../ir/types.ts';

export type KnownNodes = ReadonlyMap<number, Pick<Node, 'op' | 'attributes'>>;

/** The nodes that titles are made of: those of the graph as imported, by id. */
export const titledNodes = ({ nodes }: Pick<Graph, 'nodes'>): KnownNodes =>
  new Map(nodes.map(node => [node.id, node]));

const hasBodies = ({ attributes }: Pick<Node, 'attributes'>): boolean =>
  Object.values(attributes).some(({ type }) => type === 'graph');

/** More than can be read at once: they are counted. */
const MOST_OPERATORS = 6;

/** '6 Mul', '2 Add', 'Softmax', in the order in which they come first. */
const countedOperators = (ops: readonly string[]): string[] =>
  [...Map.groupBy(ops, op => op)].map(([op, { length }]) => (length > 1 ? `${length} ${op}` : op));

/**
 * 'MatMul + Add + Relu': operators of the step's nodes in the file, in its order. Those that the kernel computes where
 * the file has none, or has them in the body of an If, Loop or Scan, which is all that is known of where.
 */
export function stepTitle(ids: readonly number[], computed: readonly string[], nodes: KnownNodes): string {
  const given = ids
    .toSorted((a, b) => a - b)
    .flatMap(id => nodes.get(id) ?? [])
    .filter(({ op }) => op !== 'Constant');
  const inBody = given.some(hasBodies) && computed.length >= given.length;
  const ops = given.length === 0 || inBody ? computed : given.map(({ op }) => op);
  return (ops.length > MOST_OPERATORS ? countedOperators(ops) : ops).join(' + ');
}
