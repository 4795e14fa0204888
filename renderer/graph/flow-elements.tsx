// How React Flow draws the scene: an operator, an input or output, a frame, a tensor. Each knows whether it is marked.

import { type Edge, type EdgeProps, Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { createContext, memo, use } from 'react';
import { useActions } from '../app/app-context.ts';
import type { Highlight, Selection } from '../state/selection.ts';
import { familyVariable } from '../theme/families.ts';
import styles from './graph.module.css';
import { curveOf, type SceneEdge, type SceneNode } from './scene.ts';

export type FlowNode = Node<{ readonly scene: SceneNode }, 'scene'>;
export type FlowEdge = Edge<{ readonly scene: SceneEdge; readonly labelled: boolean }, 'tensor'>;

export const HighlightContext = createContext<Highlight | undefined>(undefined);

export const selectionOf = (node: SceneNode): Selection =>
  node.kind === 'group'
    ? { kind: 'group', id: String(node.id) }
    : { kind: node.kind === 'node' ? 'node' : 'tensor', id: Number(node.id) };

export function isMarked(node: SceneNode, highlight: Highlight | undefined): boolean {
  if (!highlight) return false;
  switch (node.kind) {
    case 'node':
      return highlight.nodes.has(Number(node.id));
    case 'group':
      return highlight.groups.has(String(node.id));
    default:
      return highlight.tensors.has(Number(node.id));
  }
}

const NAMES = { input: 'Input', output: 'Output', group: 'Fused group' } as const;

export const SceneNodeView = memo(function SceneNodeView({ data }: NodeProps<FlowNode>) {
  const actions = useActions();
  const marked = isMarked(data.scene, use(HighlightContext));
  const { kind, title, subtitle, family } = data.scene;
  return (
    <>
      <Handle type="target" position={Position.Top} className={styles.handle} />
      <button
        type="button"
        className={styles[kind]}
        style={{ '--family': familyVariable(family) } as React.CSSProperties}
        aria-pressed={marked}
        title={`${title}\n${subtitle}`}
        onClick={() => actions.select(selectionOf(data.scene))}
      >
        {kind !== 'node' && <span className="visually-hidden">{NAMES[kind]} </span>}
        <span className={styles.title}>{title}</span>{' '}
        {kind === 'node' && <span className={styles.subtitle}>{subtitle}</span>}
      </button>
      <Handle type="source" position={Position.Bottom} className={styles.handle} />
    </>
  );
});

export const TensorEdge = memo(function TensorEdge({ data }: EdgeProps<FlowEdge>) {
  const highlight = use(HighlightContext);
  if (!data) return null;
  const { scene, labelled } = data;
  const curve = curveOf(scene.path);
  return (
    <g className={styles.edge} data-marked={highlight?.tensors.has(scene.tensor) || undefined}>
      <path d={curve} className={styles.edgeHit} />
      <path d={curve} className={styles.edgeLine} markerEnd="url(#arrow)" />
      {labelled && (
        <text x={(scene.path[0] ?? 0) + 5} y={(scene.path[1] ?? 0) + 14} className={styles.edgeLabel}>
          {scene.label}
        </text>
      )}
    </g>
  );
});
