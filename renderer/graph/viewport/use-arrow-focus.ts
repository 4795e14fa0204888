// One stop for the Tab key, arrows inside: they take the focus from one thing of the graph to the nearest in their
// direction, and move the view where it lies outside. With Shift, or where nothing has elements, they move the view.

import { useReactFlow } from '@xyflow/react';
import { type RefObject, useRef } from 'react';
import type { KeyPress } from '../../hooks/use-unfocused-keys.ts';
import type { Size } from '../../widgets/canvas.tsx';
import type { Scene, SceneNode } from '../scene/scene.ts';
import { keyTarget, nearestTo, revealed } from './arrow-target.ts';

/** How far an arrow key moves what is seen, px. */
const PANS: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  ArrowUp: [0, 80],
  ArrowDown: [0, -80],
  ArrowLeft: [80, 0],
  ArrowRight: [-80, 0],
};
const MARGIN = 56;
/** Frames until what came into view has its element: it comes when the machine has time, or not at all. */
const MOST_FRAMES = 600;

interface Where {
  readonly scene: Scene;
  readonly size: Size;
  /** whether it is what is selected */
  readonly selected: (node: SceneNode) => boolean;
  /** nothing has elements */
  readonly overview: boolean;
}

/** Returns what takes arrow keys, and says whether the key was one of them. */
export function useArrowFocus(
  section: RefObject<HTMLElement | null>,
  { scene, size, selected, overview }: Where,
): (event: KeyPress) => boolean {
  const flow = useReactFlow();
  // What had the focus last: its element goes when it leaves the screen.
  const last = useRef<string>(undefined);
  const from = (target: EventTarget | null): SceneNode | undefined => {
    const key = (target instanceof HTMLElement ? target.dataset.scene : undefined) ?? last.current;
    return scene.nodes.find(node => node.key === key) ?? scene.nodes.find(selected);
  };
  const focus = (key: string, frames = MOST_FRAMES): void => {
    const element = section.current?.querySelector<HTMLElement>(`[data-scene="${CSS.escape(key)}"]`);
    if (element) element.focus({ preventScroll: true });
    else if (frames > 0 && last.current === key && isOwn(document.activeElement, section.current))
      requestAnimationFrame(() => focus(key, frames - 1));
  };
  return event => {
    const pan = PANS[event.key];
    if (!pan || !isOwn(event.target, section.current)) return false;
    const viewport = flow.getViewport();
    const { x, y, zoom } = viewport;
    if (overview || event.shiftKey) {
      void flow.setViewport({ x: x + pan[0], y: y + pan[1], zoom });
      return true;
    }
    const start = from(event.target);
    const target = start
      ? keyTarget(scene, start, event.key)
      : nearestTo(scene.nodes, (size.width / 2 - x) / zoom, (size.height / 2 - y) / zoom);
    if (!target) return true;
    last.current = target.key;
    const shown = revealed(target, viewport, size, MARGIN);
    if (shown.x !== x || shown.y !== y) void flow.setViewport(shown);
    focus(target.key);
    return true;
  };
}

/** The graph itself, something in it, or nothing at all: lists and fields above it have arrows of their own. */
const isOwn = (target: EventTarget | null, section: HTMLElement | null): boolean =>
  target === section ||
  target === document.body ||
  (target instanceof HTMLElement && target.dataset.scene !== undefined);
