// The order of vertices within layers: barycentre sweeps, keeping the order with the fewest crossings.

/** `above[v]` and `below[v]`: neighbours of v in the adjacent layers. */
export interface Neighbours {
  readonly above: readonly (readonly number[])[];
  readonly below: readonly (readonly number[])[];
}

const SWEEPS = 8;

/** Returns the layers reordered; each layer keeps its vertices. */
export function orderLayers(
  layers: readonly (readonly number[])[],
  neighbours: Neighbours,
  size: number,
): number[][] {
  let current = layers.map(layer => [...layer]);
  let best = current;
  let fewest = Infinity;
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    current = sweepOnce(current, neighbours, size, sweep % 2 === 0);
    const crossings = countCrossings(current, neighbours, size);
    if (crossings < fewest) {
      fewest = crossings;
      best = current;
    }
  }
  return best;
}

function sweepOnce(
  layers: readonly number[][],
  neighbours: Neighbours,
  size: number,
  down: boolean,
): number[][] {
  const position = positionsOf(layers, size);
  const towards = down ? neighbours.above : neighbours.below;
  const result = layers.map(layer => [...layer]);
  const order = down ? result.keys() : [...result.keys()].reverse();
  for (const rank of order) {
    const layer = result[rank] ?? [];
    const barycentre = new Map(
      layer.map((vertex, index) => {
        const others = towards[vertex] ?? [];
        const sum = others.reduce((total, other) => total + (position[other] ?? 0), 0);
        return [vertex, others.length === 0 ? index : sum / others.length];
      }),
    );
    layer.sort((a, b) => (barycentre.get(a) ?? 0) - (barycentre.get(b) ?? 0));
    layer.forEach((vertex, index) => {
      position[vertex] = index;
    });
  }
  return result;
}

/** Crossings between all adjacent layers, with a Fenwick tree per pair: O(edges · log width). */
export function countCrossings(
  layers: readonly (readonly number[])[],
  { below }: Neighbours,
  size: number,
): number {
  const position = positionsOf(layers, size);
  let crossings = 0;
  for (let rank = 0; rank + 1 < layers.length; rank++) {
    const width = layers[rank + 1]?.length ?? 0;
    const tree = new Int32Array(width + 1);
    let seen = 0;
    for (const vertex of layers[rank] ?? []) {
      const ends = (below[vertex] ?? []).map(other => position[other] ?? 0);
      for (const end of ends) {
        let before = 0;
        for (let i = end + 1; i > 0; i -= i & -i) before += tree[i] ?? 0;
        crossings += seen - before;
      }
      for (const end of ends) for (let i = end + 1; i <= width; i += i & -i) tree[i] = (tree[i] ?? 0) + 1;
      seen += ends.length;
    }
  }
  return crossings;
}

function positionsOf(layers: readonly (readonly number[])[], size: number): Int32Array {
  const position = new Int32Array(size);
  for (const layer of layers)
    layer.forEach((vertex, index) => {
      position[vertex] = index;
    });
  return position;
}
