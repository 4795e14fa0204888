// Choosing boxes (greedy non-maximum suppression), and cutting them out of images.

import { boolAttribute, floatAttribute, stringAttribute } from '../../ir/attributes.ts';
import { elementCount, makeTensor } from '../../ir/tensor.ts';
import type { Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { fromNumbers, type NumberArray, numbers, scalarOf } from '../elements.ts';

/** Edges and area of a box. */
interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly area: number;
}

/** Box i, that comes as two opposite corners (y first), or as centre and size (x first). */
function boxAt(data: NumberArray, i: number, centred: boolean): Box {
  const [a, b] = [data[4 * i] as number, data[4 * i + 1] as number];
  const [c, d] = [data[4 * i + 2] as number, data[4 * i + 3] as number];
  const top = centred ? b - d / 2 : Math.min(a, c);
  const left = centred ? a - c / 2 : Math.min(b, d);
  const bottom = centred ? b + d / 2 : Math.max(a, c);
  const right = centred ? a + c / 2 : Math.max(b, d);
  return { top, left, bottom, right, area: Math.max(0, bottom - top) * Math.max(0, right - left) };
}

/** Boxes that were kept, their numbers side by side: of thousands few are, and each candidate is compared with all. */
class KeptBoxes {
  count = 0;
  readonly #tops: Float64Array;
  readonly #lefts: Float64Array;
  readonly #bottoms: Float64Array;
  readonly #rights: Float64Array;
  readonly #areas: Float64Array;

  constructor(most: number) {
    this.#tops = new Float64Array(most);
    this.#lefts = new Float64Array(most);
    this.#bottoms = new Float64Array(most);
    this.#rights = new Float64Array(most);
    this.#areas = new Float64Array(most);
  }

  add({ top, left, bottom, right, area }: Box): void {
    const at = this.count++;
    this.#tops[at] = top;
    this.#lefts[at] = left;
    this.#bottoms[at] = bottom;
    this.#rights[at] = right;
    this.#areas[at] = area;
  }

  /** Whether intersection over union with one of them exceeds the threshold; empty boxes intersect nothing. */
  overlap({ top, left, bottom, right, area }: Box, threshold: number): boolean {
    const [tops, lefts, bottoms, rights] = [this.#tops, this.#lefts, this.#bottoms, this.#rights];
    const areas = this.#areas;
    for (let at = 0; at < this.count; at++) {
      const height = Math.min(bottom, bottoms[at] as number) - Math.max(top, tops[at] as number);
      if (!(height > 0)) continue;
      const width = Math.min(right, rights[at] as number) - Math.max(left, lefts[at] as number);
      if (!(width > 0)) continue;
      const common = height * width;
      const union = area + (areas[at] as number) - common;
      if (union > 0 && common / union > threshold) return true;
    }
    return false;
  }
}

/**
 * Indices whose scores exceed a threshold, best first, of equal ones the first. As a rule few of thousands are ever
 * taken, so they are not sorted: pieces of some √n scores each know their best, and taking one looks at its piece again.
 */
class Candidates {
  /** those taken are gone: nothing exceeds −∞ */
  readonly #scores: NumberArray;
  readonly #threshold: number;
  readonly #piece: number;
  /** per piece: the index of its best, or −1, and its score */
  readonly #places: Int32Array;
  readonly #best: Float64Array;

  /** `scores` are given away: they are overwritten. */
  constructor(scores: NumberArray, threshold: number) {
    this.#scores = scores;
    this.#threshold = threshold;
    this.#piece = Math.max(1, Math.ceil(Math.sqrt(scores.length)));
    const count = Math.ceil(scores.length / this.#piece);
    this.#places = new Int32Array(count);
    this.#best = new Float64Array(count);
    for (let i = 0; i < count; i++) this.#look(i);
  }

  /** The best one left, which is then gone; −1 when there is none. */
  take(): number {
    const best = this.#best;
    let piece = -1;
    let most = this.#threshold;
    for (let i = 0; i < best.length; i++) {
      const score = best[i] as number;
      if (score > most) {
        most = score;
        piece = i;
      }
    }
    if (piece < 0) return -1;
    const found = this.#places[piece] as number;
    this.#scores[found] = Number.NEGATIVE_INFINITY;
    this.#look(piece);
    return found;
  }

  /** Finds the best of a piece; NaN exceeds nothing. */
  #look(piece: number): void {
    const scores = this.#scores;
    const end = Math.min(scores.length, (piece + 1) * this.#piece);
    let most = this.#threshold;
    let place = -1;
    for (let i = piece * this.#piece; i < end; i++) {
      const score = scores[i] as number;
      if (score > most) {
        most = score;
        place = i;
      }
    }
    this.#places[piece] = place;
    this.#best[piece] = most;
  }
}

/** Candidates that overlap none kept before by more than the threshold, best first. */
function keptBoxes(
  candidates: Candidates,
  boxOf: (i: number) => Box,
  { threshold, most }: { readonly threshold: number; readonly most: number },
): number[] {
  const chosen: number[] = [];
  const kept = new KeptBoxes(most);
  while (kept.count < most) {
    const i = candidates.take();
    if (i < 0) break;
    const box = boxOf(i);
    if (kept.overlap(box, threshold)) continue;
    kept.add(box);
    chosen.push(i);
  }
  return chosen;
}

interface Kept {
  readonly batch: number;
  readonly class: number;
  /** best scores first */
  readonly boxes: ArrayLike<number>;
}

/** The boxes kept of each class of each batch entry, at most so many; the thresholds are inputs from `first` on. */
function keptByClass(call: Call, limit: number, first: number): Kept[] {
  const [boxes, scores] = [inputOf(call, 0), inputOf(call, 1)];
  const iouThreshold = scalarOf(call.inputs[first], 0);
  const scoreThreshold = scalarOf(call.inputs[first + 1], Number.NEGATIVE_INFINITY);
  const centred = boolAttribute(call.node, 'center_point_box', false);
  const [batch = 0, classes = 0, count = 0] = scores.shape;
  const [data, values] = [numbers(boxes), numbers(scores)];
  const kept: Kept[] = [];
  for (let n = 0; n < batch; n++) {
    const boxOf = (i: number): Box => boxAt(data, n * count + i, centred);
    for (let c = 0; c < classes; c++) {
      const from = (n * classes + c) * count;
      const candidates = new Candidates(values.slice(from, from + count), scoreThreshold);
      const bounds = { threshold: iouThreshold, most: Math.max(0, Math.min(limit, count)) };
      kept.push({ batch: n, class: c, boxes: keptBoxes(candidates, boxOf, bounds) });
    }
  }
  return kept;
}

function listOf(kept: readonly Kept[]): Tensor {
  const count = kept.reduce((sum, { boxes }) => sum + boxes.length, 0);
  const data = new BigInt64Array(3 * count);
  // Low halves: all are small, and making a bigint of each takes its time.
  const words = new Int32Array(data.buffer);
  let at = 0;
  for (const { batch, class: c, boxes } of kept) {
    for (let i = 0; i < boxes.length; i++, at += 6) {
      words[at] = batch;
      words[at + 2] = c;
      words[at + 4] = boxes[i] ?? 0;
    }
  }
  return makeTensor('int64', [count, 3], data);
}

/** (batch entry, class, box) of every box kept. */
const nonMaxSuppression: Reference = call => [listOf(keptByClass(call, scalarOf(call.inputs[2], 0), 3))];

/** The same with so many places for each class. */
const keepBoxes: Reference = call => {
  const [, , most = 0] = outputShape(call);
  const places = new Int32Array(elementCount(outputShape(call))).fill(-1);
  for (const [row, { boxes }] of keptByClass(call, most, 2).entries()) places.set(boxes, row * most);
  return [makeTensor('int32', outputShape(call), places)];
};

/** The list of what is in these places. */
const listBoxes: Reference = call => {
  const { shape, data } = inputOf(call, 0);
  const [batches = 0, classes = 0, most = 0] = shape;
  const rows = Array.from({ length: batches * classes }, (_, row): Kept => {
    const places = (data as Int32Array).subarray(row * most, (row + 1) * most);
    const end = places.indexOf(-1);
    const boxes = end < 0 ? places : places.subarray(0, end);
    return { batch: Math.floor(row / classes), class: row % classes, boxes };
  });
  return [listOf(rows)];
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
  'boxes.Keep': keepBoxes,
  'boxes.List': listBoxes,
  'com.microsoft.CropAndResize': cropAndResize,
};
