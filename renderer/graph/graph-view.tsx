// The graph: React Flow while what is on the screen is little enough for elements, a canvas otherwise.
// Both draw the same scene; the viewport and the selection are shared.

import {
  ControlButton,
  Controls,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from '@xyflow/react';
import { Maximize, Search } from 'lucide-react';
import { type MouseEvent, use, useCallback, useEffect, useMemo, useRef } from 'react';
import { shallow } from 'zustand/shallow';
import { ModelContext, useActions, useApp, useModel, useSelect } from '../hooks/app-context.ts';
import { useChanges } from '../hooks/use-changes.ts';
import { useComparison } from '../hooks/use-comparison.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { type KeyPress, useUnfocusedKeys } from '../hooks/use-unfocused-keys.ts';
import { type OpenModel, reportOf, runOf } from '../state/app-state.ts';
import { latinKey } from '../state/commands/latin-key.ts';
import { insideOf } from '../state/derived/bodies.ts';
import { colourOf } from '../state/derived/graph-colour.ts';
import { present, readBy } from '../state/derived/graph-index.ts';
import type { Highlight, Selection } from '../state/selection.ts';
import { usePalette } from '../theme/palette.ts';
import { IconButton } from '../widgets/button.tsx';
import { Canvas, type Size, useSize } from '../widgets/canvas.tsx';
import { EmptyState } from '../widgets/empty-state.tsx';
import { BodyPath } from './body-path.tsx';
import { changeHeat } from './colour/change-heat.ts';
import { type HeatMap, heatOf, stepValues } from './colour/heat.ts';
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
import { type FlowElements, flowElementsOf, windowAround, withLeaving } from './draw/flow-window.ts';
import { boundsOf, countVisible, drawOverview, nodeAt } from './draw/overview.ts';
import { useArriving } from './draw/use-arriving.ts';
import styles from './graph.module.css';
import { LayoutProgress } from './layout-progress.tsx';
import { GraphLookPanel } from './look-panel.tsx';
import { executionOf, type Scene, type SceneNode } from './scene/scene.ts';
import { closedAround, type ScopeTree } from './scene/scopes.ts';
import { useScene } from './scene/use-scene.ts';
import { SearchBox } from './search/search-box.tsx';
import { Minimap } from './viewport/minimap.tsx';
import { LEAST_ZOOM, MOST_ZOOM, movedView } from './viewport/moved-view.ts';
import { useArrowFocus } from './viewport/use-arrow-focus.ts';
import { useViewport } from './viewport/use-viewport.ts';

const NODE_TYPES = { scene: SceneNodeView };
const EDGE_TYPES = { tensor: TensorEdge };
const CONTROL_NAMES = { 'controls.zoomIn.ariaLabel': 'Zoom in', 'controls.zoomOut.ariaLabel': 'Zoom out' };
/** Below this zoom text cannot be read, and elements cost more than they show. */
const OVERVIEW_ZOOM = 0.35;
const MOST_ELEMENTS = 300;
const LABEL_ZOOM = 0.7;
const NO_HEAT: HeatMap = new Map();
const NOTHING: FlowElements = { nodes: [], edges: [] };

export function GraphView() {
  const outer = useModel();
  const model = insideOf(outer);
  return (
    <ModelContext value={model}>
      <div className={styles.body}>
        <BodyPath model={outer} />
        <GraphOf key={model.body ?? ''} model={model} whole={outer} />
      </div>
    </ModelContext>
  );
}

function GraphOf({ model, whole }: { readonly model: OpenModel; readonly whole: OpenModel }) {
  const report = reportOf(model);
  const { direction, wrap, fusion } = useApp(state => state.graph);
  const colour = useApp(colourOf);
  const execution = useMemo(() => executionOf(report, fusion), [report, fusion]);
  const { shown, pending } = useScene(model, execution, { direction, wrap });
  const plan = model.body === undefined ? reportOf(whole)?.asExecuted : undefined;
  const run = model.body === undefined ? runOf(whole)?.report : undefined;
  const compared = useComparison();
  const comparison = model.body === undefined ? compared?.comparison : undefined;
  const values = useMemo(() => stepValues(colour, plan, run, comparison), [colour, plan, run, comparison]);
  const changes = useChanges(whole);
  const scene = shown?.scene;
  const heat = useMemo(() => {
    if (!scene) return NO_HEAT;
    const marked = colour === 'changes' && model.body === undefined ? changes : undefined;
    return marked ? changeHeat(scene, marked) : heatOf(scene, values);
  }, [scene, values, changes, colour, model.body]);
  if (model.summary.graph.nodes.length === 0) {
    return (
      <EmptyState title="This model has no nodes">
        {model.summary.diagnostics.length > 0
          ? 'The diagnostics on the left say what was found.'
          : 'Its outputs are what it is given, or weights: there is nothing to compute.'}
      </EmptyState>
    );
  }
  return (
    <>
      {shown && (
        <ReactFlowProvider>
          <HeatContext value={heat}>
            <SceneView {...shown} model={model} />
          </HeatContext>
        </ReactFlowProvider>
      )}
      {pending && <LayoutProgress pending={pending} />}
    </>
  );
}

interface SceneViewProps {
  readonly scene: Scene;
  readonly model: OpenModel;
  readonly tree: ScopeTree;
  readonly open: ReadonlySet<string>;
}

function SceneView({ scene, model, tree, open }: SceneViewProps) {
  const actions = useActions();
  const select = useSelect();
  const highlight = useHighlight();
  const heat = use(HeatContext);
  const colour = useApp(colourOf);
  const flow = useReactFlow();
  const [sizeRef, size] = useSize();
  const section = useRef<HTMLElement>(null);
  const take = useCallback(
    (element: HTMLElement | null) => {
      section.current = element;
      sizeRef(element);
    },
    [sizeRef],
  );
  const fitAll = useViewport(scene, model, highlight, size);
  const overview = useStore(
    useCallback(
      ({ transform: [x, y, zoom], width, height }) =>
        zoom < OVERVIEW_ZOOM || countVisible(scene, boundsOf({ x, y, zoom }, width, height)) > MOST_ELEMENTS,
      [scene],
    ),
  );
  const labels = useStore(({ transform }) => transform[2] >= LABEL_ZOOM);
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
  const nodes = useLeaving(given.nodes);
  const expand = useCallback(
    (node: SceneNode): boolean => {
      if (node.kind === 'scope') actions.toggleScope(String(node.id));
      else if (node.kind === 'node' && node.body !== undefined) actions.enterBody(Number(node.id), node.body);
      else return false;
      return true;
    },
    [actions],
  );
  const hitAt = (event: MouseEvent): SceneNode | undefined => {
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    return overview ? nodeAt(scene, x, y) : undefined;
  };
  const onArrow = useArrowFocus(section, {
    scene,
    size,
    selected: node => isMarked(node, highlight),
    overview,
  });
  const move = (event: KeyPress): boolean => {
    const moved = event.shiftKey ? undefined : movedView(latinKey(event), flow.getViewport(), size);
    if (moved) void flow.setViewport(moved);
    return moved !== undefined;
  };
  const onDoubleClick = (event: MouseEvent): void => {
    const hit = hitAt(event);
    if (hit) expand(hit);
  };
  const onKeyDown = (event: KeyPress): void => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = latinKey(event);
    if (key === 'f') fitAll();
    else if (key === '[' || key === ']') select(neighbour(model, key === '['));
    else if (!onArrow(event) && !move(event)) return;
    event.preventDefault();
  };
  useUnfocusedKeys(onKeyDown);
  return (
    <section
      ref={take}
      className={styles.graph}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys of the graph work where nothing in it has the focus
      tabIndex={0}
      aria-label="Graph"
      aria-busy={!sized || arriving}
      aria-description="Arrow keys go to the nearest operator, brackets along its tensors; W and S zoom"
      data-nodes={scene.nodes.length}
      data-labels={labels || undefined}
      data-heat={heat.size > 0 || undefined}
      data-changes={(colour === 'changes' && heat.size > 0) || undefined}
      onKeyDown={onKeyDown}
      onDoubleClick={onDoubleClick}
    >
      {(overview || arriving) && <Overview scene={scene} highlight={highlight} size={size} />}
      <HighlightContext value={highlight}>
        <ExpandContext value={expand}>
          <ReactFlow<FlowNode, FlowEdge>
            nodes={nodes}
            edges={given.edges}
            nodeTypes={NODE_TYPES}
            edgeTypes={EDGE_TYPES}
            onlyRenderVisibleElements
            minZoom={LEAST_ZOOM}
            maxZoom={MOST_ZOOM}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            disableKeyboardA11y
            // Keys are the commands' own: it would take them before they arrive.
            deleteKeyCode={null}
            selectionKeyCode={null}
            multiSelectionKeyCode={null}
            panActivationKeyCode={null}
            zoomOnDoubleClick={false}
            proOptions={{ hideAttribution: true }}
            ariaLabelConfig={CONTROL_NAMES}
            onEdgeClick={(_, edge) => edge.data && select({ kind: 'tensor', id: edge.data.scene.tensor })}
            onPaneClick={event => {
              const hit = hitAt(event as MouseEvent);
              select(hit && selectionOf(hit));
            }}
          >
            {/* Not its own fit: that knows the nodes it has, and those are what is on the screen. */}
            <Controls showInteractive={false} showFitView={false}>
              <ControlButton title="Fit (F)" aria-label="Fit" onClick={fitAll}>
                <Maximize aria-hidden />
              </ControlButton>
            </Controls>
            <FindPanel tree={tree} open={open} />
            <GraphLookPanel />
            <Minimap scene={scene} size={size} />
          </ReactFlow>
        </ExpandContext>
      </HighlightContext>
      <Arrowhead />
    </section>
  );
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

function FindPanel({ tree, open }: Pick<SceneViewProps, 'tree' | 'open'>) {
  const actions = useActions();
  const finding = useApp(state => state.finding);
  return (
    <Panel position="top-right" className={styles.findPanel}>
      {finding ? (
        <SearchBox
          onGo={nodes => {
            const closed = new Set(nodes.flatMap(node => closedAround(tree, open, node)));
            for (const scope of closed) actions.toggleScope(scope);
          }}
        />
      ) : (
        <IconButton
          label="Find in graph"
          shortcut="Ctrl+F"
          className={styles.find}
          onClick={() => actions.setFinding(true)}
        >
          <Search size={14} aria-hidden />
        </IconButton>
      )}
    </Panel>
  );
}

function Overview(props: { readonly scene: Scene; readonly highlight: Highlight; readonly size: Size }) {
  const { scene, highlight, size } = props;
  const palette = usePalette();
  const heat = use(HeatContext);
  const transform = useStore(state => state.transform);
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      const [x, y, zoom] = transform;
      drawOverview(context, scene, { x, y, zoom }, size, palette, highlight, heat);
    },
    [scene, highlight, size, palette, transform, heat],
  );
  return <Canvas className={styles.overview} size={size} draw={draw} aria-hidden />;
}

/** One arrowhead for all edges; it takes the colour of the line. */
function Arrowhead() {
  return (
    <svg className="visually-hidden" aria-hidden>
      <title>Arrow</title>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerUnits="userSpaceOnUse"
          markerWidth="9"
          markerHeight="9"
          orient="auto"
        >
          <path d="M0,1 L8,4 L0,7 Z" fill="context-stroke" />
        </marker>
      </defs>
    </svg>
  );
}

/** The node that makes an input of the one selected, or reads its result. */
function neighbour({ selection, index }: OpenModel, backwards: boolean): Selection | undefined {
  if (selection?.kind === 'tensor') {
    const tensor = index.tensors.get(selection.id);
    const id = backwards ? tensor?.producer : tensor?.consumers[0];
    return id === undefined ? selection : { kind: 'node', id };
  }
  if (selection?.kind !== 'node') return selection;
  const node = index.nodes.get(selection.id);
  const ids = node ? (backwards ? readBy(node) : present(node.outputs)) : [];
  const tensors = ids.map(id => index.tensors.get(id));
  const [id] = present(tensors.map(tensor => (backwards ? tensor?.producer : tensor?.consumers[0])));
  return id === undefined ? selection : { kind: 'node', id };
}
