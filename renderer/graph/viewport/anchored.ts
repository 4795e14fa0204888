// Where to look when the same model is laid out anew. Pure.

import type { Size } from '../../widgets/canvas.tsx';
import type { Scene, SceneNode } from '../scene/scene.ts';
import { boundsOf, countVisible, type Viewport } from './bounds.ts';
import { firstViewport, fitted } from './first-viewport.ts';

const sameViewport = (a: Viewport, b: Viewport): boolean =>
  Math.hypot(a.x - b.x, a.y - b.y) < 1 && Math.abs(a.zoom - b.zoom) < 1e-3;

/**
 * The viewport in which a new layout of the same model keeps its place on the screen: the node selected,
 * or else the one nearest to the middle, does not move. A view nobody has moved yet begins at the beginning;
 * so does one that would see nothing, or whose edges now run in another direction. Who saw much of the scene, would
 * see almost nothing and has selected nothing sees all of it.
 */
export function anchored(
  before: Scene,
  after: Scene,
  viewport: Viewport,
  size: Size,
  key: string | undefined,
): Viewport {
  const first = firstViewport(after, size);
  if (before.direction !== after.direction || sameViewport(viewport, firstViewport(before, size)))
    return first;
  const { x, y, zoom } = viewport;
  const [middleX, middleY] = [(size.width / 2 - x) / zoom, (size.height / 2 - y) / zoom];
  const there = new Map(after.nodes.map(node => [node.key, node]));
  const distance = (node: SceneNode): number => Math.hypot(node.x - middleX, node.y - middleY);
  const leaves = before.nodes.filter(node => there.has(node.key) && (!node.frame || node.key === key));
  const old =
    leaves.find(node => node.key === key) ??
    leaves.reduce<SceneNode | undefined>(
      (near, node) => (near && distance(near) <= distance(node) ? near : node),
      undefined,
    );
  const now = old && there.get(old.key);
  if (!old || !now) return first;
  const kept = { zoom, x: x + (old.x - now.x) * zoom, y: y + (old.y - now.y) * zoom };
  const [seen, seenThen] = [shareSeen(before, viewport, size), shareSeen(after, kept, size)];
  if (old.key !== key && seen > MUCH && seenThen < seen * LITTLE) return fitted(after, size);
  return seenThen > 0 ? kept : first;
}

/** More of a scene than the one is much of it; less than the other of what was seen, almost nothing. */
const [MUCH, LITTLE] = [0.2, 0.2];

/** Of the scene's nodes, how many are on the screen. */
const shareSeen = (scene: Scene, viewport: Viewport, size: Size): number =>
  countVisible(scene, boundsOf(viewport, size.width, size.height)) / Math.max(scene.nodes.length, 1);
