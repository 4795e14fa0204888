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
const STRAIGHTENINGS = 12;
/** A vertex without neighbours on a side holds its place, but gives way to any that has some. */
const IDLE_WEIGHT = 1e-3;

interface Goal {
  readonly x: number;
  readonly weight: number;
}

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
  const place = (rank: number, goalOf: (vertex: number) => Goal): void => {
    const layer = layers[rank] ?? [];
    const goals = layer.map(goalOf);
    const placed = placeInOrder(
      goals.map(goal => goal.x),
      goals.map(goal => goal.weight),
      gaps[rank] ?? [],
    );
    layer.forEach((vertex, index) => {
      x[vertex] = placed[index] ?? 0;
    });
  };
  for (const rank of layers.keys()) place(rank, () => ({ x: 0, weight: 1 }));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const last = sweep >= SWEEPS - 2;
    const downwards = sweep % 2 === 0;
    for (const rank of downwards ? layers.keys() : [...layers.keys()].reverse()) {
      place(rank, vertex =>
        goalAmong(vertex, x, last || downwards ? up : undefined, last || !downwards ? down : undefined),
      );
    }
  }
  straighten(layers, up, down, x, place);
  return x;
}

function goalAmong(
  vertex: number,
  x: Float64Array,
  up: readonly (readonly Link[])[] | undefined,
  down: readonly (readonly Link[])[] | undefined,
): Goal {
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

/**
 * Makes chains straight: vertices that have only each other as neighbours above and below go to their common
 * mean, as far as separation allows, so that a line bends at its ends and not a little at every node.
 */
function straighten(
  layers: readonly (readonly number[])[],
  up: readonly (readonly Link[])[],
  down: readonly (readonly Link[])[],
  x: Float64Array,
  place: (rank: number, goalOf: (vertex: number) => Goal) => void,
): void {
  /** the link from the vertex before in its chain, if there is one */
  const before = (vertex: number): Link | undefined => {
    const [link, ...more] = up[vertex] ?? [];
    return link && more.length === 0 && down[link.upper]?.length === 1 ? link : undefined;
  };
  // Each vertex belongs to the chain of its first vertex, at a distance that its links' ends make.
  const first = new Int32Array(x.length);
  const shift = new Float64Array(x.length);
  const downwards = layers.flat();
  for (const vertex of downwards) {
    const link = before(vertex);
    first[vertex] = link ? (first[link.upper] ?? 0) : vertex;
    shift[vertex] = link ? (shift[link.upper] ?? 0) + link.upperX - link.lowerX : 0;
  }
  for (let round = 0; round < STRAIGHTENINGS; round++) {
    const sum = new Float64Array(x.length);
    const count = new Int32Array(x.length);
    for (const vertex of downwards) {
      const chain = first[vertex] ?? 0;
      sum[chain] = (sum[chain] ?? 0) + (x[vertex] ?? 0) - (shift[vertex] ?? 0);
      count[chain] = (count[chain] ?? 0) + 1;
    }
    for (const rank of layers.keys()) {
      place(rank, vertex => {
        const chain = first[vertex] ?? 0;
        // Long chains hold their place against short ones.
        const weight = count[chain] ?? 1;
        return { x: (sum[chain] ?? 0) / weight + (shift[vertex] ?? 0), weight };
      });
    }
  }
}
