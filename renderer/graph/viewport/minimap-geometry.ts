// How a scene fits into the minimap. Long thin scenes are stretched across, so that something can be seen.

import type { Scene } from '../scene/scene.ts';

const LONGEST = 152;
const SHORTEST = 48;
const MARGIN = 4;
/** The most that one axis is drawn larger than the other. */
const STRETCH = 12;

export interface MinimapGeometry {
  readonly width: number;
  readonly height: number;
  readonly scaleX: number;
  readonly scaleY: number;
  readonly xOf: (x: number) => number;
  readonly yOf: (y: number) => number;
  readonly sceneAt: (x: number, y: number) => { readonly x: number; readonly y: number };
}

/** As large as fits, at least as broad as can be hit; in px of the page. */
export function minimapOf(scene: Pick<Scene, 'width' | 'height'>): MinimapGeometry {
  const [sceneWidth, sceneHeight] = [Math.max(scene.width, 1), Math.max(scene.height, 1)];
  const scale = Math.min(LONGEST / sceneWidth, LONGEST / sceneHeight);
  const scaleX = Math.max(scale, Math.min(scale * STRETCH, SHORTEST / sceneWidth));
  const scaleY = Math.max(scale, Math.min(scale * STRETCH, SHORTEST / sceneHeight));
  return {
    width: Math.round(sceneWidth * scaleX) + 2 * MARGIN,
    height: Math.round(sceneHeight * scaleY) + 2 * MARGIN,
    scaleX,
    scaleY,
    xOf: x => MARGIN + x * scaleX,
    yOf: y => MARGIN + y * scaleY,
    sceneAt: (x, y) => ({ x: (x - MARGIN) / scaleX, y: (y - MARGIN) / scaleY }),
  };
}
