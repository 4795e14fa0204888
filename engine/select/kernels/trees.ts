// Trees that are walked from their roots: the table, and where rows of features and sums lie.

import { boolAttribute } from '../../ir/attributes.ts';
import type { Node } from '../../ir/types.ts';
import { accessAlong } from '../access.ts';
import type { SelectContext } from '../context.ts';
import type { KernelSpec } from '../spec/kernel.ts';

/** One kernel over the table that the graph holds as constants. */
export function selectTrees({ locator }: SelectContext, node: Node): KernelSpec[] {
  const [x, nodes, roots, starts, targets, weights] = node.inputs.flatMap(id =>
    id === undefined ? [] : [locator.of(id)],
  );
  const [y] = node.outputs;
  if (!x || !nodes || !roots || !starts || !targets || !weights || y === undefined)
    throw new Error(`${node.name}: no table`);
  const sums = locator.of(y);
  return [
    {
      kind: 'trees',
      rows: sums.shape[0] ?? 1,
      targets: sums.shape[1] ?? 1,
      trees: roots.shape[0] ?? 0,
      missing: boolAttribute(node, 'missing', true),
      input: accessAlong(x),
      table: {
        nodes: nodes.buffer,
        roots: roots.buffer,
        starts: starts.buffer,
        targets: targets.buffer,
        weights: weights.buffer,
      },
      write: accessAlong(sums),
    },
  ];
}
