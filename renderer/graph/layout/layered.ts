// A layered drawing of a directed graph, top to bottom: ranks, dummies for long edges, order, coordinates, columns or
// strips.
// Pure, iterative, typed arrays where it counts: ten thousand nodes take a fraction of a second.

import { type Columns, columnsOf, type FarEdge, type LayerBox } from './columns.ts';
import { type Link, placeLayers } from './coordinates.ts';
import { orderLayers } from './order.ts';
import { type Pin, ranksOf } from './ranks.ts';
import { type Strips, stripsOf } from './strips.ts';

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
  /** or strips; more than one where it was broken */
  readonly columns: number;
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
/** how far from its layer a line runs across */
const BESIDE = 8;
/**
 * An edge across more layers than this has no dummies, which would cost more than they show: it goes along above the
 * columns, or straight where there is one.
 */
const LONGEST_LANE = 400;

interface Vertices {
  readonly count: number;
  readonly layers: number[][];
  readonly links: Link[];
  /** dummies of each edge, from top to bottom */
  readonly lanes: readonly (readonly number[])[];
  /** layer of each vertex */
  readonly layerOf: Int32Array;
}

/** `layerGap`: between layers, px. `wrap`: what is far higher than wide is broken into columns. */
export function layeredLayout(
  nodes: readonly LayeredNode[],
  edges: readonly LayeredEdge[],
  layerGap = 44,
  wrap = false,
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
  const ordered = { ...vertices, layers };
  const crossing = new Int32Array(layers.length);
  for (const { upper } of vertices.links) {
    const layer = vertices.layerOf[upper] ?? 0;
    crossing[layer] = (crossing[layer] ?? 0) + 1;
  }
  const boxes = layers.map((_, index) => ({
    ...boxOf(index, ordered, nodes, centre, layerGap),
    crossing: crossing[index] ?? 0,
  }));
  const strips = wrap ? stripsOf({ layers, boxes, centre, widthOf }) : undefined;
  if (strips) return drawnInStrips(nodes, edges, ordered, boxes, strips);
  return drawn(nodes, edges, ordered, boxes, columnsOf(boxes, wrap, farEdges(edges, vertices)), centre);
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
  const layerOf = new Int32Array(count);
  layers.forEach((layer, index) => {
    for (const vertex of layer) layerOf[vertex] = index;
  });
  return { count, layers, links, lanes, layerOf };
}

function farEdges(edges: readonly LayeredEdge[], { layerOf, lanes }: Vertices): readonly FarEdge[] {
  return edges.flatMap(({ from, to }, edge) => {
    const [upper, lower] = [layerOf[from] ?? 0, layerOf[to] ?? 0];
    return lower - upper > 1 && lanes[edge]?.length === 0 ? [{ edge, upper, lower }] : [];
  });
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

function boxOf(
  index: number,
  { layers }: Vertices,
  nodes: readonly LayeredNode[],
  centre: Float64Array,
  layerGap: number,
): Omit<LayerBox, 'crossing'> {
  const layer = layers[index] ?? [];
  const half = (vertex: number): number => (nodes[vertex]?.width ?? 0) / 2;
  const ports = layer.some(vertex => nodes[vertex]?.pin === 'top');
  const nextPorts = layers[index + 1]?.some(vertex => nodes[vertex]?.pin === 'bottom');
  return {
    height: layer.reduce((most, vertex) => Math.max(most, nodes[vertex]?.height ?? 0), 0),
    gap: ports || nextPorts ? GAP_PORT : layerGap,
    left: layer.reduce((least, vertex) => Math.min(least, (centre[vertex] ?? 0) - half(vertex)), Infinity),
    right: layer.reduce((most, vertex) => Math.max(most, (centre[vertex] ?? 0) + half(vertex)), -Infinity),
  };
}

function drawn(
  nodes: readonly LayeredNode[],
  edges: readonly LayeredEdge[],
  vertices: Vertices,
  boxes: readonly LayerBox[],
  columns: Columns,
  centre: Float64Array,
): Layered {
  const layer = (vertex: number): number => vertices.layerOf[vertex] ?? 0;
  const columnOf = (vertex: number): number => columns.column[layer(vertex)] ?? 0;
  const xOf = (vertex: number): number => (centre[vertex] ?? 0) + (columns.shift[layer(vertex)] ?? 0);
  const topOf = (vertex: number): number => {
    const [top, height] = [columns.top[layer(vertex)] ?? 0, boxes[layer(vertex)]?.height ?? 0];
    return top + (height - (nodes[vertex]?.height ?? height)) / 2;
  };
  const bottomOf = (vertex: number): number =>
    topOf(vertex) + (nodes[vertex]?.height ?? boxes[layer(vertex)]?.height ?? 0);
  const chains = edges.map(({ from, to }, index) => [from, ...(vertices.lanes[index] ?? []), to]);
  const laneOf = turningLanes(chains, columnOf, xOf, edge => columns.detourOf(edge) !== undefined);
  const boxBottom = (vertex: number): number =>
    (columns.top[layer(vertex)] ?? 0) + (boxes[layer(vertex)]?.height ?? 0);
  const paths = edges.map(({ from, to, fromX = 0, toX = 0 }, edge) => {
    const path = [xOf(from) + fromX, bottomOf(from)];
    const detour = columns.detourOf(edge);
    if (detour) {
      const { leave, along, arrive } = detour;
      const [below, above] = [boxBottom(from) + BESIDE, (columns.top[layer(to)] ?? 0) - BESIDE];
      path.push(path[0] ?? 0, below, leave, below, leave, along, arrive, along, arrive, above);
      path.push(xOf(to) + toX, above, xOf(to) + toX, topOf(to));
      return path;
    }
    let before = from;
    for (const vertex of chains[edge]?.slice(1) ?? []) {
      const x = xOf(vertex) + (vertex === to ? toX : 0);
      const turning = columnOf(before);
      if (columnOf(vertex) === turning + 1) {
        const { foot, gutter, head } = columns.turnOf(turning, laneOf(turning, edge));
        path.push(path.at(-2) ?? 0, foot, gutter, foot, gutter, head, x, head);
      }
      path.push(x, topOf(vertex));
      if (vertex !== to) path.push(x, bottomOf(vertex));
      before = vertex;
    }
    return path;
  });
  return {
    columns: columns.count,
    width: columns.width,
    height: columns.height,
    x: Float64Array.from(nodes, (node, index) => Math.round(xOf(index) - node.width / 2)),
    y: Float64Array.from(nodes, (_, index) => Math.round(topOf(index))),
    paths: spreadEnds(nodes, edges, paths),
  };
}

function drawnInStrips(
  nodes: readonly LayeredNode[],
  edges: readonly LayeredEdge[],
  { layerOf, lanes }: Vertices,
  boxes: readonly LayerBox[],
  strips: Strips,
): Layered {
  const heightOf = (vertex: number): number => boxes[layerOf[vertex] ?? 0]?.height ?? 0;
  const layerTop = (vertex: number): number => strips.top[vertex] ?? 0;
  const topOf = (vertex: number): number =>
    layerTop(vertex) + (heightOf(vertex) - (nodes[vertex]?.height ?? heightOf(vertex))) / 2;
  const bottomOf = (vertex: number): number => topOf(vertex) + (nodes[vertex]?.height ?? heightOf(vertex));
  const paths = edges.map(({ from, to, fromX = 0, toX = 0 }, edge) => {
    const path = [(strips.x[from] ?? 0) + fromX, bottomOf(from)];
    let before = from;
    for (const vertex of [...(lanes[edge] ?? []), to]) {
      const x = (strips.x[vertex] ?? 0) + (vertex === to ? toX : 0);
      const joined = strips.strip[before] === strips.strip[vertex];
      if (!joined) {
        const [below, above] = [layerTop(before) + heightOf(before) + BESIDE, layerTop(vertex) - BESIDE];
        const beside = strips.besideOf(from);
        path.push(path.at(-2) ?? 0, below, beside, below, beside, above, x, above);
      }
      path.push(x, topOf(vertex));
      if (vertex !== to) path.push(x, bottomOf(vertex));
      before = vertex;
    }
    return path;
  });
  return {
    columns: strips.count,
    width: strips.width,
    height: strips.height,
    x: Float64Array.from(nodes, (node, index) => Math.round((strips.x[index] ?? 0) - node.width / 2)),
    y: Float64Array.from(nodes, (_, index) => Math.round(topOf(index))),
    paths: spreadEnds(nodes, edges, paths),
  };
}

/** Which lane an edge takes from a column to the next one: from the right to the left, so that none cross. */
function turningLanes(
  chains: readonly (readonly number[])[],
  columnOf: (vertex: number) => number,
  xOf: (vertex: number) => number,
  detoured: (edge: number) => boolean,
): (column: number, edge: number) => number {
  const turning = new Map<number, { readonly edge: number; readonly x: number }[]>();
  chains.forEach((chain, edge) => {
    if (detoured(edge)) return;
    for (let i = 0; i + 1 < chain.length; i++) {
      const [vertex, next] = [chain[i] ?? 0, chain[i + 1] ?? 0];
      const column = columnOf(vertex);
      if (columnOf(next) !== column + 1) continue;
      const others = turning.get(column) ?? [];
      others.push({ edge, x: xOf(vertex) });
      turning.set(column, others);
    }
  });
  const lanes = new Map(
    [...turning].map(([column, lines]) => {
      const sorted = lines.toSorted((a, b) => b.x - a.x);
      return [column, new Map(sorted.map(({ edge }, lane) => [edge, lane]))] as const;
    }),
  );
  return (column, edge) => lanes.get(column)?.get(edge) ?? 0;
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
