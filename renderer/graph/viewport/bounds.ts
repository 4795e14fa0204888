// What of the scene is on the screen.

import type { Scene, SceneNode } from '../scene/scene.ts';

/** Where the scene's origin stands on the screen, px, and how much larger it is there. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** A part of the scene, px of it. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The part of the scene that is on the screen. */
export const boundsOf = (viewport: Viewport, width: number, height: number): Bounds => ({
  left: -viewport.x / viewport.zoom,
  top: -viewport.y / viewport.zoom,
  right: (width - viewport.x) / viewport.zoom,
  bottom: (height - viewport.y) / viewport.zoom,
});

type Box = Pick<SceneNode, 'x' | 'y' | 'width' | 'height'>;

export const inside = (node: Box, bounds: Bounds): boolean =>
  node.x < bounds.right &&
  node.x + node.width > bounds.left &&
  node.y < bounds.bottom &&
  node.y + node.height > bounds.top;

/** Whether all of the scene is on the screen. */
export const contains = (bounds: Bounds, { width, height }: Pick<Scene, 'width' | 'height'>): boolean =>
  bounds.left <= 0 && bounds.top <= 0 && bounds.right >= width && bounds.bottom >= height;

export const countVisible = (scene: Scene, bounds: Bounds): number =>
  scene.nodes.reduce((count, node) => count + (inside(node, bounds) ? 1 : 0), 0);
