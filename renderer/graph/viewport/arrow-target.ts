// Where an arrow key leads in the graph: to the nearest thing in its direction. Pure.

import type { Scene, SceneNode } from '../scene/scene.ts';
import type { Viewport } from './bounds.ts';

type Box = Pick<SceneNode, 'x' | 'y' | 'width' | 'height' | 'frame'>;

const DIRECTIONS: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};
/** What lies aside is farther than what lies ahead. */
const ASIDE = 2;
/** A frame stands for itself at its title, scene units. */
const TITLE_WIDTH = 120;
const TITLE_HEIGHT = 20;

const middleOf = ({ x, y, width, height, frame }: Box): readonly [x: number, y: number] =>
  frame
    ? [x + Math.min(width, TITLE_WIDTH) / 2, y + Math.min(height, TITLE_HEIGHT) / 2]
    : [x + width / 2, y + height / 2];

/** The nearest node from `from` in the direction of a key; undefined where there is none, or it is no arrow. */
function arrowTarget<T extends Box>(nodes: readonly T[], from: Box, key: string): T | undefined {
  const direction = DIRECTIONS[key];
  if (!direction) return undefined;
  const [dx, dy] = direction;
  const [fromX, fromY] = middleOf(from);
  return leastOf(nodes, node => {
    const [x, y] = middleOf(node);
    const ahead = (x - fromX) * dx + (y - fromY) * dy;
    const aside = Math.abs((x - fromX) * dy) + Math.abs((y - fromY) * dx);
    // What lies more aside than ahead is in another direction.
    return node === from || ahead < 1 || aside > ASIDE * ahead + TITLE_WIDTH
      ? Number.POSITIVE_INFINITY
      : ahead + ASIDE * aside;
  });
}

/** Where an arrow key leads: ahead, but at the end of a column along the flow, whatever lies below in others. */
export function keyTarget(
  scene: Pick<Scene, 'nodes' | 'edges' | 'direction'>,
  from: SceneNode,
  key: string,
): SceneNode | undefined {
  const next = flowTarget(scene, from, key);
  if (next && !isAhead(from, next, key)) return next;
  return arrowTarget(scene.nodes, from, key) ?? next;
}

function isAhead(from: Box, node: Box, key: string): boolean {
  const [dx, dy] = DIRECTIONS[key] ?? [0, 0];
  const [[x, y], [fromX, fromY]] = [middleOf(node), middleOf(from)];
  return (x - fromX) * dx + (y - fromY) * dy >= 1;
}

/** Where the flow goes on, or comes from, by a key along it: columns end, and the next begins elsewhere. */
function flowTarget(
  { nodes, edges, direction }: Pick<Scene, 'nodes' | 'edges' | 'direction'>,
  from: SceneNode,
  key: string,
): SceneNode | undefined {
  const [forwards, backwards] = direction === 'down' ? ['ArrowDown', 'ArrowUp'] : ['ArrowRight', 'ArrowLeft'];
  if (key !== forwards && key !== backwards) return undefined;
  const edge = edges.find(({ source, target }) => (key === forwards ? source : target) === from.key);
  const next = key === forwards ? edge?.target : edge?.source;
  return nodes.find(node => node.key === next);
}

/** The node nearest to a point of the scene. */
export const nearestTo = <T extends Box>(nodes: readonly T[], x: number, y: number): T | undefined =>
  leastOf(nodes, node => {
    const [nodeX, nodeY] = middleOf(node);
    return Math.hypot(nodeX - x, nodeY - y);
  });

function leastOf<T>(items: readonly T[], cost: (item: T) => number): T | undefined {
  let found: T | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const own = cost(item);
    if (own < least) [found, least] = [item, own];
  }
  return found;
}

/** The viewport moved as little as shows a node with room around it; of one that is too large, its beginning. */
export function revealed(
  node: Box,
  viewport: Viewport,
  size: { readonly width: number; readonly height: number },
  margin: number,
): Viewport {
  const { x, y, zoom } = viewport;
  const moved = (start: number, length: number, shift: number, room: number): number => {
    const [first, last] = [start * zoom + shift, (start + length) * zoom + shift];
    if (first < margin || last - first > room - 2 * margin) return shift + margin - first;
    return last > room - margin ? shift + room - margin - last : shift;
  };
  const height = node.frame ? Math.min(node.height, TITLE_HEIGHT) : node.height;
  const width = node.frame ? Math.min(node.width, TITLE_WIDTH) : node.width;
  return { zoom, x: moved(node.x, width, x, size.width), y: moved(node.y, height, y, size.height) };
}
