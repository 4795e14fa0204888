// The graph: React Flow while what is on the screen is little enough for elements, a canvas otherwise.
// Both draw the same scene; the viewport and the selection are shared.

import { Controls, Panel, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react';
import { Search } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, useCallback, useMemo } from 'react';
import { useActions, useApp, useModel } from '../app/app-context.ts';
import { useHighlight } from '../app/use-highlight.ts';
import { type OpenModel, reportOf } from '../state/app-state.ts';
import { present } from '../state/graph-index.ts';
import type { Highlight, Selection } from '../state/selection.ts';
import { usePalette } from '../theme/palette.ts';
import { IconButton } from '../widgets/button.tsx';
import { Canvas, type Size, useSize } from '../widgets/canvas.tsx';
import { EmptyState } from '../widgets/empty-state.tsx';
import {
  type FlowEdge,
  type FlowNode,
  HighlightContext,
  SceneNodeView,
  selectionOf,
  TensorEdge,
} from './flow-elements.tsx';
import styles from './graph.module.css';
import { boundsOf, countVisible, drawOverview, nodeAt } from './overview.ts';
import type { Scene } from './scene.ts';
import { SearchBox } from './search-box.tsx';
import { useScene } from './use-scene.ts';
import { useViewport } from './use-viewport.ts';

const NODE_TYPES = { scene: SceneNodeView };
const EDGE_TYPES = { tensor: TensorEdge };
/** Below this zoom text cannot be read, and elements cost more than they show. */
const OVERVIEW_ZOOM = 0.35;
const MOST_ELEMENTS = 300;
const LABEL_ZOOM = 0.7;
const NO_GROUPS: readonly never[] = [];
const NOTHING: { readonly nodes: FlowNode[]; readonly edges: FlowEdge[] } = { nodes: [], edges: [] };

export function GraphView() {
  const model = useModel();
  const groups = reportOf(model)?.groups ?? NO_GROUPS;
  const scene = useScene(model, groups);
  if (model.summary.graph.nodes.length === 0) {
    return (
      <EmptyState title="This model has no nodes">The diagnostics on the left say what was found.</EmptyState>
    );
  }
  if (!scene) return <EmptyState title="Laying out the graph…" />;
  return (
    <ReactFlowProvider>
      <SceneView scene={scene} model={model} />
    </ReactFlowProvider>
  );
}

function SceneView({ scene, model }: { readonly scene: Scene; readonly model: OpenModel }) {
  const actions = useActions();
  const highlight = useHighlight();
  const flow = useReactFlow();
  const [sizeRef, size] = useSize();
  const fitAll = useViewport(scene, model, highlight, size);
  const overview = useStore(
    useCallback(
      ({ transform: [x, y, zoom], width, height }) =>
        zoom < OVERVIEW_ZOOM || countVisible(scene, boundsOf({ x, y, zoom }, width, height)) > MOST_ELEMENTS,
      [scene],
    ),
  );
  const labels = useStore(({ transform }) => transform[2] >= LABEL_ZOOM);
  const elements = useMemo(() => flowOf(scene), [scene]);
  const { nodes, edges } = overview ? NOTHING : elements;
  const onPaneClick = (event: MouseEvent): void => {
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const hit = overview ? nodeAt(scene, x, y) : undefined;
    actions.select(hit && selectionOf(hit));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
    if (event.key === 'f') fitAll();
    else if (event.key === '[' || event.key === ']') actions.select(neighbour(model, event.key === '['));
    else return;
    event.preventDefault();
  };
  return (
    <section
      ref={sizeRef}
      className={styles.graph}
      aria-label="Graph"
      data-labels={labels || undefined}
      onKeyDown={onKeyDown}
    >
      {overview && <Overview scene={scene} highlight={highlight} size={size} />}
      <HighlightContext value={highlight}>
        <ReactFlow<FlowNode, FlowEdge>
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          onlyRenderVisibleElements
          minZoom={0.02}
          maxZoom={2.5}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          zoomOnDoubleClick={false}
          proOptions={{ hideAttribution: true }}
          onEdgeClick={(_, edge) =>
            edge.data && actions.select({ kind: 'tensor', id: edge.data.scene.tensor })
          }
          onPaneClick={onPaneClick}
        >
          <Controls showInteractive={false} onFitView={fitAll} />
          <FindPanel />
        </ReactFlow>
      </HighlightContext>
      <Arrowhead />
    </section>
  );
}

function FindPanel() {
  const actions = useActions();
  const finding = useApp(state => state.finding);
  return (
    <Panel position="top-right">
      {finding ? (
        <SearchBox />
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
  const transform = useStore(state => state.transform);
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      const [x, y, zoom] = transform;
      drawOverview(context, scene, { x, y, zoom }, size, palette, highlight);
    },
    [scene, highlight, size, palette, transform],
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

function flowOf(scene: Scene): { readonly nodes: FlowNode[]; readonly edges: FlowEdge[] } {
  const nodes = scene.nodes.map((node): FlowNode => {
    const { key, x, y, width, height } = node;
    const handle = { x: width / 2, width: 1, height: 1 };
    return {
      id: key,
      type: 'scene',
      position: { x, y },
      data: { scene: node },
      width,
      height,
      measured: { width, height },
      handles: [
        { ...handle, type: 'target', position: 'top', y: 0 } as NonNullable<FlowNode['handles']>[number],
        { ...handle, type: 'source', position: 'bottom', y: height } as NonNullable<
          FlowNode['handles']
        >[number],
      ],
      zIndex: node.kind === 'group' ? 0 : 2,
    };
  });
  const labelled = new Set<number>();
  const edges = scene.edges.map((edge): FlowEdge => {
    const first = !labelled.has(edge.tensor);
    labelled.add(edge.tensor);
    return {
      id: edge.key,
      type: 'tensor',
      source: edge.source,
      target: edge.target,
      data: { scene: edge, labelled: first },
      zIndex: 1,
    };
  });
  return { nodes, edges };
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
  const tensors = present((backwards ? node?.inputs : node?.outputs) ?? []).map(id => index.tensors.get(id));
  const [id] = present(tensors.map(tensor => (backwards ? tensor?.producer : tensor?.consumers[0])));
  return id === undefined ? selection : { kind: 'node', id };
}
