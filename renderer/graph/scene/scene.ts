// What the graph view draws, independent of how: operators, graph inputs and outputs, frames of fused groups,
// and tensors as edges. Built in two steps: `draft` says what there is and how large, layout says where.

import { counted } from '../../../engine/report/counted.ts';
import { tensorShapeText } from '../../../engine/report/shape-text.ts';
import type { CompileReport, FusedGroup } from '../../../engine/report/types/compile.ts';
import type { GraphSummary, NodeSummary, TensorSummary } from '../../../engine/report/types/model.ts';
import type { PlanStep } from '../../../engine/report/types/plan.ts';
import { mapped, type Steps } from '../../page/in-slices.ts';
import type { GraphLook } from '../../state/app-state.ts';
import { type GraphIndex, present, readBy, shortName } from '../../state/derived/graph-index.ts';
import { type Family, familyOf } from '../../theme/families.ts';
import type { Direction, NestedInput, NestedLayout, NestedNode } from '../layout/nested.ts';
import { closedAround, type Scope, type ScopeTree } from './scopes.ts';
import { textWidth } from './text-width.ts';

export interface SceneNode {
  /** 'node:3', 'input:0', 'output:7', 'group:conv1', 'scope:layers/0' */
  readonly key: string;
  readonly kind: 'node' | 'input' | 'output' | 'group' | 'scope';
  /** node, tensor, group or scope id, by kind */
  readonly id: number | string;
  readonly title: string;
  readonly subtitle: string;
  readonly family: Family;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** of a group or scope: ids of the nodes in it */
  readonly members?: readonly number[];
  /** drawn around others: a fused group, an open scope */
  readonly frame: boolean;
  /** no step executes it: its result was computed beforehand, or it became part of another's weights */
  readonly folded?: boolean;
  /** attribute of the first body that can be entered */
  readonly body?: string;
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
  /** where the path begins and ends in the direction of the drawing */
  readonly span: readonly [first: number, last: number];
}

export interface Scene {
  /** frames before what is in them */
  readonly nodes: readonly SceneNode[];
  readonly edges: readonly SceneEdge[];
  readonly width: number;
  readonly height: number;
  /** where edges run */
  readonly direction: Direction;
}

type DraftNode = Omit<SceneNode, 'x' | 'y'> & { readonly parent?: number };
type DraftEdge = Omit<SceneEdge, 'path' | 'span'> & { readonly ends: readonly [number, number] };

export interface Draft {
  readonly nodes: readonly DraftNode[];
  readonly edges: readonly DraftEdge[];
}

const NODE_HEIGHT = 40;
const PILL_HEIGHT = 28;
/** Sizes of the fonts of titles and subtitles, px. */
const TITLE_SIZE = 12;
const SUBTITLE_SIZE = 11;
/** Of one operator; several in one have longer titles, px. */
const WIDEST = 220;
const WIDEST_JOINED = 304;
/** Of what a frame is made wider for to hold its title, px. */
const WIDEST_FRAME = 264;

/** Wide enough for the text, within bounds; the whole text is in the tooltip. */
const widthFor = (title: string, subtitle = '', most = WIDEST): number => {
  const text = Math.max(textWidth(title, TITLE_SIZE, true), textWidth(subtitle, SUBTITLE_SIZE));
  return Math.round(Math.min(most, Math.max(96, text + 28)) / 2) * 2;
};

/** What a frame's title takes, in the smaller font. */
const frameWidthFor = (title: string): number =>
  Math.round(Math.min(WIDEST_FRAME, textWidth(title, SUBTITLE_SIZE) + 28) / 2) * 2;

/** How the operators of a graph are executed, and how that is shown. */
export interface Execution {
  readonly groups: readonly FusedGroup[];
  /** as frames around their operators, or as one operator each */
  readonly look: GraphLook['fusion'];
  /** the step that executes each node, by its id, where that is known */
  readonly stepOf?: ReadonlyMap<number, PlanStep>;
}

const NOT_PLANNED: readonly FusedGroup[] = [];

/** Without a report nothing is fused yet: no groups. */
export function executionOf(report: CompileReport | undefined, look: GraphLook['fusion']): Execution {
  if (!report) return { groups: NOT_PLANNED, look };
  const stepOf = new Map(
    report.asExecuted.steps.flatMap(step => step.nodes.map(node => [node, step] as const)),
  );
  return { groups: report.groups, look, stepOf };
}

/** What there is to draw with these scopes open: a closed scope stands for all that is in it. */
export function* draftScene(
  graph: GraphSummary,
  index: GraphIndex,
  execution: Execution,
  tree: ScopeTree,
  open: ReadonlySet<string>,
): Steps<Draft> {
  const nodes: DraftNode[] = [];
  const place = placesOf(nodes, index, execution, tree, open);
  yield;
  const maker = new Map<number, number>();
  for (const tensor of givenTo(graph, index)) {
    maker.set(tensor.id, nodes.push(pillOf('input', tensor)) - 1);
  }
  // Constant nodes are weights like initialisers: details and tables have them, the graph shows what is computed.
  const shown = graph.nodes.filter(node => !isWeight(node, index));
  const positions = yield* mapped(shown, node => {
    const position = place(node);
    for (const output of present(node.outputs)) maker.set(output, position);
    return position;
  });
  const edges = new Map<string, DraftEdge>();
  const connect = (tensor: number, target: number): void => {
    const source = maker.get(tensor);
    if (source === undefined || source === target) return;
    const [from, to] = [nodes[source]?.key ?? '', nodes[target]?.key ?? ''];
    const made = index.tensors.get(tensor);
    const key = `${tensor}:${from}>${to}`;
    const label = made ? labelOf(made) : '';
    // A tensor that arrives several times at one place is one line.
    edges.set(key, { key, tensor, source: from, target: to, label, ends: [source, target] });
  };
  yield* mapped(shown, (node, order) => {
    for (const input of readBy(node)) connect(input, positions[order] ?? 0);
  });
  for (const id of graph.outputs) {
    const tensor = index.tensors.get(id);
    if (tensor) connect(id, nodes.push(pillOf('output', tensor)) - 1);
  }
  return { nodes, edges: [...edges.values()] };
}

/** Characters of a dimension's symbol in a label; all of it is in the details. */
const SYMBOL = 10;

/** The shape, where it is known; long symbols cut in their middle. */
function labelOf(tensor: TensorSummary): string {
  if (!tensor.shape && !tensor.declared) return '';
  const cut = (name: string): string =>
    name.length <= SYMBOL ? name : `${name.slice(0, 3)}…${name.slice(4 - SYMBOL)}`;
  return tensorShapeText({
    ...tensor,
    ...(tensor.declared && {
      declared: tensor.declared.map(extent => (typeof extent === 'string' ? cut(extent) : extent)),
    }),
  });
}

/** Whether all that a node gives is stored in the file. */
function isWeight(node: NodeSummary | undefined, index: GraphIndex): boolean {
  const made = present(node?.outputs ?? []);
  return made.length > 0 && made.every(id => index.tensors.get(id)?.kind === 'constant');
}

/** Graph inputs; for a body also what it takes from the graphs around it. */
function givenTo(graph: GraphSummary, index: GraphIndex): readonly TensorSummary[] {
  const inputs = new Set(graph.inputs);
  const taken = graph.tensors.filter(
    ({ id, kind, producer, consumers }) =>
      kind !== 'constant' && producer === undefined && consumers.length > 0 && !inputs.has(id),
  );
  return [...present(graph.inputs).flatMap(id => index.tensors.get(id) ?? []), ...taken];
}

/** Puts scopes and fused groups into `nodes`; returns what puts a node there, or finds what stands for it. */
function placesOf(
  nodes: DraftNode[],
  index: GraphIndex,
  { groups, look, stepOf }: Execution,
  tree: ScopeTree,
  open: ReadonlySet<string>,
): (node: NodeSummary) => number {
  const scopePosition = new Map<string, number>();
  const inScope = (id: string | undefined) => {
    const parent = id === undefined ? undefined : scopePosition.get(id);
    return parent === undefined ? {} : { parent };
  };
  for (const scope of tree.scopes.values()) {
    if (scope.parent !== undefined && !(open.has(scope.parent) && scopePosition.has(scope.parent))) continue;
    if (scope.nodes.every(id => isWeight(index.nodes.get(id), index))) continue;
    const drafted = { ...scopeNodeOf(scope, index, open.has(scope.id)), ...inScope(scope.parent) };
    scopePosition.set(scope.id, nodes.push(drafted) - 1);
  }
  const standsFor = (node: number): number | undefined => {
    const [outermost] = closedAround(tree, open, node);
    return outermost === undefined ? undefined : scopePosition.get(outermost);
  };
  const groupPosition = new Map<number, number>();
  // A depth-first chain is a group around groups: outer ones come first.
  for (const group of groups.toSorted((a, b) => b.nodes.length - a.nodes.length)) {
    const [first = -1] = group.nodes;
    if (group.nodes.length < 2 || standsFor(first) !== undefined) continue;
    const around = groupPosition.get(first);
    if (around !== undefined && look === 'joined') continue;
    const drafted = look === 'framed' ? frameOf(group) : joinedOf(group);
    const parent = around === undefined ? inScope(tree.scopeOf.get(first)) : { parent: around };
    const position = nodes.push({ ...drafted, ...parent }) - 1;
    for (const node of group.nodes) groupPosition.set(node, position);
  }
  // A step without a group may compute several operators too: those after the first are in its weights.
  const stepPosition = new Map<PlanStep, number>();
  return node => {
    const closed = standsFor(node.id);
    if (closed !== undefined) return closed;
    const group = groupPosition.get(node.id);
    if (group !== undefined && look === 'joined') return group;
    const step = stepOf?.get(node.id);
    const whole = look === 'joined' && step && step.nodes.length > 1 ? step : undefined;
    const joined = whole && stepPosition.get(whole);
    if (joined !== undefined) return joined;
    const parent = group === undefined ? inScope(tree.scopeOf.get(node.id)) : { parent: group };
    const folded = stepOf && !step ? { folded: true } : {};
    const position = nodes.push({ ...nodeOf(node, whole?.title), ...folded, ...parent }) - 1;
    if (whole) stepPosition.set(whole, position);
    return position;
  };
}

function scopeNodeOf(scope: Scope, index: GraphIndex, isOpen: boolean): DraftNode {
  const subtitle = counted(scope.nodes.length, 'operator');
  return {
    key: `scope:${scope.id}`,
    kind: 'scope',
    id: scope.id,
    title: scope.name,
    subtitle,
    family: mostFrequent(scope.nodes.map(node => familyOf(index.nodes.get(node)?.op ?? ''))),
    width: isOpen ? frameWidthFor(scope.name) : widthFor(`▸ ${scope.name}`, subtitle),
    height: isOpen ? 0 : NODE_HEIGHT,
    members: scope.nodes,
    frame: isOpen,
  };
}

function mostFrequent(families: readonly Family[]): Family {
  const counts = [...Map.groupBy(families, family => family)];
  return counts.toSorted((a, b) => b[1].length - a[1].length)[0]?.[0] ?? 'control';
}

function frameOf(group: FusedGroup): DraftNode {
  return {
    key: `group:${group.id}`,
    kind: 'group',
    id: group.id,
    title: `${group.kernel === 'chain' ? 'Depth-first: ' : ''}${group.title}`,
    subtitle: group.kernel,
    family: familyOf(group.anchorOp ?? group.ops[0] ?? ''),
    width: frameWidthFor(group.title),
    height: 0,
    members: group.nodes,
    frame: true,
  };
}

/** A fused group as the one step it is executed as. */
function joinedOf(group: FusedGroup): DraftNode {
  const frame = frameOf(group);
  return {
    ...frame,
    width: widthFor(frame.title, frame.subtitle, WIDEST_JOINED),
    height: NODE_HEIGHT,
    frame: false,
  };
}

function nodeOf(node: NodeSummary, title = node.op): DraftNode {
  const subtitle = shortName(node.name);
  const [body] = node.subgraphs;
  return {
    key: `node:${node.id}`,
    kind: 'node',
    id: node.id,
    title,
    subtitle,
    family: familyOf(node.op),
    width: widthFor(title, subtitle, WIDEST_JOINED),
    height: NODE_HEIGHT,
    frame: false,
    ...(body && { body: body.attribute }),
  };
}

function pillOf(kind: 'input' | 'output', tensor: TensorSummary): DraftNode {
  return {
    key: `${kind}:${tensor.id}`,
    kind,
    id: tensor.id,
    title: tensor.name,
    subtitle: tensorShapeText(tensor),
    family: 'input',
    width: widthFor(tensor.name),
    height: PILL_HEIGHT,
    frame: false,
  };
}

/** What layout needs to know of a draft: plain numbers, so that it can go to a worker. */
export const layoutInputOf = (draft: Draft, direction: Direction = 'down', wrap = false): NestedInput => ({
  direction,
  wrap,
  nodes: draft.nodes.map(
    ({ width, height, parent }): NestedNode => ({ width, height, ...(parent !== undefined && { parent }) }),
  ),
  edges: draft.edges.map(edge => edge.ends),
});

/** The draft with the places that the layout found; each rest in between lets the page answer. */
export function* sceneOf(draft: Draft, layout: NestedLayout, direction: Direction = 'down'): Steps<Scene> {
  const nodes = yield* mapped(
    draft.nodes,
    ({ parent: _, ...node }, index): SceneNode => ({
      ...node,
      x: layout.x[index] ?? 0,
      y: layout.y[index] ?? 0,
      width: layout.width[index] ?? 0,
      height: layout.height[index] ?? 0,
    }),
  );
  const edges = yield* mapped(draft.edges, ({ key, tensor, source, target, label }, index): SceneEdge => {
    const path = layout.paths[index] ?? [];
    return { key, tensor, source, target, label, path, span: spanOf(path, direction) };
  });
  return {
    nodes,
    edges,
    direction,
    width: nodes.reduce((most, node) => Math.max(most, node.x + node.width), 0),
    height: nodes.reduce((most, node) => Math.max(most, node.y + node.height), 0),
  };
}

function spanOf(path: ArrayLike<number>, direction: Direction): readonly [number, number] {
  let [first, last] = [Infinity, -Infinity];
  for (let i = direction === 'down' ? 1 : 0; i < path.length; i += 2) {
    first = Math.min(first, path[i] ?? 0);
    last = Math.max(last, path[i] ?? 0);
  }
  return [first, last];
}

/** A path through its points, leaving and arriving in the direction of the drawing, with rounded turns. */
export function curveOf(path: ArrayLike<number>, direction: Direction = 'down'): string {
  let text = `M${path[0] ?? 0},${path[1] ?? 0}`;
  for (let i = 2; i + 1 < path.length; i += 2) {
    const [x0, y0, x1, y1] = [path[i - 2] ?? 0, path[i - 1] ?? 0, path[i] ?? 0, path[i + 1] ?? 0];
    // From column to column lines run straight, and turn at right angles.
    if (Math.abs(x1 - x0) < 0.5 || Math.abs(y1 - y0) < 0.5) text += `L${x1},${y1}`;
    else if (direction === 'down') {
      const bend = (y1 - y0) / 2;
      text += `C${x0},${y0 + bend},${x1},${y1 - bend},${x1},${y1}`;
    } else {
      const bend = (x1 - x0) / 2;
      text += `C${x0 + bend},${y0},${x1 - bend},${y1},${x1},${y1}`;
    }
  }
  return text;
}
