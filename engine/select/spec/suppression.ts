// Non-maximum suppression: the best of boxes that overlap.

import type { Access } from './access.ts';

/**
 * For each class of each image the boxes with the best scores above a threshold, of equal ones the first, that overlap
 * none kept before by more than another (intersection over union). Iteration spaces: boxes (image, box, 4) and scores
 * (image, class, box), float32; kept (image, class, place), int32: indices of boxes, −1 behind the last.
 */
export interface SuppressionSpec {
  readonly kind: 'suppression';
  readonly images: number;
  readonly classes: number;
  /** boxes of an image */
  readonly count: number;
  /** places of a class, at least 1 */
  readonly most: number;
  /** boxes are centre and size, x first; otherwise two opposite corners, y first */
  readonly centred: boolean;
  readonly boxes: Access;
  readonly scores: Access;
  /** one float32; left out: 0 */
  readonly mostOverlap?: Access;
  /** one float32; left out: −∞ */
  readonly leastScore?: Access;
  readonly kept: Access;
}
