// Choosing boxes: greedy non-maximum suppression.

import { boolAttribute } from '../ir/attributes.ts';
import { tensorOf } from '../ir/tensor.ts';
import { inputOf, type Reference, type References } from './call.ts';
import { type NumberArray, numbers, scalarOf } from './elements.ts';

/** Top, left, bottom, right. */
type Box = readonly [number, number, number, number];

/** Boxes come as two opposite corners (y first), or as centre and size (x first). */
function boxAt(data: NumberArray, at: number, centred: boolean): Box {
  const [a = 0, b = 0, c = 0, d = 0] = data.subarray(4 * at, 4 * at + 4);
  if (centred) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
  return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
}

const area = ([top, left, bottom, right]: Box): number =>
  Math.max(0, bottom - top) * Math.max(0, right - left);

/** Intersection over union; 0 when a box is empty. */
export function overlap(a: Box, b: Box): number {
  const common = area([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
  const union = area(a) + area(b) - common;
  return common <= 0 || union <= 0 ? 0 : common / union;
}

/** (batch entry, class, box) of every box kept, best scores first within each class. */
const nonMaxSuppression: Reference = call => {
  const [boxes, scores] = [inputOf(call, 0), inputOf(call, 1)];
  const limit = scalarOf(call.inputs[2], 0);
  const iouThreshold = scalarOf(call.inputs[3], 0);
  const scoreThreshold = scalarOf(call.inputs[4], Number.NEGATIVE_INFINITY);
  const centred = boolAttribute(call.node, 'center_point_box', false);
  const [batch = 0, classes = 0, count = 0] = scores.shape;
  const [data, values] = [numbers(boxes), numbers(scores)];
  const selected: number[] = [];
  for (let n = 0; n < batch; n++) {
    const corners = Array.from({ length: count }, (_, i) => boxAt(data, n * count + i, centred));
    for (let c = 0; c < classes; c++) {
      const score = (i: number) => values[(n * classes + c) * count + i] ?? 0;
      const order = Array.from(corners.keys())
        .filter(i => score(i) > scoreThreshold)
        .sort((a, b) => score(b) - score(a) || a - b);
      const kept: number[] = [];
      for (const i of order) {
        if (kept.length >= limit) break;
        const box = corners[i];
        const suppressed = kept.some(j => {
          const other = corners[j];
          return box !== undefined && other !== undefined && overlap(box, other) > iouThreshold;
        });
        if (!suppressed) kept.push(i);
      }
      for (const i of kept) selected.push(n, c, i);
    }
  }
  return [tensorOf('int64', [selected.length / 3, 3], selected)];
};

export const DETECTION: References = { NonMaxSuppression: nonMaxSuppression };
