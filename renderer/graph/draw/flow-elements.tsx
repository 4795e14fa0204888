// How React Flow draws the scene: an operator, an input or output, a frame, a tensor. Each knows whether it is marked.

import { type Edge, type EdgeProps, type Node, type NodeProps, ViewportPortal } from '@xyflow/react';
import { type CSSProperties, createContext, type KeyboardEvent, memo, use } from 'react';
import { useSelect } from '../../hooks/app-context.ts';
import type { Highlight, Selection } from '../../state/selection.ts';
import { familyVariable } from '../../theme/families.ts';
import type { Heat, HeatMap } from '../colour/heat.ts';
import { HOTTEST, TONE_COLOURS } from '../colour/heat-scale.ts';
import type { Direction } from '../layout/nested.ts';
import { curveOf, type SceneEdge, type SceneNode } from '../scene/scene.ts';
import edges from './edges.module.css';
import styles from './nodes.module.css';

export type FlowNode = Node<{ readonly scene: SceneNode }, 'scene'>;
export type FlowEdge = Edge<
  { readonly scene: SceneEdge; readonly labelled: boolean; readonly direction: Direction },
  'tensor'
>;

export const HighlightContext = createContext<Highlight | undefined>(undefined);
export const HeatContext = createContext<HeatMap>(new Map());
/** Opens or closes a scope, or goes into a node's body; says whether there was one. */
export const ExpandContext = createContext<(node: SceneNode) => boolean>(() => false);

/** What a click on it selects. */
export function selectionOf(node: SceneNode): Selection {
  switch (node.kind) {
    case 'group':
      return { kind: 'group', id: String(node.id) };
    case 'scope':
      return { kind: 'scope', id: String(node.id), nodes: node.members ?? [] };
    default:
      return { kind: node.kind === 'node' ? 'node' : 'tensor', id: Number(node.id) };
  }
}

/** Whether the highlight takes it in; a closed scope is marked for what is in it. */
export function isMarked(node: SceneNode, highlight: Highlight | undefined): boolean {
  if (!highlight) return false;
  switch (node.kind) {
    case 'node':
      return highlight.nodes.has(Number(node.id));
    case 'group':
      return highlight.groups.has(String(node.id));
    case 'scope':
      // A closed scope stands for what is in it.
      return (
        highlight.scopes.has(String(node.id)) ||
        (!node.frame && (node.members ?? []).some(member => highlight.nodes.has(member)))
      );
    default:
      return highlight.tensors.has(Number(node.id));
  }
}

/**
 * Where React Flow looks for the end of a line. Its own component is for drawing new lines, and costs more than
 * the rest of a node.
 */
const LineEnd = ({ type }: { readonly type: 'source' | 'target' }) => (
  <i className={`${type} ${styles.lineEnd}`} data-handlepos={type === 'source' ? 'bottom' : 'top'} />
);

/** Left and right of a frame's title, px. */
const FRAME_PADDING = 12;

const NAMES = { node: '', input: 'Input', output: 'Output', group: 'Fused group', scope: 'Group' } as const;

const isPill = ({ kind }: SceneNode): boolean => kind === 'input' || kind === 'output';

/** What is said of a node: in it, and in its tooltip. */
function nodeTexts(node: SceneNode, hot: Heat | undefined) {
  const { kind, title, subtitle, frame, body, folded } = node;
  const opening =
    kind === 'scope'
      ? 'Double click expands or collapses'
      : body !== undefined && 'Double click enters the subgraph';
  return {
    title: `${kind === 'scope' ? (frame ? '▾ ' : '▸ ') : ''}${title}${body ? ' ⤵' : ''}`,
    second: folded ? 'folded away' : isPill(node) || frame ? hot?.text : (hot?.text ?? subtitle),
    tooltip: [
      title,
      subtitle,
      hot?.text,
      folded && 'No step executes it: it is folded into others before the run',
      opening,
    ]
      .filter(line => line !== undefined && line !== false)
      .join('\n'),
  };
}

/** The colours of a node: of its family, and of how hot it is. */
const nodeStyle = ({ family }: SceneNode, hot: Heat | undefined) =>
  ({
    '--family': familyVariable(family),
    '--level': `${(hot?.level ?? 0) * HOTTEST * 100}%`,
    ...(hot?.tone && { '--heat': `var(--${TONE_COLOURS[hot.tone]})` }),
  }) as CSSProperties;

export const SceneNodeView = memo(function SceneNodeView({ data }: NodeProps<FlowNode>) {
  const select = useSelect();
  const expand = use(ExpandContext);
  const heat = use(HeatContext);
  const marked = isMarked(data.scene, use(HighlightContext));
  const { key, kind, title, frame, folded } = data.scene;
  const hot = heat.get(key);
  const texts = nodeTexts(data.scene, hot);
  const style = nodeStyle(data.scene, hot);
  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter expands what can be; the space bar selects.
    if (event.key === 'Enter' && expand(data.scene)) event.preventDefault();
  };
  return (
    <>
      <LineEnd type="target" />
      <button
        type="button"
        className={`${styles[kind]} ${frame ? styles.frame : ''}`}
        style={style}
        data-hot={(heat.size > 0 && (hot !== undefined || !isPill(data.scene))) || undefined}
        data-folded={folded}
        data-scene={key}
        // Arrow keys lead here: the Tab key stops once at the graph, however much is in it.
        tabIndex={-1}
        aria-pressed={marked}
        aria-expanded={kind === 'scope' ? frame : undefined}
        title={texts.tooltip}
        onClick={() => select(selectionOf(data.scene))}
        onDoubleClick={() => expand(data.scene)}
        onKeyDown={onKeyDown}
      >
        {kind !== 'node' && (
          <span className="visually-hidden">
            {NAMES[kind]} {frame && `${title} ${texts.second ?? ''}`}
          </span>
        )}
        <span className={styles.title}>{texts.title}</span>{' '}
        {texts.second && <span className={styles.subtitle}>{texts.second}</span>}
      </button>
      <LineEnd type="source" />
      {frame && <FrameHead node={data.scene} texts={texts} style={style} isHeated={heat.size > 0} />}
    </>
  );
});

/** The title of a frame, above the lines that enter it, which would strike it through. */
function FrameHead(props: {
  readonly node: SceneNode;
  readonly texts: ReturnType<typeof nodeTexts>;
  readonly style: CSSProperties;
  readonly isHeated: boolean;
}) {
  const { node, texts } = props;
  const { kind, x, y, width } = node;
  const place = { translate: `${x + FRAME_PADDING}px ${y + 3}px`, width: width - 2 * FRAME_PADDING };
  return (
    <ViewportPortal>
      <div
        className={styles.frameHead}
        data-kind={kind}
        data-hot={props.isHeated || undefined}
        style={{ ...props.style, ...place }}
        aria-hidden
      >
        <span>{texts.title}</span>
        {texts.second && <span>{texts.second}</span>}
      </div>
    </ViewportPortal>
  );
}

/** Where a line starts: beside it, or above it. */
const labelTop = ({ path }: SceneEdge, direction: Direction): number =>
  (path[1] ?? 0) + (direction === 'down' ? 4 : -16);

export const TensorEdge = memo(function TensorEdge({ data }: EdgeProps<FlowEdge>) {
  const highlight = use(HighlightContext);
  if (!data) return null;
  const { scene, labelled, direction } = data;
  const curve = curveOf(scene.path, direction);
  return (
    <g className={edges.edge} data-marked={highlight?.tensors.has(scene.tensor) || undefined}>
      <path d={curve} className={edges.edgeHit} />
      <path d={curve} className={edges.edgeLine} markerEnd="url(#arrow)" />
      {labelled && scene.label !== '' && (
        // Above the lines of all other tensors, which would strike it through.
        <ViewportPortal>
          <span
            className={edges.edgeLabel}
            style={{ translate: `${(scene.path[0] ?? 0) + 4}px ${labelTop(scene, direction)}px` }}
          >
            {scene.label}
          </span>
        </ViewportPortal>
      )}
    </g>
  );
});
