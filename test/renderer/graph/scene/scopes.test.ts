import { describe, expect, it } from 'vitest';
import type { FusedGroup } from '../../../../engine/report/types/compile.ts';
import type { GraphSummary, NodeSummary } from '../../../../engine/report/types/model.ts';
import { nestedLayout } from '../../../../renderer/graph/layout/nested.ts';
import { draftScene, layoutInputOf, sceneOf } from '../../../../renderer/graph/scene/scene.ts';
import {
  closedAround,
  openScopesOf,
  type ScopeTree,
  scopeTreeOf,
} from '../../../../renderer/graph/scene/scopes.ts';
import { atOnce } from '../../../../renderer/page/in-slices.ts';
import { FITTING_SCOPES, type OpenScopes } from '../../../../renderer/state/app-state.ts';
import { indexGraph } from '../../../../renderer/state/derived/graph-index.ts';
import { scopePathOf } from '../../../../renderer/state/derived/scope-path.ts';
import { GROUP } from '../../support/made-up.ts';

/** A chain of nodes with these names: tensor k goes into node k. */
function chain(names: readonly string[]): GraphSummary {
  const nodes = names.map(
    (name, id): NodeSummary => ({
      id,
      name,
      op: 'Relu',
      version: 1,
      inputs: [id],
      outputs: [id + 1],
      attributes: [],
      subgraphs: [],
    }),
  );
  const tensors = Array.from({ length: names.length + 1 }, (_, id) => ({
    id,
    name: `t${id}`,
    kind: id === 0 ? ('input' as const) : ('activation' as const),
    consumers: id < names.length ? [id] : [],
    ...(id > 0 && { producer: id - 1 }),
  }));
  return { name: 'chain', nodes, tensors, inputs: [0], outputs: [names.length] };
}

const grouped = (nodes: readonly number[]): FusedGroup => ({ ...GROUP, nodes });
const GRAPH = chain(['in', 'a.0.x', 'a.0.y', 'a.1.x', 'a.1.y', 'b.only', 'out']);
const tree = scopeTreeOf(GRAPH, []);
const keysWith = (open: ReadonlySet<string>) =>
  atOnce(draftScene(GRAPH, indexGraph(GRAPH), NOT_FUSED, tree, open)).nodes.map(node => node.key);

/** Operators and closed scopes that are drawn. */
const seenWith = (names: readonly string[], tree: ScopeTree, open: ReadonlySet<string>) =>
  atOnce(draftScene(chain(names), indexGraph(chain(names)), NOT_FUSED, tree, open)).nodes.filter(
    ({ frame, kind }) => !frame && (kind === 'node' || kind === 'scope'),
  );

const NOT_FUSED = { groups: [], look: 'framed' } as const;

describe('name scopes', () => {
  it('come from slashes, dots, or what the exporter says', () => {
    expect(scopePathOf({ name: '/features/3/conv/Conv', op: 'Conv' })).toEqual(['features', '3', 'conv']);
    expect(scopePathOf({ name: 'layers.0.norm', op: 'Norm' })).toEqual(['layers', '0']);
    expect(scopePathOf({ name: 'Conv_12', op: 'Conv' })).toEqual([]);
    const namespace = ': Net/layer1: torch.nn.Sequential/0: torch.nn.ReLU/relu: aten.relu.default';
    expect(scopePathOf({ name: 'node_relu', op: 'Relu', metadata: { namespace } })).toEqual(['layer1', '0']);
  });

  it('are not the numbered operators of one type', () => {
    expect(scopePathOf({ name: 'p2o.Conv.0', op: 'Conv' })).toEqual(['p2o']);
    expect(scopePathOf({ name: 'p2o.Conv.0', op: 'Relu' })).toEqual(['p2o', 'Conv']);
    expect(scopePathOf({ name: 'block.Conv.bias', op: 'Conv' })).toEqual(['block', 'Conv']);
  });

  it('hold several things, or are none', () => {
    expect([...tree.scopes.keys()]).toEqual(['a', 'a/0', 'a/1']);
    expect(tree.scopes.get('a')?.nodes).toEqual([1, 2, 3, 4]);
    expect(tree.scopes.get('a/1')?.parent).toBe('a');
    expect(tree.scopeOf.get(5)).toBeUndefined();
    expect(tree.children).toBe(4);
  });

  it('join the one scope that everything in them is in', () => {
    const one = scopeTreeOf(chain(['model.net.a', 'model.net.b']), []);
    expect([...one.scopes.values()].map(({ id, name }) => [id, name])).toEqual([['model/net', 'model/net']]);
  });

  it('do not tear fused groups apart', () => {
    const fused = scopeTreeOf(GRAPH, [grouped([2, 3])]);
    expect(fused.scopeOf.get(2)).toBe('a');
    expect(fused.scopeOf.get(3)).toBe('a');
    expect([...fused.scopes.keys()]).toEqual(['a']);
  });
});

describe('open scopes', () => {
  const state = (start: OpenScopes['start'], ...toggled: string[]): OpenScopes => ({
    start,
    toggled: new Set(toggled),
  });

  it('are all of a small model, and those toggled the other way', () => {
    expect([...openScopesOf(tree, FITTING_SCOPES)]).toEqual(['a', 'a/0', 'a/1']);
    expect([...openScopesOf(tree, state('fitting', 'a/0'))]).toEqual(['a', 'a/1']);
    expect([...openScopesOf(tree, state('none', 'a'))]).toEqual(['a']);
    expect(openScopesOf(tree, state('all')).size).toBe(3);
  });

  it('leave about 200 things of a large model', () => {
    const names = Array.from(
      { length: 4000 },
      (_, id) => `s${Math.floor(id / 40)}.u${Math.floor(id / 4) % 10}.n${id}`,
    );
    const large = scopeTreeOf(chain(names), []);
    const open = openScopesOf(large, FITTING_SCOPES);
    const visible = atOnce(
      draftScene(chain(names), indexGraph(chain(names)), NOT_FUSED, large, open),
    ).nodes.filter(({ frame, kind }) => !frame && (kind === 'node' || kind === 'scope'));
    expect(visible.length).toBeGreaterThan(150);
    expect(visible.length).toBeLessThanOrEqual(200);
  });

  it('show what is in a scope around nearly everything', () => {
    const names = ['in', ...Array.from({ length: 200 }, (_, id) => `net.n${id}`), 'out'];
    expect([...openScopesOf(scopeTreeOf(chain(names), []), FITTING_SCOPES)]).toEqual(['net']);
  });

  it('are ranges of alike siblings, where there are too many: layers of one scope', () => {
    const names = ['in', ...Array.from({ length: 1250 }, (_, id) => `layer.${id >> 1}.n${id & 1}`), 'out'];
    const layers = scopeTreeOf(chain(names), []);
    const open = openScopesOf(layers, FITTING_SCOPES);
    expect(seenWith(names, layers, open)).toHaveLength(2 + 25);
    const [first] = [...layers.scopes.values()].filter(({ range }) => range);
    expect(first).toMatchObject({ id: 'layer/0…24', name: 'layer 0…24', parent: 'layer', children: 25 });
    // In place: the range becomes a frame around its layers, the others stay.
    const one = openScopesOf(layers, { ...FITTING_SCOPES, toggled: new Set(['layer/0…24']) });
    expect(seenWith(names, layers, one)).toHaveLength(2 + 24 + 25);
    expect(closedAround(layers, open, 3)).toEqual(['layer/0…24', 'layer/1']);
    expect(layers.scopeOf.size).toBe(1250);
  });

  it('are ranges of nodes that lie in no scope, alike or not', () => {
    const alike = Array.from({ length: 625 }, (_, id) => `MatMul_${id}`);
    const mixed = Array.from({ length: 10_000 }, (_, id) => `${['Conv', 'Relu', 'Add'][id % 3]}_${id}`);
    for (const [names, count] of [
      [alike, 25],
      [mixed, 100],
      [mixed.map(() => ''), 100],
    ] as const) {
      const flat = scopeTreeOf(chain(names), []);
      expect(seenWith(names, flat, openScopesOf(flat, FITTING_SCOPES))).toHaveLength(count);
      expect(flat.scopeOf.size).toBe(names.length);
      expect(openScopesOf(flat, state('all')).size).toBe(count);
    }
    expect([...scopeTreeOf(chain(alike), []).scopes.keys()][0]).toBe('MatMul_0…MatMul_24');
  });

  it('are asked for from the outside in', () => {
    expect(closedAround(tree, new Set(), 1)).toEqual(['a', 'a/0']);
    expect(closedAround(tree, new Set(['a']), 1)).toEqual(['a/0']);
    expect(closedAround(tree, new Set(), 0)).toEqual([]);
  });
});

describe('a scene with scopes', () => {
  it('draws closed ones in the place of all that is in them', () => {
    expect(keysWith(new Set())).toEqual(['scope:a', 'input:0', 'node:0', 'node:5', 'node:6', 'output:7']);
    expect(keysWith(new Set(['a']))).toContain('scope:a/0');
    expect(keysWith(new Set(['a']))).not.toContain('node:1');
    expect(keysWith(new Set(['a/0']))).not.toContain('scope:a/0');
    expect(keysWith(new Set(['a', 'a/0', 'a/1']))).toContain('node:1');
  });

  it('leads edges to them, and none within them', () => {
    const { edges } = atOnce(draftScene(GRAPH, indexGraph(GRAPH), NOT_FUSED, tree, new Set()));
    expect(edges.map(({ source, target }) => `${source} ${target}`)).toEqual([
      'input:0 node:0',
      'node:0 scope:a',
      'scope:a node:5',
      'node:5 node:6',
      'node:6 output:7',
    ]);
  });

  it('runs to the right as well as down', () => {
    const draft = atOnce(draftScene(GRAPH, indexGraph(GRAPH), NOT_FUSED, tree, new Set(tree.scopes.keys())));
    const scene = atOnce(sceneOf(draft, nestedLayout(layoutInputOf(draft, 'right')), 'right'));
    const at = (key: string) => scene.nodes.find(node => node.key === key);
    for (const { source, target, path } of scene.edges) {
      const [from, to] = [at(source), at(target)];
      expect((from?.x ?? 0) + (from?.width ?? 0)).toBeLessThan(to?.x ?? 0);
      expect(path[0]).toBeCloseTo((from?.x ?? 0) + (from?.width ?? 0), 0);
    }
    const [frame, member] = [at('scope:a/0'), at('node:1')];
    expect(member?.y).toBeGreaterThan(frame?.y ?? 0);
    expect((member?.x ?? 0) + (member?.width ?? 0)).toBeLessThan((frame?.x ?? 0) + (frame?.width ?? 0));
  });
});
