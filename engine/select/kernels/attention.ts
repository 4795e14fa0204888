// Attention: queries, keys and values are read where they lie, whatever their strides; tiles as for any product.

import type { Group, PreFusion } from '../../fusion/types.ts';
import { valueOf } from '../../ir/graph.ts';
import type { Node, Shape } from '../../ir/types.ts';
import { accessOf, eachAxis } from '../access.ts';
import { epilogueOf, required, type SelectContext } from '../context.ts';
import type { Refinement } from '../spec/access.ts';
import type { KernelSpec } from '../spec/kernel.ts';
import { batchedPrologue } from './matmul.ts';

/** `node` is the product of weights and values. */
export function selectAttention(context: SelectContext, group: Group, node: Node): KernelSpec[] {
  const { attention } = group;
  const [weights, values] = node.inputs;
  const [y] = node.outputs;
  if (!attention || weights === undefined || values === undefined || y === undefined) {
    throw new Error(`${node.name}: attention without its parts`);
  }
  const shapeOf = (id: typeof y): Shape => valueOf(context.graph, id).shape ?? [];
  const output = shapeOf(y);
  const batch = output.slice(0, -2);
  const [m = 1, d = 1] = output.slice(-2);
  const n = shapeOf(weights).at(-1) ?? 1;
  const k = shapeOf(attention.query.value).at(-1) ?? 1;
  const refinement = ({ expression, operands }: PreFusion): Refinement => ({
    expression,
    reads: operands.map(operand => {
      const space = [...batch, m, n];
      const located = context.locator.of(operand.value);
      return required(accessOf(located, space, eachAxis(space), operand), node.name);
    }),
  });
  const { query, key } = attention;
  return [
    {
      kind: 'attention',
      batch,
      m,
      n,
      k,
      d,
      query: batchedPrologue(context, query.pre, query.value, [...batch, m, k]),
      key: batchedPrologue(context, key.pre, key.value, [...batch, k, n]),
      value: batchedPrologue(context, group.pre.get(1), values, [...batch, n, d]),
      scores: refinement(attention.scores),
      probabilities: refinement(attention.probabilities),
      epilogue: required(epilogueOf(context, group, output, eachAxis(output)), node.name),
      scoreTile: context.tiles.for(context.simd, { columns: n, rows: m, terms: k }),
      valueTile: context.tiles.for(context.simd, { columns: d, rows: m, terms: n }),
    },
  ];
}
