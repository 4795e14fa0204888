// Masks as they are found in a graph again: what hides everything beyond a run-time extent, so that nobody has to
// compute it.

import { intAttribute } from '../../ir/attributes.ts';
import { unsealed } from '../../ir/dynamic.ts';
import { producerOf } from '../../ir/graph.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';

/** Of what is hidden, the part that is seen. */
export interface HiddenPart {
  /** seen as far as the extent goes */
  readonly kept: ValueId;
  /** the extent: an int64 scalar */
  readonly count: ValueId;
  /** counted from the end, negative */
  readonly axis: number;
}

/** What a node hides of an operand; undefined where it is no mask. */
export function hiddenBy(graph: Graph, { op, inputs }: Node): HiddenPart | undefined {
  const [condition, kept, other] = inputs;
  if (op !== 'Where' || condition === undefined || kept === undefined || other === kept) return undefined;
  const within = producerOf(graph, condition);
  const count = within?.inputs[0];
  if (!within || count === undefined || unsealed(within).op !== 'bounded.Below') return undefined;
  return { kept, count, axis: intAttribute(within, 'axis') - intAttribute(within, 'rank') };
}
