// Choosing boxes (greedy non-maximum suppression), and cutting them out of images.

import { boolAttribute, floatAttribute, stringAttribute } from '../ir/attributes.ts';
import { elementCount, tensorOf } from '../ir/tensor.ts';
import { inputOf, outputDtype, outputShape, type Reference, type References } from './call.ts';
import { fromNumbers, type NumberArray, numbers, scalarOf } from './elements.ts';

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

/**
 * Boxes in this order whose intersection over union with none kept before exceeds the threshold, `limit` at most;
 * empty boxes intersect nothing. Loops over numbers side by side: detectors choose among thousands.
 */
function keptBoxes(
  corners: readonly Box[],
  order: readonly number[],
  threshold: number,
  limit: number,
): number[] {
  const kept: number[] = [];
  const [tops, lefts, bottoms, rights, areas] = Array.from(
    { length: 5 },
    () => new Float64Array(order.length),
  );
  if (!tops || !lefts || !bottoms || !rights || !areas) return kept;
  for (const i of order) {
    if (kept.length >= limit) break;
    const box = corners[i] ?? [0, 0, 0, 0];
    const [top, left, bottom, right] = box;
    const own = area(box);
    let suppressed = false;
    for (let j = 0; j < kept.length && !suppressed; j++) {
      const height = Math.min(bottom, bottoms[j] as number) - Math.max(top, tops[j] as number);
      const width = Math.min(right, rights[j] as number) - Math.max(left, lefts[j] as number);
      if (!(height > 0 && width > 0)) continue;
      const common = height * width;
      const union = own + (areas[j] as number) - common;
      suppressed = union > 0 && common / union > threshold;
    }
    if (suppressed) continue;
    [tops, lefts, bottoms, rights, areas].forEach((list, k) => {
      list[kept.length] = k < 4 ? (box[k] ?? 0) : own;
    });
    kept.push(i);
  }
  return kept;
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
      const kept = keptBoxes(corners, order, iouThreshold, limit);
      for (const i of kept) selected.push(n, c, i);
    }
  }
  return [tensorOf('int64', [selected.length / 3, 3], selected)];
};

/** Places of an image's axis that `count` samples between two of its fractions fall on. */
function samples(from: number, to: number, extent: number, count: number): number[] {
  if (count === 1) return [0.5 * (from + to) * (extent - 1)];
  const step = ((to - from) * (extent - 1)) / (count - 1);
  return Array.from({ length: count }, (_, i) => from * (extent - 1) + i * step);
}

/** Images (N, C, H, W) cut along boxes (y1, x1, y2, x2 as fractions) and brought to one size. */
const cropAndResize: Reference = call => {
  const [input, boxes, entries] = [inputOf(call, 0), numbers(inputOf(call, 1)), numbers(inputOf(call, 2))];
  const [, channels = 0, height = 0, width = 0] = input.shape;
  const [count = 0, , rows = 0, columns = 0] = outputShape(call);
  const outside = floatAttribute(call.node, 'extrapolation_value', 0);
  const nearest = stringAttribute(call.node, 'mode', 'bilinear') === 'nearest';
  const data = numbers(input);
  const result = new Float64Array(elementCount(outputShape(call)));
  const pixel = (base: number, y: number, x: number): number => {
    if (y < 0 || x < 0 || y > height - 1 || x > width - 1) return outside;
    if (nearest) return data[base + Math.round(y) * width + Math.round(x)] ?? 0;
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - top, x - left];
    const at = (row: number, column: number) => data[base + row * width + column] ?? 0;
    const line = (row: number) => at(row, left) * (1 - right) + at(row, Math.ceil(x)) * right;
    return line(top) * (1 - down) + line(Math.ceil(y)) * down;
  };
  let to = 0;
  for (let box = 0; box < count; box++) {
    const [y1 = 0, x1 = 0, y2 = 0, x2 = 0] = boxes.subarray(4 * box, 4 * box + 4);
    const [ys, xs] = [samples(y1, y2, height, rows), samples(x1, x2, width, columns)];
    for (let c = 0; c < channels; c++) {
      const base = ((entries[box] ?? 0) * channels + c) * height * width;
      for (const y of ys) for (const x of xs) result[to++] = pixel(base, y, x);
    }
  }
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

export const DETECTION: References = {
  NonMaxSuppression: nonMaxSuppression,
  'com.microsoft.CropAndResize': cropAndResize,
};
