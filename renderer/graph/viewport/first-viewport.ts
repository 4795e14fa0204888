// Where a graph is looked at before anybody has moved it: all of it where that can be read, else its beginning.
// Pure.

import type { Size } from '../../widgets/canvas.tsx';
import type { Scene, SceneNode } from '../scene/scene.ts';
import type { Viewport } from './bounds.ts';
import { LEAST_ZOOM } from './moved-view.ts';

/** What a reader still reads; a whole graph that needs less is shown from its beginning instead. */
export const READABLE_ZOOM = 0.65;
const START_ZOOM = 0.9;
export const MARGIN = 24;
/** Above the first node: the panels in the corners need it. */
const HEAD_ROOM = 56;

type Box = Pick<SceneNode, 'x' | 'y' | 'width' | 'height'>;

/** All of the scene, or its middle where all of it would be thinner than a hair. */
export function fitted(scene: Scene, size: Size): Viewport {
  const room = size.height - HEAD_ROOM - MARGIN;
  const whole = Math.min(
    (size.width - 2 * MARGIN) / Math.max(scene.width, 1),
    room / Math.max(scene.height, 1),
  );
  const zoom = Math.max(LEAST_ZOOM, Math.min(1.2, whole));
  return {
    zoom,
    x: (size.width - scene.width * zoom) / 2,
    y: HEAD_ROOM + (room - scene.height * zoom) / 2,
  };
}

/** All of the scene where titles can be read then; else where it begins, as large as they can just be read. */
export function firstViewport(scene: Scene, size: Size): Viewport {
  const whole = fitted(scene, size);
  if (whole.zoom >= READABLE_ZOOM) return whole;
  const beginning = beginningOf(scene, size);
  // Titles stand above: a frame's may be far above what flows to the right in its middle.
  const right = scene.direction === 'right';
  const { x, y, width, height } = right ? beginning : withTitles(scene, beginning);
  const zoom = zoomFor({ width, height }, size);
  // What does not fit anyway leaves no room empty above it, or on its left.
  if (right) {
    const middle = (HEAD_ROOM + size.height - MARGIN) / 2 - (y + height / 2) * zoom;
    const high = scene.height * zoom > size.height;
    return { zoom, x: MARGIN - x * zoom, y: high ? Math.min(middle, HEAD_ROOM) : middle };
  }
  const middle = size.width / 2 - (x + width / 2) * zoom;
  const wide = scene.width * zoom > size.width;
  return { zoom, x: wide ? Math.min(middle, MARGIN) : middle, y: HEAD_ROOM - y * zoom };
}

const fitZoom = ({ width, height }: Pick<Box, 'width' | 'height'>, size: Size): number =>
  Math.min((size.width - 2 * MARGIN) / width, (size.height - HEAD_ROOM - MARGIN) / height);

const zoomFor = (box: Pick<Box, 'width' | 'height'>, size: Size): number =>
  Math.max(READABLE_ZOOM, Math.min(START_ZOOM, fitZoom(box, size)));

/**
 * All inputs and the first operator that reads one; of the inputs only that one where all cannot be read at once, and
 * the operator alone where neither can. With the whole column that the operator heads, where there is room for it.
 */
function beginningOf(scene: Scene, size: Size): Box {
  const nodes = new Map(scene.nodes.map(node => [node.key, node]));
  const along = (node: SceneNode): number => (scene.direction === 'down' ? node.y : node.x);
  let first: readonly [input: SceneNode, reader: SceneNode] | undefined;
  for (const edge of scene.edges) {
    const [input, reader] = [nodes.get(edge.source), nodes.get(edge.target)];
    if (input?.kind !== 'input' || !reader || reader.kind === 'output') continue;
    if (!first || along(reader) < along(first[1])) first = [input, reader];
  }
  if (!first) return scene.nodes[0] ?? { x: 0, y: 0, width: 1, height: 1 };
  const inputs = scene.nodes.filter(({ kind }) => kind === 'input');
  const wished = [around([...inputs, first[1]]), around(first)];
  const column = columnOf(scene, first[1]);
  const whole = wished.map(box => around([box, column]));
  const shown = [...whole, ...wished].find(box => fitZoom(box, size) >= READABLE_ZOOM);
  return shown ?? first[1];
}

/** From the top of the frames that the box lies in, where their titles are. */
function withTitles(scene: Scene, { x, y, width, height }: Box): Box {
  const middle = x + width / 2;
  const holds = (frame: SceneNode): boolean =>
    frame.x <= middle && middle <= frame.x + frame.width && frame.y <= y && y < frame.y + frame.height;
  const tops = scene.nodes.filter(node => node.frame && holds(node)).map(frame => frame.y);
  const top = Math.min(y, ...tops);
  return { x, y: top, width, height: y + height - top };
}

/** As wide as what stands under an operator without a gap, and as high as the operator. */
function columnOf({ nodes, direction }: Scene, top: SceneNode): Box {
  if (direction === 'right') return top;
  let [left, right] = [top.x, top.x + top.width];
  const others = nodes.filter(({ kind, frame }) => !frame && kind !== 'input' && kind !== 'output');
  for (const { x, width } of others.toSorted((a, b) => a.y - b.y)) {
    if (x >= right || x + width <= left) continue;
    left = Math.min(left, x);
    right = Math.max(right, x + width);
  }
  return { x: left, y: top.y, width: right - left, height: top.height };
}

function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map(box => box.x));
  const y = Math.min(...boxes.map(box => box.y));
  const right = Math.max(...boxes.map(box => box.x + box.width));
  const bottom = Math.max(...boxes.map(box => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
