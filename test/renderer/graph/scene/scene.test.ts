import { describe, expect, it } from 'vitest';
import type { FusedGroup } from '../../../../engine/report/types/compile.ts';
import type { GraphSummary } from '../../../../engine/report/types/model.ts';
import type { PlanStep } from '../../../../engine/report/types/plan.ts';
import { nodeAt } from '../../../../renderer/graph/draw/overview.ts';
import { nestedLayout } from '../../../../renderer/graph/layout/nested.ts';
import {
  curveOf,
  draftScene,
  type Execution,
  layoutInputOf,
  sceneOf,
} from '../../../../renderer/graph/scene/scene.ts';
import { scopeTreeOf } from '../../../../renderer/graph/scene/scopes.ts';
import { boundsOf, countVisible } from '../../../../renderer/graph/viewport/bounds.ts';
import { atOnce } from '../../../../renderer/page/in-slices.ts';
import { indexGraph } from '../../../../renderer/state/derived/graph-index.ts';
import { GRAPH, GROUP } from '../../support/made-up.ts';

const drafted = (groups: readonly FusedGroup[], execution: Partial<Execution> = {}) => {
  const tree = scopeTreeOf(GRAPH, groups);
  const how: Execution = { groups, look: 'framed', ...execution };
  return atOnce(draftScene(GRAPH, indexGraph(GRAPH), how, tree, new Set(tree.scopes.keys())));
};
const stepWith = (...nodes: number[]): PlanStep => ({
  index: 0,
  name: 'conv',
  title: 'Conv + BatchNormalization',
  op: 'Conv',
  fusedOps: [],
  nodes,
});
const draft = drafted([GROUP]);
const scene = atOnce(sceneOf(draft, nestedLayout(layoutInputOf(draft))));

describe('scene', () => {
  it('has the operators, the graph inputs and outputs, and a frame per fused group', () => {
    expect(scene.nodes.map(node => node.key)).toEqual([
      'group:node3',
      'input:0',
      'node:0',
      'node:1',
      'node:2',
      'node:3',
      'node:4',
      'output:5',
    ]);
  });

  it('has an edge for every reader of a tensor, labelled with its shape', () => {
    expect(scene.edges.map(edge => `${edge.source} ${edge.target} ${edge.label}`)).toEqual([
      'input:0 node:0 25',
      'node:0 node:1 25',
      'node:1 node:2 25',
      'node:1 node:3 25',
      'node:2 node:4 25',
      'node:3 node:4 25',
      'node:4 output:5 25',
    ]);
  });

  it('frames a depth-first chain around the groups in it; joined, only the chain is one step', () => {
    const chain = { ...GROUP, id: 'depth-first', kernel: 'chain', nodes: [2, 3, 4] };
    const framed = drafted([GROUP, chain]).nodes;
    const place = (key: string): number => framed.findIndex(node => node.key === key);
    expect(framed[place(`group:${GROUP.id}`)]?.parent).toBe(place('group:depth-first'));
    expect(framed[place('node:2')]?.parent).toBe(place('group:depth-first'));
    expect(framed[place('node:3')]?.parent).toBe(place(`group:${GROUP.id}`));
    const joined = drafted([GROUP, chain], { look: 'joined' }).nodes.map(node => node.key);
    expect(joined.filter(key => key.startsWith('group:'))).toEqual(['group:depth-first']);
  });

  it('leaves out Constant nodes, which are weights', () => {
    const stored: GraphSummary = {
      ...GRAPH,
      tensors: GRAPH.tensors.map(tensor => (tensor.id === 3 ? { ...tensor, kind: 'constant' } : tensor)),
    };
    const tree = scopeTreeOf(stored, []);
    const { nodes, edges } = atOnce(
      draftScene(stored, indexGraph(stored), { groups: [], look: 'framed' }, tree, new Set()),
    );
    expect(nodes.map(({ key }) => key)).not.toContain('node:2');
    expect(edges.filter(({ tensor }) => tensor === 3)).toEqual([]);
  });

  it('frames only groups of several nodes', () => {
    const alone = { ...GROUP, nodes: [3] };
    expect(drafted([alone]).nodes[0]?.kind).toBe('input');
  });

  it('shows a group as the one step it is executed as, without the edges within', () => {
    const joined = drafted([GROUP], { look: 'joined' });
    expect(joined.nodes.map(node => node.key)).toEqual([
      'group:node3',
      'input:0',
      'node:0',
      'node:1',
      'node:2',
      'output:5',
    ]);
    expect(joined.nodes[0]?.frame).toBe(false);
    expect(joined.edges.map(edge => `${edge.source} ${edge.target}`)).toEqual([
      'input:0 node:0',
      'node:0 node:1',
      'node:1 node:2',
      'node:1 group:node3',
      'node:2 group:node3',
      'group:node3 output:5',
    ]);
  });

  it('marks what no step executes', () => {
    const known = drafted([], { stepOf: new Map([0, 1, 2, 3].map(node => [node, stepWith(node)])) });
    expect(known.nodes.filter(node => node.folded).map(node => node.key)).toEqual(['node:4']);
    expect(drafted([]).nodes.some(node => node.folded)).toBe(false);
  });

  it('shows the operators of a step without a group as one, where groups are one', () => {
    const step = stepWith(1, 2);
    const stepOf = new Map([1, 2].map(node => [node, step]));
    const keys = (look: Execution['look']) =>
      drafted([], { look, stepOf }).nodes.filter(({ key }) => key === 'node:1' || key === 'node:2');
    expect(keys('joined').map(({ key, title }) => [key, title])).toEqual([['node:1', step.title]]);
    expect(keys('framed')).toHaveLength(2);
  });

  it('finds the topmost node at a place', () => {
    const member = scene.nodes.find(node => node.key === 'node:3');
    const hit = nodeAt(scene, (member?.x ?? 0) + 5, (member?.y ?? 0) + 5);
    expect(hit?.key).toBe('node:3');
    expect(nodeAt(scene, -100, -100)).toBeUndefined();
  });

  it('counts what a viewport shows', () => {
    const everything = boundsOf({ x: 0, y: 0, zoom: 1 }, scene.width + 1, scene.height + 1);
    expect(countVisible(scene, everything)).toBe(scene.nodes.length);
    expect(countVisible(scene, boundsOf({ x: 1e6, y: 0, zoom: 1 }, 100, 100))).toBe(0);
  });

  it('draws straight ways as lines and others as curves', () => {
    expect(curveOf([0, 0, 0, 10])).toBe('M0,0L0,10');
    expect(curveOf([0, 0, 4, 10])).toBe('M0,0C0,5,4,5,4,10');
  });
});
