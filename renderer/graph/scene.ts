// What the graph view draws, independent of how: operators, graph inputs and outputs, frames of fused groups,
// and tensors as edges. Built in two steps: `draft` says what there is and how large, layout says where.

import type { FusedGroup, GraphSummary, NodeSummary, TensorSummary } from '../../engine/report/types.ts';
import { formatShape } from '../format/units.ts';
import { type GraphIndex, present, shortName } from '../state/graph-index.ts';
import { type Family, familyOf } from '../theme/families.ts';
import type { NestedInput, NestedLayout, NestedNode } from './nested.ts';

export interface SceneNode {
  /** 'node:3', 'input:0', 'output:7', 'group:conv1' */
  readonly key: string;
  readonly kind: 'node' | 'input' | 'output' | 'group';
  /** node, tensor or group id, by kind */
  readonly id: number | string;
  readonly title: string;
  readonly subtitle: string;
  readonly family: Family;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface SceneEdge {
  readonly key: string;
  readonly tensor: number;
  /** keys of scene nodes */
  readonly source: string;
  readonly target: string;
  readonly label: string;
  /** x, y, x, y … */
  readonly path: ArrayLike<number>;
}

export interface Scene {
  /** frames before what is in them */
  readonly nodes: readonly SceneNode[];
  readonly edges: readonly SceneEdge[];
  readonly width: number;
  readonly height: number;
}

type DraftNode = Omit<SceneNode, 'x' | 'y'> & { readonly parent?: number };
type DraftEdge = Omit<SceneEdge, 'path'> & { readonly ends: readonly [number, number] };

export interface Draft {
  readonly nodes: readonly DraftNode[];
  readonly edges: readonly DraftEdge[];
}

const NODE_HEIGHT = 40;
const PILL_HEIGHT = 28;
/** Widths of a character in the fonts of titles and subtitles, px. */
const TITLE_CHARACTER = 7.6;
const SUBTITLE_CHARACTER = 6.6;

/** Wide enough for the text, within bounds; the whole text is in the tooltip. */
const widthFor = (title: string, subtitle = ''): number => {
  const text = Math.max(title.length * TITLE_CHARACTER, subtitle.length * SUBTITLE_CHARACTER);
  return Math.round(Math.min(220, Math.max(96, text + 28)) / 2) * 2;
};

export function draftScene(graph: GraphSummary, index: GraphIndex, groups: readonly FusedGroup[]): Draft {
  const groupOf = new Map(groups.flatMap(group => group.nodes.map(node => [node, group.id] as const)));
  const nodes: DraftNode[] = groups.filter(group => group.nodes.length > 1).map(frameOf);
  const framePosition = new Map(nodes.map((frame, position) => [frame.id, position]));
  const maker = new Map<number, number>();
  for (const id of graph.inputs) {
    const tensor = index.tensors.get(id);
    if (tensor) maker.set(id, nodes.push(pillOf('input', tensor)) - 1);
  }
  const positions = graph.nodes.map(node => {
    const parent = framePosition.get(groupOf.get(node.id) ?? '');
    const position = nodes.push({ ...nodeOf(node), ...(parent !== undefined && { parent }) }) - 1;
    for (const output of present(node.outputs)) maker.set(output, position);
    return position;
  });
  const edges: DraftEdge[] = [];
  const connect = (tensor: number, target: number): void => {
    const source = maker.get(tensor);
    if (source === undefined) return;
    const [from, to] = [nodes[source]?.key ?? '', nodes[target]?.key ?? ''];
    const shape = index.tensors.get(tensor)?.shape;
    const label = shape ? formatShape(shape) : '';
    edges.push({
      key: `${tensor}:${from}>${to}`,
      tensor,
      source: from,
      target: to,
      label,
      ends: [source, target],
    });
  };
  graph.nodes.forEach((node, order) => {
    // A tensor read twice by one node is one line.
    for (const input of new Set(present(node.inputs))) connect(input, positions[order] ?? 0);
  });
  for (const id of graph.outputs) {
    const tensor = index.tensors.get(id);
    if (tensor) connect(id, nodes.push(pillOf('output', tensor)) - 1);
  }
  return { nodes, edges };
}

function frameOf(group: FusedGroup): DraftNode {
  return {
    key: `group:${group.id}`,
    kind: 'group',
    id: group.id,
    title: group.ops.join(' + '),
    subtitle: group.kernel,
    family: familyOf(group.anchorOp ?? group.ops[0] ?? ''),
    width: 0,
    height: 0,
  };
}

function nodeOf(node: NodeSummary): DraftNode {
  const subtitle = shortName(node.name);
  return {
    key: `node:${node.id}`,
    kind: 'node',
    id: node.id,
    title: node.op,
    subtitle,
    family: familyOf(node.op),
    width: widthFor(node.op, subtitle),
    height: NODE_HEIGHT,
  };
}

function pillOf(kind: 'input' | 'output', tensor: TensorSummary): DraftNode {
  return {
    key: `${kind}:${tensor.id}`,
    kind,
    id: tensor.id,
    title: tensor.name,
    subtitle: formatShape(tensor.shape ?? tensor.declared),
    family: 'input',
    width: widthFor(tensor.name),
    height: PILL_HEIGHT,
  };
}

/** What layout needs to know of a draft: plain numbers, so that it can go to a worker. */
export const layoutInputOf = (draft: Draft): NestedInput => ({
  nodes: draft.nodes.map(
    ({ width, height, parent }): NestedNode => ({ width, height, ...(parent !== undefined && { parent }) }),
  ),
  edges: draft.edges.map(edge => edge.ends),
});

export function sceneOf(draft: Draft, layout: NestedLayout): Scene {
  const nodes = draft.nodes.map(
    ({ parent: _, ...node }, index): SceneNode => ({
      ...node,
      x: layout.x[index] ?? 0,
      y: layout.y[index] ?? 0,
      width: layout.width[index] ?? 0,
      height: layout.height[index] ?? 0,
    }),
  );
  const edges = draft.edges.map(
    ({ ends: _, ...edge }, index): SceneEdge => ({
      ...edge,
      path: layout.paths[index] ?? [],
    }),
  );
  return {
    nodes,
    edges,
    width: nodes.reduce((most, node) => Math.max(most, node.x + node.width), 0),
    height: nodes.reduce((most, node) => Math.max(most, node.y + node.height), 0),
  };
}

/** A path through its points, leaving and arriving straight down, with rounded turns. */
export function curveOf(path: ArrayLike<number>): string {
  let text = `M${path[0] ?? 0},${path[1] ?? 0}`;
  for (let i = 2; i + 1 < path.length; i += 2) {
    const [x0, y0, x1, y1] = [path[i - 2] ?? 0, path[i - 1] ?? 0, path[i] ?? 0, path[i + 1] ?? 0];
    const bend = (y1 - y0) / 2;
    text += Math.abs(x1 - x0) < 0.5 ? `L${x1},${y1}` : `C${x0},${y0 + bend},${x1},${y1 - bend},${x1},${y1}`;
  }
  return text;
}
