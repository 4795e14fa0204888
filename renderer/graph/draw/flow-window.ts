// What React Flow gets of a scene: only what is on the screen and near it, however large the graph is. It takes up
// every element it is given, seen or not. Elements of one scene are made once, so that those that stay are the same.

import { Position } from '@xyflow/react';
import type { Scene, SceneEdge, SceneNode } from '../scene/scene.ts';
import { type Bounds, inside } from '../viewport/bounds.ts';
import type { FlowEdge, FlowNode } from './flow-elements.tsx';

export interface FlowElements {
  readonly nodes: FlowNode[];
  readonly edges: FlowEdge[];
}

/** Windows end at multiples of this, so that small moves change nothing, scene units. */
const TILE = 1024;

/** The bounds made larger, to whole tiles and one more all around. */
export function windowAround({ left, top, right, bottom }: Bounds): Bounds {
  return {
    left: (Math.floor(left / TILE) - 1) * TILE,
    top: (Math.floor(top / TILE) - 1) * TILE,
    right: (Math.ceil(right / TILE) + 1) * TILE,
    bottom: (Math.ceil(bottom / TILE) + 1) * TILE,
  };
}

/** Returns what makes the elements within bounds, with both ends of every edge that passes through. */
export function flowElementsOf(scene: Scene): (bounds: Bounds) => FlowElements {
  const places = new Map(scene.nodes.map((node, place) => [node.key, place]));
  const nodes: FlowNode[] = [];
  const edges: FlowEdge[] = [];
  const labelled = firstOfEachTensor(scene);
  const spoken = (key: string): string => {
    const { title = '', subtitle = '' } = scene.nodes[places.get(key) ?? -1] ?? {};
    return `${title} ${subtitle}`.trim();
  };
  return bounds => {
    const taken = new Set<number>();
    scene.nodes.forEach((node, place) => {
      if (inside(node, bounds)) taken.add(place);
    });
    const passing = scene.edges.flatMap((edge, place) => {
      if (!passes(bounds, edge.path)) return [];
      for (const end of [edge.source, edge.target]) taken.add(places.get(end) ?? 0);
      edges[place] ??= edgeOf(
        scene,
        edge,
        labelled.has(edge.key),
        `From ${spoken(edge.source)} to ${spoken(edge.target)}`,
      );
      return edges[place] ?? [];
    });
    const shown = [...taken]
      .toSorted((a, b) => a - b)
      .flatMap(place => {
        const node = scene.nodes[place];
        if (node) nodes[place] ??= nodeOf(scene, node);
        return nodes[place] ?? [];
      });
    return { nodes: shown, edges: passing };
  };
}

/** Mounting a node with its lines takes about a third of a millisecond, in a page just started twice that. */
const MOUNTED_AT_ONCE = 20;

/**
 * How what is wanted comes after what is there: ids of nodes, each set with those before it. What is on the screen
 * comes some at a time, what is not costs little and comes with the last of it.
 */
export function arrivals(
  there: ReadonlySet<string>,
  wanted: FlowElements,
  screen: Bounds,
): readonly ReadonlySet<string>[] {
  const ids = new Set(wanted.nodes.map(({ id }) => id));
  const seen = wanted.nodes.filter(({ id, data }) => !there.has(id) && inside(data.scene, screen));
  const coming: ReadonlySet<string>[] = [];
  const arrived = there.intersection(ids);
  for (let place = MOUNTED_AT_ONCE; place < seen.length; place += MOUNTED_AT_ONCE) {
    for (const { id } of seen.slice(place - MOUNTED_AT_ONCE, place)) arrived.add(id);
    coming.push(new Set(arrived));
  }
  return [...coming, ids];
}

/** The nodes that are there, and the edges with both ends there. */
export function withOnly({ nodes, edges }: FlowElements, there: ReadonlySet<string>): FlowElements {
  return {
    nodes: nodes.filter(({ id }) => there.has(id)),
    edges: edges.filter(({ source, target }) => there.has(source) && there.has(target)),
  };
}

/** What follows on `before`: what of it goes stays hidden, as its components look for it once more before they go. */
export function withLeaving(before: readonly FlowNode[], now: readonly FlowNode[]): FlowNode[] {
  const staying = new Set(now.map(({ id }) => id));
  const leaving = before.filter(({ id, hidden }) => !hidden && !staying.has(id));
  return [...now, ...leaving.map(node => ({ ...node, hidden: true }))];
}

/** Whether the box around a path meets the bounds. */
function passes(bounds: Bounds, path: ArrayLike<number>): boolean {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i + 1 < path.length; i += 2) {
    const [x, y] = [path[i] ?? 0, path[i + 1] ?? 0];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return inside({ x: left, y: top, width: right - left + 1, height: bottom - top + 1 }, bounds);
}

/** Keys of the edges that carry their tensor's label: one of each tensor. */
function firstOfEachTensor(scene: Scene): ReadonlySet<string> {
  const first = new Map<number, string>();
  for (const { tensor, key } of scene.edges) if (!first.has(tensor)) first.set(tensor, key);
  return new Set(first.values());
}

function nodeOf(scene: Scene, node: SceneNode): FlowNode {
  const { key, x, y, width, height } = node;
  const ends =
    scene.direction === 'down'
      ? [
          { x: width / 2, y: 0, position: Position.Top },
          { x: width / 2, y: height, position: Position.Bottom },
        ]
      : [
          { x: 0, y: height / 2, position: Position.Left },
          { x: width, y: height / 2, position: Position.Right },
        ];
  return {
    id: key,
    type: 'scene',
    position: { x, y },
    data: { scene: node },
    width,
    height,
    measured: { width, height },
    handles: ends.map((end, index) => ({
      ...end,
      type: index === 0 ? 'target' : 'source',
      width: 1,
      height: 1,
    })),
    zIndex: node.frame ? 0 : 2,
  };
}

const edgeOf = (scene: Scene, edge: SceneEdge, labelled: boolean, ariaLabel: string): FlowEdge => ({
  id: edge.key,
  type: 'tensor',
  source: edge.source,
  target: edge.target,
  data: { scene: edge, labelled, direction: scene.direction },
  ariaLabel,
  zIndex: 1,
});
