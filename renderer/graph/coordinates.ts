// Horizontal places within layers whose order is fixed: each vertex as near to its neighbours as separation allows.
// One layer is a least-squares problem with order constraints, solved exactly by pooling adjacent violators.

/**
 * The x that minimise Σ weight·(x − wanted)² with x[i+1] − x[i] ≥ separation[i].
 * Subtracting the accumulated separations makes it isotonic regression.
 */
export function placeInOrder(
  wanted: ArrayLike<number>,
  weight: ArrayLike<number>,
  separation: ArrayLike<number>,
): Float64Array {
  const count = wanted.length;
  const shift = new Float64Array(count);
  for (let i = 1; i < count; i++) shift[i] = (shift[i - 1] ?? 0) + (separation[i - 1] ?? 0);
  // Blocks of vertices that touch: [first, sum of weights, mean].
  const blocks: { first: number; weight: number; mean: number }[] = [];
  for (let i = 0; i < count; i++) {
    let block = { first: i, weight: weight[i] ?? 1, mean: (wanted[i] ?? 0) - (shift[i] ?? 0) };
    for (let last = blocks.at(-1); last && last.mean > block.mean; last = blocks.at(-1)) {
      blocks.pop();
      const total = last.weight + block.weight;
      block = {
        first: last.first,
        weight: total,
        mean: (last.mean * last.weight + block.mean * block.weight) / total,
      };
    }
    blocks.push(block);
  }
  const x = new Float64Array(count);
  blocks.forEach((block, index) => {
    const end = blocks[index + 1]?.first ?? count;
    for (let i = block.first; i < end; i++) x[i] = block.mean + (shift[i] ?? 0);
  });
  return x;
}

/** An edge between adjacent layers: where it is attached, relative to each vertex's centre, and how straight it
 * should be. */
export interface Link {
  readonly upper: number;
  readonly lower: number;
  readonly upperX: number;
  readonly lowerX: number;
  readonly weight: number;
}

const SWEEPS = 10;
/** A vertex without neighbours on a side holds its place, but gives way to any that has some. */
const IDLE_WEIGHT = 1e-3;

/** Centres of all vertices. `separation(a, b)` is the least distance of the centres of neighbours in a layer. */
export function placeLayers(
  layers: readonly (readonly number[])[],
  links: readonly Link[],
  separation: (left: number, right: number) => number,
  size: number,
): Float64Array {
  const up: Link[][] = Array.from({ length: size }, () => []);
  const down: Link[][] = Array.from({ length: size }, () => []);
  for (const link of links) {
    up[link.lower]?.push(link);
    down[link.upper]?.push(link);
  }
  const gaps = layers.map(layer =>
    layer.slice(1).map((vertex, index) => separation(layer[index] ?? vertex, vertex)),
  );
  const x = new Float64Array(size);
  layers.forEach((layer, rank) => {
    const packed = placeInOrder(
      new Float64Array(layer.length),
      new Float64Array(layer.length).fill(1),
      gaps[rank] ?? [],
    );
    layer.forEach((vertex, index) => {
      x[vertex] = packed[index] ?? 0;
    });
  });
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const last = sweep >= SWEEPS - 2;
    const ranks = sweep % 2 === 0 ? layers.keys() : [...layers.keys()].reverse();
    for (const rank of ranks) {
      const layer = layers[rank] ?? [];
      const useUp = last || sweep % 2 === 0;
      const useDown = last || sweep % 2 === 1;
      const goals = layer.map(vertex =>
        goalOf(vertex, x, useUp ? up : undefined, useDown ? down : undefined),
      );
      const placed = placeInOrder(
        goals.map(goal => goal.x),
        goals.map(goal => goal.weight),
        gaps[rank] ?? [],
      );
      layer.forEach((vertex, index) => {
        x[vertex] = placed[index] ?? 0;
      });
    }
  }
  return x;
}

function goalOf(vertex: number, x: Float64Array, up: Link[][] | undefined, down: Link[][] | undefined) {
  let sum = 0;
  let weight = 0;
  for (const link of up?.[vertex] ?? []) {
    sum += link.weight * ((x[link.upper] ?? 0) + link.upperX - link.lowerX);
    weight += link.weight;
  }
  for (const link of down?.[vertex] ?? []) {
    sum += link.weight * ((x[link.lower] ?? 0) + link.lowerX - link.upperX);
    weight += link.weight;
  }
  return weight === 0 ? { x: x[vertex] ?? 0, weight: IDLE_WEIGHT } : { x: sum / weight, weight };
}
