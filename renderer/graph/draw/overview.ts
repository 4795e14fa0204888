// The scene on a canvas, for when there is too much of it for elements: zoomed far out, or very many nodes.

import type { Highlight } from '../../state/selection.ts';
import { mixed, type Palette } from '../../theme/palette.ts';
import type { HeatMap } from '../colour/heat.ts';
import { frameColour, heatColour } from '../colour/heat-scale.ts';
import type { Scene, SceneNode } from '../scene/scene.ts';
import { type Bounds, boundsOf, inside, type Viewport } from '../viewport/bounds.ts';
import { isMarked } from './flow-elements.tsx';

/** Of titles, px of the scene. */
const TITLE_SIZE = 16;
/** Smaller on the screen, text is only noise, px. */
const LEAST_TEXT = 7;

/** The topmost node at a point of the scene. */
export const nodeAt = (scene: Scene, x: number, y: number): SceneNode | undefined =>
  scene.nodes.findLast(
    node => x >= node.x && x <= node.x + node.width && y >= node.y && y <= node.y + node.height,
  );

/** Draws what of the scene is inside `size`, px: boxes and lines, titles where they can be read. */
export function drawOverview(
  context: CanvasRenderingContext2D,
  scene: Scene,
  viewport: Viewport,
  size: { readonly width: number; readonly height: number },
  palette: Palette,
  highlight: Highlight,
  heat: HeatMap,
): void {
  const bounds = boundsOf(viewport, size.width, size.height);
  const pixel = 1 / viewport.zoom;
  // Grey: without an outline, what is cold must not have the ground's colour.
  const cold = mixed(palette.color.line, palette.color['line-strong'], 0.5);
  context.translate(viewport.x, viewport.y);
  context.scale(viewport.zoom, viewport.zoom);
  drawEdges(context, scene, bounds, pixel, palette, highlight);
  for (const node of scene.nodes) {
    if (!inside(node, bounds)) continue;
    if (node.frame) {
      context.fillStyle = frameColour(node, heat, palette);
      context.strokeStyle = palette.color['line-strong'];
      context.lineWidth = pixel;
      context.fillRect(node.x, node.y, node.width, node.height);
      context.strokeRect(node.x, node.y, node.width, node.height);
    } else {
      context.fillStyle =
        heat.size > 0 ? heatColour(heat.get(node.key), palette, cold) : palette.family[node.family];
      context.fillRect(node.x, node.y, node.width, node.height);
    }
    if (isMarked(node, highlight)) {
      context.strokeStyle = palette.color.accent;
      context.lineWidth = 3 * pixel;
      context.strokeRect(node.x, node.y, node.width, node.height);
    }
  }
  if (viewport.zoom * TITLE_SIZE >= LEAST_TEXT) drawTitles(context, scene, bounds, palette, heat.size > 0);
}

function drawEdges(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bounds: Bounds,
  pixel: number,
  palette: Palette,
  highlight: Highlight,
): void {
  const trace = (path: ArrayLike<number>): void => {
    context.moveTo(path[0] ?? 0, path[1] ?? 0);
    for (let i = 2; i + 1 < path.length; i += 2) context.lineTo(path[i] ?? 0, path[i + 1] ?? 0);
  };
  const [near, far] = scene.direction === 'down' ? [bounds.top, bounds.bottom] : [bounds.left, bounds.right];
  const visible = scene.edges.filter(({ span: [first, last] }) => first < far && last > near);
  context.lineWidth = pixel;
  context.strokeStyle = palette.color['line-strong'];
  context.beginPath();
  for (const edge of visible) trace(edge.path);
  context.stroke();
  context.lineWidth = 2 * pixel;
  context.strokeStyle = palette.color.accent;
  context.beginPath();
  for (const edge of visible) if (highlight.tensors.has(edge.tensor)) trace(edge.path);
  context.stroke();
}

function drawTitles(
  context: CanvasRenderingContext2D,
  scene: Scene,
  bounds: Bounds,
  palette: Palette,
  hot: boolean,
): void {
  context.fillStyle = hot ? palette.color.text : '#101216';
  context.font = `600 ${TITLE_SIZE}px ${palette.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const node of scene.nodes) {
    if (node.frame || !inside(node, bounds)) continue;
    context.fillText(node.title, node.x + node.width / 2, node.y + node.height / 2, node.width - 8);
  }
}
