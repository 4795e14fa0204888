// Where the graph view looks: the beginning at first, then where it was left, and to what gets selected elsewhere.

import { useReactFlow } from '@xyflow/react';
import { useCallback, useEffect, useRef } from 'react';
import type { ModelSummary } from '../../engine/report/types.ts';
import type { OpenModel } from '../state/app-state.ts';
import type { Highlight, Selection } from '../state/selection.ts';
import type { Size } from '../widgets/canvas.tsx';
import type { Viewport } from './overview.ts';
import type { Scene, SceneNode } from './scene.ts';

/** What a reader still reads; a whole graph that needs less is shown from its beginning instead. */
const READABLE_ZOOM = 0.5;
const START_ZOOM = 0.9;
const MARGIN = 24;

/** Views come and go with their tabs; where each model was looked at stays. */
const LEFT_AT = new WeakMap<ModelSummary, Viewport>();

/** Returns the function that fits the whole scene. */
export function useViewport(scene: Scene, model: OpenModel, highlight: Highlight, size: Size): () => void {
  const flow = useReactFlow();
  const { summary, selection } = model;
  const ready = size.width > 0;
  const shown = useRef<ModelSummary>(undefined);

  const fit = useCallback(() => {
    void flow.setViewport(fitted(scene, size));
  }, [flow, scene, size]);

  useEffect(() => {
    if (!ready || shown.current === summary) return;
    shown.current = summary;
    void flow.setViewport(LEFT_AT.get(summary) ?? firstViewport(scene, size));
  }, [ready, flow, scene, size, summary]);

  useEffect(
    () => () => {
      if (shown.current === summary) LEFT_AT.set(summary, flow.getViewport());
    },
    [flow, summary],
  );

  const target = selection && targetOf(scene, selection, highlight);
  useEffect(() => {
    if (!ready || !target) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [target.x * zoom + x, target.y * zoom + y];
    const onScreen =
      left + target.width * zoom > MARGIN &&
      left < size.width - MARGIN &&
      top + target.height * zoom > MARGIN &&
      top < size.height - MARGIN;
    if (onScreen) return;
    void flow.setCenter(target.x + target.width / 2, target.y + target.height / 2, {
      zoom: Math.max(zoom, 0.8),
    });
  }, [ready, flow, target, size]);

  return fit;
}

function fitted(scene: Scene, size: Size): Viewport {
  const zoom = Math.min(
    1.2,
    (size.width - 2 * MARGIN) / Math.max(scene.width, 1),
    (size.height - 2 * MARGIN) / Math.max(scene.height, 1),
  );
  return { zoom, x: (size.width - scene.width * zoom) / 2, y: (size.height - scene.height * zoom) / 2 };
}

function firstViewport(scene: Scene, size: Size): Viewport {
  const whole = fitted(scene, size);
  if (whole.zoom >= READABLE_ZOOM) return whole;
  const first = scene.nodes.find(node => node.kind === 'input') ?? scene.nodes[0];
  const x = first ? first.x + first.width / 2 : 0;
  return { zoom: START_ZOOM, x: size.width / 2 - x * START_ZOOM, y: MARGIN - (first?.y ?? 0) * START_ZOOM };
}

/** What to look at for a selection: a tensor is looked for where it is made. */
function targetOf(scene: Scene, selection: Selection, highlight: Highlight): SceneNode | undefined {
  const byKey = (key: string | undefined): SceneNode | undefined =>
    scene.nodes.find(node => node.key === key);
  switch (selection.kind) {
    case 'node':
    case 'group':
      return byKey(`${selection.kind}:${selection.id}`);
    case 'tensor': {
      const edge = scene.edges.find(({ tensor }) => tensor === selection.id);
      return byKey(edge?.source) ?? byKey(`output:${selection.id}`);
    }
    case 'step':
    case 'buffer': {
      const [node] = highlight.nodes;
      return byKey(node === undefined ? undefined : `node:${node}`);
    }
  }
}
