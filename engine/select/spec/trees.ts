// Decision trees over rows of features.

import type { Access, BufferRef } from './access.ts';

/**
 * Sums of the weights at the leaves that rows of features reach. Iteration spaces: input (row, feature), write (row,
 * target), both float32. A node is [2 · feature + whether NaN goes to yes, split, yes, no], where a feature at most the
 * split goes to yes; children are bytes from the first node or, as −1 − leaf, leaves. Leaf l has the entries from
 * starts[l] to starts[l + 1], each a target and a weight. All dense.
 */
export interface TreesSpec {
  readonly kind: 'trees';
  readonly rows: number;
  readonly targets: number;
  readonly trees: number;
  /** some node sends NaN to yes */
  readonly missing: boolean;
  readonly input: Access;
  readonly table: Readonly<Record<'nodes' | 'roots' | 'starts' | 'targets' | 'weights', BufferRef>>;
  readonly write: Access;
}
