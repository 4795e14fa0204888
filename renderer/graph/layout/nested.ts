// Layered drawing of nodes within frames (fused groups, name scopes): each frame is laid out first,
// then stands as one node in the layout around it. Edges enter and leave a frame through ports on its border.

import { type LayeredEdge, type LayeredNode, layeredLayout } from './layered.ts';
import type { Pin } from './ranks.ts';

export interface NestedNode {
  /** of a leaf; of a frame the least width, for its title: its size comes from what is in it */
  readonly width: number;
  readonly height: number;
  /** index of the frame it is in; a frame comes before what is in it */
  readonly parent?: number;
}

/** Where edges run: from top to bottom, or from left to right. */
export type Direction = 'down' | 'right';

export interface NestedInput {
  readonly direction: Direction;
  /** what is far longer than wide is broken into columns */
  readonly wrap?: boolean;
  readonly nodes: readonly NestedNode[];
  /** between leaves */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

export interface NestedLayout {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly width: Float64Array;
  readonly height: Float64Array;
  /** per edge x, y, x, y … */
  readonly paths: readonly Float64Array[];
}

const FRAME_PADDING = 12;
const FRAME_TITLE = 20;
const PORT_WIDTH = 4;
/** Between layers there is room for a line's label, which is written from left to right. */
const LAYER_GAP = { down: 44, right: 96 } as const;

/** What of an edge one level draws: the way out of it, the way in, or the whole way between two of its nodes. */
interface Segment {
  readonly edge: number;
  readonly from?: number;
  readonly to?: number;
}

interface Level {
  readonly members: number[];
  readonly segments: Segment[];
}

interface LevelResult {
  /** in one piece: lines through it go on where they enter and leave it */
  readonly whole: boolean;
  /** per edge: points relative to the frame's corner */
  readonly paths: Map<number, readonly number[]>;
}

/** What is the same for all levels. */
interface Look {
  readonly direction: Direction;
  readonly wrap: boolean;
  readonly isOuter: (edge: number, side: Pin) => boolean;
}

const ROOT = -1;

/** To the right is downwards with the axes exchanged. */
export function nestedLayout(input: NestedInput): NestedLayout {
  if (input.direction === 'down') return layOutDown(input);
  const nodes = input.nodes.map(({ width, height, ...node }) => ({ ...node, width: height, height: width }));
  const { x, y, width, height, paths } = layOutDown({ ...input, nodes });
  const exchanged = paths.map(path =>
    path.map((_, index) => path[index % 2 === 0 ? index + 1 : index - 1] ?? 0),
  );
  return { x: y, y: x, width: height, height: width, paths: exchanged };
}

function layOutDown({ nodes, edges, direction, wrap = false }: NestedInput): NestedLayout {
  const levels = levelsOf(nodes, edges);
  const look = { direction, wrap, isOuter: outerEdges(nodes.length, edges) };
  const width = Float64Array.from(nodes, node => node.width);
  const height = Float64Array.from(nodes, node => node.height);
  const x = new Float64Array(nodes.length);
  const y = new Float64Array(nodes.length);
  const results = new Map<number, LevelResult>();
  // Frames come before what is in them, so going backwards meets the innermost first.
  const frames = [...levels.keys()].toSorted((a, b) => b - a);
  for (const frame of frames) {
    const level = levels.get(frame);
    if (level) results.set(frame, layOutLevel(frame, level, results, { x, y, width, height }, look));
  }
  for (const [index, node] of nodes.entries()) {
    if (node.parent === undefined) continue;
    x[index] = (x[index] ?? 0) + (x[node.parent] ?? 0);
    y[index] = (y[index] ?? 0) + (y[node.parent] ?? 0);
  }
  const paths = edges.map((ends, edge) => joined(edge, ends, nodes, results, x, y));
  return { x, y, width, height, paths };
}

/** The frames around a node, innermost first, ending with the root. */
function framesAround(nodes: readonly NestedNode[], node: number): number[] {
  const frames: number[] = [];
  for (let frame = nodes[node]?.parent; frame !== undefined; frame = nodes[frame]?.parent) frames.push(frame);
  return [...frames, ROOT];
}

function levelsOf(nodes: readonly NestedNode[], edges: NestedInput['edges']): Map<number, Level> {
  const levels = new Map<number, Level>();
  const levelOf = (frame: number): Level => {
    const level = levels.get(frame) ?? { members: [], segments: [] };
    levels.set(frame, level);
    return level;
  };
  for (const [index, node] of nodes.entries()) levelOf(node.parent ?? ROOT).members.push(index);
  for (const [edge, [from, to]] of edges.entries()) {
    const sources = framesAround(nodes, from);
    const targets = framesAround(nodes, to);
    const common = sources.find(frame => targets.includes(frame)) ?? ROOT;
    const outer = (frames: readonly number[], node: number): number =>
      frames[frames.indexOf(common) - 1] ?? node;
    levelOf(common).segments.push({ edge, from: outer(sources, from), to: outer(targets, to) });
    walk(sources, common, from, (frame, inside) => levelOf(frame).segments.push({ edge, from: inside }));
    walk(targets, common, to, (frame, inside) => levelOf(frame).segments.push({ edge, to: inside }));
  }
  return levels;
}

/** Visits the frames from a leaf outwards, below the common one, each with what lies in it on the way. */
function walk(
  frames: readonly number[],
  common: number,
  leaf: number,
  visit: (frame: number, inside: number) => void,
): void {
  let inside = leaf;
  for (const frame of frames) {
    if (frame === common) return;
    visit(frame, inside);
    inside = frame;
  }
}

function layOutLevel(
  frame: number,
  { members, segments }: Level,
  results: ReadonlyMap<number, LevelResult>,
  place: { x: Float64Array; y: Float64Array; width: Float64Array; height: Float64Array },
  { direction, wrap, isOuter }: Look,
): LevelResult {
  const position = new Map(members.map((member, index) => [member, index]));
  const layoutNodes: LayeredNode[] = members.map(member => ({
    width: place.width[member] ?? 0,
    height: place.height[member] ?? 0,
  }));
  const port = (pin: Pin): number => layoutNodes.push({ width: PORT_WIDTH, height: 0, pin }) - 1;
  const layoutEdges = segments.map(({ edge, from, to }): LayeredEdge => {
    const meets = (frame: number | undefined, side: Pin): number | undefined =>
      frame === undefined
        ? undefined
        : attachment(edge, results.get(frame), place.width[frame], { side, always: isOuter(edge, side) });
    const [fromX, toX] = [meets(from, 'bottom'), meets(to, 'top')];
    return {
      from: from === undefined ? port('top') : (position.get(from) ?? 0),
      to: to === undefined ? port('bottom') : (position.get(to) ?? 0),
      ...(fromX !== undefined && { fromX }),
      ...(toX !== undefined && { toX }),
    };
  });
  const layout = layeredLayout(layoutNodes, layoutEdges, LAYER_GAP[direction], wrap);
  // The title stands on top, also where that is a side here.
  const [beside, top] =
    frame === ROOT
      ? [0, 0]
      : direction === 'down'
        ? [FRAME_PADDING, FRAME_TITLE]
        : [FRAME_TITLE, FRAME_PADDING];
  // In the middle of a frame that is wider for its title.
  const spare =
    frame === ROOT ? 0 : Math.max(0, (place.width[frame] ?? 0) - layout.width - beside - FRAME_PADDING);
  const left = beside + Math.round(spare / 2);
  for (const [index, member] of members.entries()) {
    place.x[member] = (layout.x[index] ?? 0) + left;
    place.y[member] = (layout.y[index] ?? 0) + top;
  }
  if (frame !== ROOT) {
    place.width[frame] = Math.round(layout.width + beside + FRAME_PADDING + spare);
    place.height[frame] = Math.round(layout.height + top + FRAME_PADDING);
  }
  const bottom = layout.height + top + FRAME_PADDING;
  const shifted = segments.map(({ edge, from, to }, index) => {
    const path = (layout.paths[index] ?? []).map((value, i) => value + (i % 2 === 0 ? left : top));
    // Ports stand on the border itself.
    if (from === undefined) path[1] = 0;
    if (to === undefined) path[path.length - 1] = bottom;
    return [edge, path] as const;
  });
  return { whole: layout.columns === 1, paths: new Map(shifted) };
}

/** Whether an edge comes from where none arrives (seen from above) or goes where none leaves (from below). */
function outerEdges(size: number, edges: NestedInput['edges']): (edge: number, side: Pin) => boolean {
  const [arriving, leaving] = [new Uint8Array(size), new Uint8Array(size)];
  for (const [from, to] of edges) {
    leaving[from] = 1;
    arriving[to] = 1;
  }
  return (edge, side) => {
    const [from = 0, to = 0] = edges[edge] ?? [];
    return side === 'top' ? arriving[from] === 0 : leaving[to] === 0;
  };
}

/**
 * Where an edge meets a frame's border, relative to the frame's centre. Undefined for a leaf, and for a frame in
 * columns, which lines enter on the left and leave on the right: one after the other would be a staircase, so they run
 * along the border to its middle. Nothing follows on what is outermost (`always`): it stands beside what reads or
 * makes it, wherever that is.
 */
function attachment(
  edge: number,
  result: LevelResult | undefined,
  width: number | undefined,
  { side, always }: { readonly side: Pin; readonly always: boolean },
): number | undefined {
  const path = result?.paths.get(edge);
  if (!path || !(result?.whole || always)) return undefined;
  return ((side === 'top' ? path[0] : path.at(-2)) ?? 0) - (width ?? 0) / 2;
}

/** The whole way of an edge: out of the source's frames, across, and into the target's. */
function joined(
  edge: number,
  [from, to]: readonly [number, number],
  nodes: readonly NestedNode[],
  results: ReadonlyMap<number, LevelResult>,
  x: Float64Array,
  y: Float64Array,
): Float64Array {
  const sources = framesAround(nodes, from);
  const targets = framesAround(nodes, to);
  const common = sources.find(frame => targets.includes(frame)) ?? ROOT;
  const way = [
    ...sources.slice(0, sources.indexOf(common)),
    common,
    ...targets.slice(0, targets.indexOf(common)).reverse(),
  ];
  const points = way.flatMap(frame => {
    const [left, top] = frame === ROOT ? [0, 0] : [x[frame] ?? 0, y[frame] ?? 0];
    return (results.get(frame)?.paths.get(edge) ?? []).map((value, i) => value + (i % 2 === 0 ? left : top));
  });
  return Float64Array.from(points);
}
