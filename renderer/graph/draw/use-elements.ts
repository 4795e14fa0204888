// What React Flow is given at the moment: of the scene what is on the screen, or nothing where the overview is drawn.

import { useReactFlow, useStore } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { shallow } from 'zustand/shallow';
import type { Size } from '../../widgets/canvas.tsx';
import type { Scene } from '../scene/scene.ts';
import { boundsOf, countVisible } from '../viewport/bounds.ts';
import type { FlowEdge, FlowNode } from './flow-elements.tsx';
import { type FlowElements, flowElementsOf, windowAround, withLeaving } from './flow-window.ts';
import { useArriving } from './use-arriving.ts';

/** Below this zoom text cannot be read, and elements cost more than they show. */
const OVERVIEW_ZOOM = 0.35;
const MOST_ELEMENTS = 300;
const NOTHING: FlowElements = { nodes: [], edges: [] };

interface Elements {
  readonly nodes: FlowNode[];
  readonly edges: FlowEdge[];
  /** the canvas shows the scene; there are no elements */
  readonly overview: boolean;
  /** some of the screen has no elements yet */
  readonly arriving: boolean;
}

/** `size`: of the view, px; nothing is made into elements before it is known. */
export function useElements(scene: Scene, size: Size): Elements {
  const flow = useReactFlow();
  const overview = useStore(
    useCallback(
      ({ transform: [x, y, zoom], width, height }) =>
        zoom < OVERVIEW_ZOOM || countVisible(scene, boundsOf({ x, y, zoom }, width, height)) > MOST_ELEMENTS,
      [scene],
    ),
  );
  // Nothing is made into elements before there is little enough to be seen of it.
  const elementsIn = useMemo(() => flowElementsOf(scene), [scene]);
  const around = useStore(
    ({ transform: [x, y, zoom], width, height }) => windowAround(boundsOf({ x, y, zoom }, width, height)),
    shallow,
  );
  const sized = size.width > 0;
  const wanted = useMemo(
    () => (overview || !sized ? NOTHING : elementsIn(around)),
    [elementsIn, around, overview, sized],
  );
  const { given, arriving } = useArriving(wanted, () =>
    boundsOf(flow.getViewport(), size.width, size.height),
  );
  return { nodes: useLeaving(given.nodes), edges: given.edges, overview, arriving };
}

/** With those hidden that were there before. */
function useLeaving(nodes: readonly FlowNode[]): FlowNode[] {
  const before = useRef<readonly FlowNode[]>([]);
  const given = useMemo(() => withLeaving(before.current, nodes), [nodes]);
  useEffect(() => {
    before.current = given;
  }, [given]);
  return given;
}
