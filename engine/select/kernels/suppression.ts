// Non-maximum suppression with so many places for each class.

import { boolAttribute } from '../../ir/attributes.ts';
import type { Node } from '../../ir/types.ts';
import { accessAlong } from '../access.ts';
import type { SelectContext } from '../context.ts';
import type { KernelSpec } from '../spec/kernel.ts';

/** One kernel over images and classes. */
export function selectSuppression({ locator }: SelectContext, node: Node): KernelSpec[] {
  const [boxes, scores, overlap, least] = node.inputs.map(id => (id === undefined ? id : locator.of(id)));
  const [output] = node.outputs;
  if (!boxes || !scores || output === undefined) throw new Error(`${node.name}: no boxes or scores`);
  const kept = locator.of(output);
  const [images = 0, classes = 0, count = 0] = scores.shape;
  return [
    {
      kind: 'suppression',
      ...{ images, classes, count },
      most: kept.shape[2] ?? 0,
      centred: boolAttribute(node, 'center_point_box', false),
      boxes: accessAlong(boxes),
      scores: accessAlong(scores),
      ...(overlap && { mostOverlap: accessAlong(overlap) }),
      ...(least && { leastScore: accessAlong(least) }),
      kept: accessAlong(kept),
    },
  ];
}
