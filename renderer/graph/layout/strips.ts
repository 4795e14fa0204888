// Layers that make a drawing far wider than high are broken into strips, like a long list into lines: what stands below
// each other stays together, the strips stand below each other. Narrow layers above and below them stay whole. Lines
// from one strip to another go along beside the strips, those of one vertex on one way, as a bus.

import type { LayerBox } from './columns.ts';

export interface Placing {
  readonly layers: readonly (readonly number[])[];
  /** of each layer */
  readonly boxes: readonly LayerBox[];
  /** of each vertex */
  readonly centre: Float64Array;
  readonly widthOf: (vertex: number) => number;
}

export interface Strips {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** of each vertex: its centre, and where its layer begins */
  readonly x: Float64Array;
  readonly top: Float64Array;
  /** of each vertex; neighbours in one strip are joined as if it were the whole drawing */
  readonly strip: Int32Array;
  /** where lines from a vertex to other strips go down, beside them */
  readonly besideOf: (vertex: number) => number;
}

/** Drawings that are less wide, or less long and thin, are easier to read in one piece. */
const LEAST_WIDTH = 6000;
const LEAST_RATIO = 16;
/** Strips together are about this much wider than high. */
const ASPECT = 1.4;
/** Layers of less than so many strips' width are not broken. */
const LEAST_STRIPS = 2;
/** Of the width of a layer that is broken, by its nodes. */
const LEAST_FILLED = 0.4;
const GAP = 56;
const LANE = 6;
/** Ways beside the strips; more vertices share them. */
const LANES = 8;

/** Undefined where the drawing is better in one piece. */
export function stripsOf({ layers, boxes, centre, widthOf }: Placing): Strips | undefined {
  const height = boxes.reduce((sum, box) => sum + box.height + box.gap, 0);
  // What is wide for the lines that pass or enter it stays whole: strips of it would be empty.
  const extents = boxes.map(({ left, right }, layer) => {
    const filled = (layers[layer] ?? []).reduce((sum, vertex) => sum + widthOf(vertex), 0);
    return filled >= LEAST_FILLED * (right - left) ? right - left : 0;
  });
  const width = extents.reduce((most, extent) => Math.max(most, extent), 0);
  if (width <= LEAST_WIDTH || width <= LEAST_RATIO * height) return undefined;
  // Most of a strip's height is that of the widest layers.
  const high = boxes.reduce(
    (sum, box, layer) => sum + ((extents[layer] ?? 0) > width / 2 ? box.height + box.gap : 0),
    GAP,
  );
  const stripWidth = width / Math.ceil(Math.sqrt(width / (ASPECT * high)));
  const isWide = (layer: number): boolean => (extents[layer] ?? 0) > LEAST_STRIPS * stripWidth;
  const x = new Float64Array(centre.length);
  const top = new Float64Array(centre.length);
  const strip = new Int32Array(centre.length);
  const margin = GAP + LANE * LANES;
  let [count, right, bottom, y] = [0, 0, 0, 0];
  for (let first = 0; first < layers.length; ) {
    const wide = isWide(first);
    let end = first + 1;
    while (end < layers.length && isWide(end) === wide) end++;
    const block = layers.slice(first, end);
    const left = least(boxes.slice(first, end), box => box.left);
    const lineOf = (vertex: number): number =>
      wide ? Math.floor(((centre[vertex] ?? 0) - left) / stripWidth) : 0;
    for (const line of [...new Set(block.flat().map(lineOf))].toSorted((a, b) => a - b)) {
      const own = block.map(layer => layer.filter(vertex => lineOf(vertex) === line));
      const start = least(own.flat(), vertex => (centre[vertex] ?? 0) - widthOf(vertex) / 2);
      for (const [place, layer] of own.entries()) {
        for (const vertex of layer) {
          x[vertex] = (centre[vertex] ?? 0) - start + margin;
          top[vertex] = y;
          strip[vertex] = count;
          right = Math.max(right, (x[vertex] ?? 0) + widthOf(vertex) / 2);
        }
        const { height = 0, gap = 0 } = boxes[first + place] ?? {};
        bottom = y + height;
        y += height + gap;
      }
      y += GAP;
      count++;
    }
    first = end;
  }
  return {
    count,
    width: right,
    height: bottom,
    x,
    top,
    strip,
    besideOf: vertex => LANE * (vertex % LANES),
  };
}

const least = <T>(items: readonly T[], valueOf: (item: T) => number): number =>
  items.reduce((smallest, item) => Math.min(smallest, valueOf(item)), Infinity);
