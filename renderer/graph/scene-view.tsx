// A scene on the screen: React Flow while what is on the screen is little enough for elements, a canvas otherwise.
// Both draw the same scene; the viewport and the selection are shared.

import { ControlButton, Controls, ReactFlow, useReactFlow, useStore } from '@xyflow/react';
import { Maximize } from 'lucide-react';
import { type MouseEvent, type ReactNode, use, useCallback } from 'react';
import { useActions, useApp, useSelect } from '../hooks/app-context.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { type KeyPress, useUnfocusedKeys } from '../hooks/use-unfocused-keys.ts';
import type { OpenModel } from '../state/app-state.ts';
import { latinKey } from '../state/commands/latin-key.ts';
import { colourOf } from '../state/derived/graph-colour.ts';
import { nextAlong } from '../state/derived/trace.ts';
import { type Size, useSize } from '../widgets/canvas.tsx';
import { Arrowhead } from './draw/arrowhead.tsx';
import {
  ExpandContext,
  type FlowEdge,
  type FlowNode,
  HeatContext,
  HighlightContext,
  isMarked,
  SceneNodeView,
  selectionOf,
  TensorEdge,
} from './draw/flow-elements.tsx';
import { nodeAt } from './draw/overview.ts';
import { OverviewCanvas } from './draw/overview-canvas.tsx';
import { useElements } from './draw/use-elements.ts';
import styles from './graph.module.css';
import { GraphLookPanel } from './look-panel.tsx';
import type { Scene, SceneNode } from './scene/scene.ts';
import type { ScopeTree } from './scene/scopes.ts';
import { FindPanel } from './search/find-panel.tsx';
import { Minimap } from './viewport/minimap.tsx';
import { LEAST_ZOOM, MOST_ZOOM, movedView } from './viewport/moved-view.ts';
import { useArrowFocus } from './viewport/use-arrow-focus.ts';
import { useViewport } from './viewport/use-viewport.ts';

const NODE_TYPES = { scene: SceneNodeView };
const EDGE_TYPES = { tensor: TensorEdge };
const CONTROL_NAMES = { 'controls.zoomIn.ariaLabel': 'Zoom in', 'controls.zoomOut.ariaLabel': 'Zoom out' };
const LABEL_ZOOM = 0.7;

/** React Flow draws and moves. What is chosen, focused and typed is ours: its keys would take them before they arrive. */
const FLOW_BEHAVIOUR = {
  onlyRenderVisibleElements: true,
  minZoom: LEAST_ZOOM,
  maxZoom: MOST_ZOOM,
  nodesDraggable: false,
  nodesConnectable: false,
  nodesFocusable: false,
  edgesFocusable: false,
  elementsSelectable: false,
  disableKeyboardA11y: true,
  deleteKeyCode: null,
  selectionKeyCode: null,
  multiSelectionKeyCode: null,
  panActivationKeyCode: null,
  zoomOnDoubleClick: false,
  proOptions: { hideAttribution: true },
  ariaLabelConfig: CONTROL_NAMES,
} as const;

interface SceneViewProps {
  readonly scene: Scene;
  readonly model: OpenModel;
  readonly tree: ScopeTree;
  readonly open: ReadonlySet<string>;
}

/** `tree`: all scopes of the graph; `open`: those that the scene shows the inside of. */
export function SceneView({ scene, model, tree, open }: SceneViewProps) {
  const highlight = useHighlight();
  const heat = use(HeatContext);
  const colour = useApp(colourOf);
  const [sizeRef, size, section] = useSize();
  const fitAll = useViewport(scene, model, highlight, size);
  const labels = useStore(({ transform }) => transform[2] >= LABEL_ZOOM);
  const elements = useElements(scene, size);
  const { overview, arriving } = elements;
  const expand = useExpand();
  const selected = (node: SceneNode): boolean => isMarked(node, highlight);
  const onArrow = useArrowFocus(section, { scene, size, selected, overview });
  const onKeyDown = useSceneKeys(model, size, { fitAll, onArrow });
  const onOverview = useOverviewClicks(overview ? scene : undefined, expand);
  return (
    <section
      ref={sizeRef}
      className={styles.graph}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys of the graph work where nothing in it has the focus
      tabIndex={0}
      aria-label="Graph"
      aria-busy={size.width === 0 || arriving}
      aria-description="Arrow keys go to the nearest operator, brackets along its tensors; W and S zoom"
      data-nodes={scene.nodes.length}
      data-labels={labels || undefined}
      data-heat={heat.size > 0 || undefined}
      data-changes={(colour === 'changes' && heat.size > 0) || undefined}
      onKeyDown={onKeyDown}
      onDoubleClick={onOverview.doubleClick}
    >
      {(overview || arriving) && <OverviewCanvas scene={scene} highlight={highlight} size={size} />}
      <HighlightContext value={highlight}>
        <ExpandContext value={expand}>
          <Flow elements={elements} onPaneClick={onOverview.click} onFit={fitAll}>
            <FindPanel tree={tree} open={open} />
            <GraphLookPanel />
            <Minimap scene={scene} size={size} />
          </Flow>
        </ExpandContext>
      </HighlightContext>
      <Arrowhead />
    </section>
  );
}

/** React Flow with these elements, and the panels above them. */
function Flow(props: {
  readonly elements: ReturnType<typeof useElements>;
  readonly onPaneClick: (event: MouseEvent) => void;
  readonly onFit: () => void;
  readonly children: ReactNode;
}) {
  const { elements, onFit } = props;
  const select = useSelect();
  return (
    <ReactFlow<FlowNode, FlowEdge>
      {...FLOW_BEHAVIOUR}
      nodes={elements.nodes}
      edges={elements.edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onEdgeClick={(_, edge) => edge.data && select({ kind: 'tensor', id: edge.data.scene.tensor })}
      onPaneClick={event => props.onPaneClick(event as MouseEvent)}
    >
      {/* Not its own fit: that knows the nodes it has, and those are what is on the screen. */}
      <Controls showInteractive={false} showFitView={false}>
        <ControlButton title="Fit (F)" aria-label="Fit" onClick={onFit}>
          <Maximize aria-hidden />
        </ControlButton>
      </Controls>
      {props.children}
    </ReactFlow>
  );
}

/** Clicks on what the overview draws of a scene; elements are asked themselves, and then there is none. */
function useOverviewClicks(scene: Scene | undefined, expand: (node: SceneNode) => boolean) {
  const flow = useReactFlow();
  const select = useSelect();
  const hitAt = (event: MouseEvent): SceneNode | undefined => {
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    return scene && nodeAt(scene, x, y);
  };
  return {
    click(event: MouseEvent): void {
      const hit = hitAt(event);
      select(hit && selectionOf(hit));
    },
    doubleClick(event: MouseEvent): void {
      const hit = hitAt(event);
      if (hit) expand(hit);
    },
  };
}

/** The keys of the graph, which also work where nothing on the page has the focus. */
function useSceneKeys(
  model: OpenModel,
  size: Size,
  { fitAll, onArrow }: { readonly fitAll: () => void; readonly onArrow: (event: KeyPress) => boolean },
) {
  const flow = useReactFlow();
  const select = useSelect();
  const move = (event: KeyPress): boolean => {
    const moved = event.shiftKey ? undefined : movedView(latinKey(event), flow.getViewport(), size);
    if (moved) void flow.setViewport(moved);
    return moved !== undefined;
  };
  const onKeyDown = (event: KeyPress): void => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = latinKey(event);
    if (key === 'f') fitAll();
    else if (key === '[' || key === ']') select(nextAlong(model, key === '[' ? 'inputs' : 'outputs'));
    else if (!onArrow(event) && !move(event)) return;
    event.preventDefault();
  };
  useUnfocusedKeys(onKeyDown);
  return onKeyDown;
}

/** Opens a scope in place, or goes into a node's body; says whether there was something to open. */
function useExpand(): (node: SceneNode) => boolean {
  const actions = useActions();
  return useCallback(
    node => {
      if (node.kind === 'scope') actions.toggleScope(String(node.id));
      else if (node.kind === 'node' && node.body !== undefined) actions.enterBody(Number(node.id), node.body);
      else return false;
      return true;
    },
    [actions],
  );
}
