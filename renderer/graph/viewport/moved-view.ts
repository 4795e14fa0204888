// The keys that every chart shares, in the graph: W and S zoom around the middle, A and D move sideways. Pure.

import type { Size } from '../../widgets/canvas.tsx';
import type { Viewport } from './bounds.ts';

export const LEAST_ZOOM = 0.005;
export const MOST_ZOOM = 2.5;
const ZOOM_STEP = 1.25;
/** of the width */
const MOVE_STEP = 0.15;

/** What is looked at after a key press; undefined when the key is none of these. */
export function movedView(key: string, viewport: Viewport, size: Size): Viewport | undefined {
  const { x, y, zoom } = viewport;
  switch (key) {
    case 'w':
      return zoomed(viewport, zoom * ZOOM_STEP, size);
    case 's':
      return zoomed(viewport, zoom / ZOOM_STEP, size);
    case 'a':
      return { x: x + MOVE_STEP * size.width, y, zoom };
    case 'd':
      return { x: x - MOVE_STEP * size.width, y, zoom };
    default:
      return undefined;
  }
}

function zoomed({ x, y, zoom: before }: Viewport, wanted: number, { width, height }: Size): Viewport {
  const zoom = Math.min(Math.max(wanted, LEAST_ZOOM), MOST_ZOOM);
  const factor = zoom / before;
  return { zoom, x: width / 2 - (width / 2 - x) * factor, y: height / 2 - (height / 2 - y) * factor };
}
