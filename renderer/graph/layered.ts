// A layered drawing of a directed graph, top to bottom: ranks, dummies for long edges, order, coordinates.
// Pure, iterative, typed arrays where it counts: ten thousand nodes take a fraction of a second.

import { type Link, placeLayers } from './coordinates.ts';
import { orderLayers } from './order.ts';
import { type Pin, ranksOf } from './ranks.ts';

export interface LayeredNode {
  readonly width: number;
  readonly height: number;
  /** in a layer of its own at the border */
  readonly pin?: Pin;
}

export interface LayeredEdge {
  readonly from: number;
  readonly to: number;
  /** where the edge is attached, relative to the node's centre */
  readonly fromX?: number;
  readonly toX?: number;
}

export interface Layered {
  readonly width: number;
  readonly height: number;
  /** left and top of each node */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** per edge x, y, x, y …: from the source's bottom to the target's top */
  readonly paths: readonly (readonly number[])[];
}

const GAP_X = 28;
const GAP_LANE = 14;
const GAP_PORT = 12;
/** An edge across more layers than this is drawn straight: its dummies would cost more than they show. */
const LONGEST_LANE = 400;

interface Vertices {
  readonly count: number;
  readonly layers: number[][];
  readonly links: Link[];
  /** dummies of each edge, from top to bottom */
  readonly lanes: readonly (readonly number[])[];
}

/** `layerGap`: between layers, px. */
export function layeredLayout(
  nodes: readonly LayeredNode[],
  edges: readonly LayeredEdge[],
  layerGap = 44,
): Layered {
  const rank = ranksOf(
    { size: nodes.length, edges: edges.map(({ from, to }) => [from, to] as const) },
    nodes.map(node => node.pin),
  );
  const vertices = withDummies(nodes, edges, rank);
  const { above, below } = neighboursOf(vertices);
  const layers = orderLayers(vertices.layers, { above, below }, vertices.count);
  const widthOf = (vertex: number): number => nodes[vertex]?.width ?? 0;
  const isLane = (vertex: number): boolean => vertex >= nodes.length || nodes[vertex]?.pin !== undefined;
  const centre = placeLayers(
    layers,
    vertices.links,
    (a, b) => (widthOf(a) + widthOf(b)) / 2 + (isLane(a) || isLane(b) ? GAP_LANE : GAP_X),
    vertices.count,
  );
  return drawn(nodes, edges, { ...vertices, layers }, rank, centre, layerGap);
}

/** One vertex per node, then one per layer that a long edge passes. */
function withDummies(
  nodes: readonly LayeredNode[],
  edges: readonly LayeredEdge[],
  rank: Int32Array,
): Vertices {
  const layers: number[][] = [];
  rank.forEach((layer, node) => {
    for (let missing = layers.length; missing <= layer; missing++) layers.push([]);
    layers[layer]?.push(node);
  });
  const links: Link[] = [];
  let count = nodes.length;
  const lanes = edges.map(({ from, to, fromX = 0, toX = 0 }) => {
    const [first, last] = [rank[from] ?? 0, rank[to] ?? 0];
    if (last <= first || last - first > LONGEST_LANE) return [];
    const lane: number[] = [];
    for (let layer = first + 1; layer < last; layer++) {
      layers[layer]?.push(count);
      lane.push(count++);
    }
    const chain = [from, ...lane, to];
    for (let i = 0; i + 1 < chain.length; i++) {
      links.push({
        upper: chain[i] ?? 0,
        lower: chain[i + 1] ?? 0,
        upperX: i === 0 ? fromX : 0,
        lowerX: i + 2 === chain.length ? toX : 0,
        // Long edges are kept straight before short ones.
        weight: i > 0 && i + 2 < chain.length ? 8 : lane.length > 0 ? 2 : 1,
      });
    }
    return lane;
  });
  return { count, layers, links, lanes };
}

function neighboursOf({ count, links }: Vertices) {
  const above: number[][] = Array.from({ length: count }, () => []);
  const below: number[][] = Array.from({ length: count }, () => []);
  for (const { upper, lower } of links) {
    above[lower]?.push(upper);
    below[upper]?.push(lower);
  }
  return { above, below };
}

function drawn(
  nodes: readonly LayeredNode[],
  edges: readonly LayeredEdge[],
  vertices: Vertices,
  rank: Int32Array,
  centre: Float64Array,
  layerGap: number,
): Layered {
  const tops = new Float64Array(vertices.layers.length);
  const heights = vertices.layers.map(layer =>
    Math.max(0, ...layer.map(vertex => nodes[vertex]?.height ?? 0)),
  );
  let y = 0;
  vertices.layers.forEach((layer, index) => {
    tops[index] = y;
    const ports = layer.some(vertex => nodes[vertex]?.pin === 'top');
    const nextPorts = vertices.layers[index + 1]?.some(vertex => nodes[vertex]?.pin === 'bottom');
    y +=
      (heights[index] ?? 0) +
      (index + 1 === vertices.layers.length ? 0 : ports || nextPorts ? GAP_PORT : layerGap);
  });
  let left = Infinity;
  let right = -Infinity;
  centre.forEach((x, vertex) => {
    const half = (nodes[vertex]?.width ?? 0) / 2;
    left = Math.min(left, x - half);
    right = Math.max(right, x + half);
  });
  if (nodes.length === 0) [left, right] = [0, 0];
  const top = nodes.map((node, index) => {
    const layer = rank[index] ?? 0;
    return (tops[layer] ?? 0) + ((heights[layer] ?? 0) - node.height) / 2;
  });
  const paths = edges.map(({ from, to, fromX = 0, toX = 0 }, index) => {
    const path = [(centre[from] ?? 0) - left + fromX, (top[from] ?? 0) + (nodes[from]?.height ?? 0)];
    vertices.lanes[index]?.forEach((vertex, step) => {
      const layer = (rank[from] ?? 0) + 1 + step;
      const x = (centre[vertex] ?? 0) - left;
      path.push(x, tops[layer] ?? 0, x, (tops[layer] ?? 0) + (heights[layer] ?? 0));
    });
    path.push((centre[to] ?? 0) - left + toX, top[to] ?? 0);
    return path;
  });
  return {
    width: right - left,
    height: y,
    x: Float64Array.from(nodes, (node, index) => Math.round((centre[index] ?? 0) - left - node.width / 2)),
    y: Float64Array.from(top, Math.round),
    paths: spreadEnds(nodes, edges, paths),
  };
}

/** Lets edges that end at one node arrive side by side, in the order they come from. */
function spreadEnds(
  nodes: readonly LayeredNode[],
  edges: readonly LayeredEdge[],
  paths: readonly number[][],
): readonly (readonly number[])[] {
  const arriving = Map.groupBy(edges.keys(), index => edges[index]?.to ?? 0);
  for (const [to, indices] of arriving) {
    const free = indices.filter(index => edges[index]?.toX === undefined);
    if (free.length < 2) continue;
    const from = (index: number): number => paths[index]?.at(-4) ?? 0;
    free.sort((a, b) => from(a) - from(b));
    const step = Math.min(20, (nodes[to]?.width ?? 0) / (free.length + 1));
    free.forEach((index, place) => {
      const path = paths[index];
      if (path) path[path.length - 2] = (path.at(-2) ?? 0) + (place - (free.length - 1) / 2) * step;
    });
  }
  return paths;
}
