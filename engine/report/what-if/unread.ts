// Results that an operator may leave out and nobody reads: without their names the node computes the others as before.

import type { Node, ValueId } from '../../ir/types.ts';

/** Operators with results that may be left out, and the first of these. */
const OPTIONAL: Readonly<Record<string, number>> = {
  LSTM: 0,
  GRU: 0,
  RNN: 0,
  MaxPool: 1,
  Dropout: 1,
  BatchNormalization: 1,
  LayerNormalization: 1,
  SimplifiedLayerNormalization: 1,
  'com.microsoft.SkipLayerNormalization': 1,
  'com.microsoft.SkipSimplifiedLayerNormalization': 1,
};

/** Results of a node that nobody needs; none if it makes nothing else. */
export function unreadResults({ op, outputs }: Node, isRead: (id: ValueId) => boolean): readonly ValueId[] {
  const first = Object.hasOwn(OPTIONAL, op) ? OPTIONAL[op] : undefined;
  const unread = outputs.flatMap((id, i) =>
    id !== undefined && first !== undefined && i >= first && !isRead(id) ? [id] : [],
  );
  return unread.length < outputs.filter(id => id !== undefined).length ? unread : [];
}
