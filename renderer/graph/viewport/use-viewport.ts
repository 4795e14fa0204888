// Where the graph view looks: the beginning at first, then where it was left, and to what gets selected elsewhere.

import { useReactFlow } from '@xyflow/react';
import { type RefObject, useCallback, useEffect, useMemo, useRef } from 'react';
import type { ModelSummary } from '../../../engine/report/types/model.ts';
import { useApp } from '../../hooks/app-context.ts';
import type { OpenModel } from '../../state/app-state.ts';
import type { GraphIndex } from '../../state/derived/graph-index.ts';
import type { Highlight, Selection } from '../../state/selection.ts';
import type { Size } from '../../widgets/canvas.tsx';
import type { Scene, SceneNode } from '../scene/scene.ts';
import { anchored } from './anchored.ts';
import type { Viewport } from './bounds.ts';
import { firstViewport, fitted, MARGIN, READABLE_ZOOM } from './first-viewport.ts';

/** What the list of hits covers on the right. */
const SEARCH_WIDTH = 368;
/** Views come and go with their tabs; where each model was looked at stays, with what was seen there. */
interface Left {
  readonly scene: Scene;
  readonly viewport: Viewport;
  /** of the window, px */
  readonly width: number;
}
const LEFT_AT = new WeakMap<ModelSummary, Left>();

interface Shown {
  readonly scene: Scene;
  readonly summary: ModelSummary;
  /** which scopes were open at the start */
  readonly start: OpenModel['scopes']['start'];
}

/** Returns the function that fits the whole scene. */
export function useViewport(scene: Scene, model: OpenModel, highlight: Highlight, size: Size): () => void {
  const flow = useReactFlow();
  const { selection } = model;
  const shown = useRef<Shown>(undefined);
  const target = useMemo(
    () =>
      selection?.body === model.body
        ? selection && targetOf(scene, selection, highlight, model.index)
        : undefined,
    [scene, selection, highlight, model.body, model.index],
  );
  // In this order: what is revealed is revealed in the view that was returned to.
  const width = useKeptMiddle(size, shown);
  useBeginning(scene, model, { size, width, shown, anchor: target?.key });
  useRevealed(target, size);
  return useCallback(() => {
    void flow.setViewport(fitted(scene, size));
  }, [flow, scene, size]);
}

/** A window made wider or narrower keeps what is in the middle there. Returns how wide it is now, px. */
function useKeptMiddle(size: Size, shown: RefObject<Shown | undefined>): RefObject<number> {
  const flow = useReactFlow();
  const width = useRef(0);
  useEffect(() => {
    const grown = size.width - width.current;
    if (shown.current && width.current > 0 && grown !== 0) {
      const { x, y, zoom } = flow.getViewport();
      void flow.setViewport({ x: x + grown / 2, y, zoom });
    }
    width.current = size.width;
  }, [flow, size.width, shown]);
  return width;
}

interface Looking {
  readonly size: Size;
  readonly width: RefObject<number>;
  /** what was seen last */
  readonly shown: RefObject<Shown | undefined>;
  /** key of the node that stays where it is on the screen */
  readonly anchor: string | undefined;
}

/** Looks at another scene from its beginning, or where it was left; what is drawn anew stays where it was. */
function useBeginning(scene: Scene, { summary, scopes }: OpenModel, looking: Looking): void {
  const flow = useReactFlow();
  const { size, width, shown, anchor } = looking;
  const ready = size.width > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a resize or a selection alone does not move the view
  useEffect(() => {
    if (!ready) return;
    const before = shown.current;
    shown.current = { scene, summary, start: scopes.start };
    if (before?.summary === summary) {
      // All opened or all closed is another picture: it is seen from its beginning.
      if (before.start !== scopes.start) void flow.setViewport(firstViewport(scene, size));
      else if (before.scene !== scene)
        void flow.setViewport(anchored(before.scene, scene, flow.getViewport(), size, anchor));
    } else void flow.setViewport(returned(LEFT_AT.get(summary), scene, size, anchor));
  }, [ready, flow, scene, summary]);
  useEffect(
    () => () => {
      if (shown.current?.summary !== summary) return;
      LEFT_AT.set(summary, {
        scene: shown.current.scene,
        viewport: flow.getViewport(),
        width: width.current,
      });
    },
    [flow, summary, shown, width],
  );
}

/** Goes to what was selected, if it is not on the screen, or is looked for and cannot be read. */
function useRevealed(target: SceneNode | undefined, size: Size): void {
  const flow = useReactFlow();
  const finding = useApp(state => state.finding);
  const ready = size.width > 0;
  useEffect(() => {
    if (!ready || !target) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [target.x * zoom + x, target.y * zoom + y];
    const [width, height] = [target.width * zoom, target.height * zoom];
    const onScreen =
      left + width > MARGIN &&
      left < size.width - MARGIN &&
      top + height > MARGIN &&
      top < size.height - MARGIN;
    // What was looked for must be readable and beside the list of hits, not only somewhere on the screen.
    const free = finding && size.width > 2 * SEARCH_WIDTH ? size.width - SEARCH_WIDTH : size.width;
    if (onScreen && (!finding || (zoom >= READABLE_ZOOM && left + width < free))) return;
    void flow.setViewport(centred(target, Math.max(zoom, 0.8), free, size.height));
  }, [ready, flow, target, size, finding]);
}

function centred({ x, y, width, height }: SceneNode, zoom: number, roomX: number, roomY: number): Viewport {
  return { zoom, x: roomX / 2 - (x + width / 2) * zoom, y: roomY / 2 - (y + height / 2) * zoom };
}

/** The view as it was left; the drawing and the window may have changed since. */
function returned(left: Left | undefined, scene: Scene, size: Size, key: string | undefined): Viewport {
  if (!left) return firstViewport(scene, size);
  const { x, y, zoom } = left.viewport;
  const viewport = { x: x + (size.width - left.width) / 2, y, zoom };
  return left.scene === scene ? viewport : anchored(left.scene, scene, viewport, size, key);
}

/** What to look at for a selection: a tensor is looked for where it is made. */
function targetOf(
  scene: Scene,
  selection: Selection,
  highlight: Highlight,
  index: GraphIndex,
): SceneNode | undefined {
  const byKey = (key: string | undefined): SceneNode | undefined =>
    scene.nodes.find(node => node.key === key);
  switch (selection.kind) {
    case 'node':
      return byKey(`node:${selection.id}`) ?? holderOf(scene, selection.id);
    case 'group':
    case 'scope':
      return byKey(`${selection.kind}:${selection.id}`);
    case 'nodes': {
      const [first] = selection.nodes;
      return first === undefined ? undefined : (byKey(`node:${first}`) ?? holderOf(scene, first));
    }
    case 'tensor': {
      const edge = scene.edges.find(({ tensor }) => tensor === selection.id);
      const made = byKey(edge?.source) ?? byKey(`output:${selection.id}`);
      if (made) return made;
      // A weight is not drawn: it is looked for where it is read.
      const reader = index.tensors.get(selection.id)?.consumers[0];
      return reader === undefined ? undefined : (byKey(`node:${reader}`) ?? holderOf(scene, reader));
    }
    case 'step':
    case 'steps':
    case 'buffer': {
      const [node] = highlight.nodes;
      return node === undefined ? undefined : (byKey(`node:${node}`) ?? holderOf(scene, node));
    }
  }
}

/** The closed scope or the fused step that stands for a node. */
const holderOf = (scene: Scene, node: number): SceneNode | undefined =>
  scene.nodes.find(({ frame, members }) => !frame && members?.includes(node));
