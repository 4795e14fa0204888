import { describe, expect, it } from 'vitest';
import {
  arrivals,
  flowElementsOf,
  windowAround,
  withLeaving,
  withOnly,
} from '../../../../renderer/graph/draw/flow-window.ts';
import { nestedLayout } from '../../../../renderer/graph/layout/nested.ts';
import { draftScene, layoutInputOf, sceneOf } from '../../../../renderer/graph/scene/scene.ts';
import { scopeTreeOf } from '../../../../renderer/graph/scene/scopes.ts';
import { atOnce } from '../../../../renderer/page/in-slices.ts';
import { indexGraph } from '../../../../renderer/state/derived/graph-index.ts';
import { GRAPH } from '../../support/made-up.ts';

const draft = atOnce(
  draftScene(GRAPH, indexGraph(GRAPH), { groups: [], look: 'framed' }, scopeTreeOf(GRAPH, []), new Set()),
);
const scene = atOnce(sceneOf(draft, nestedLayout(layoutInputOf(draft))));
const everything = { left: -1, top: -1, right: scene.width + 1, bottom: scene.height + 1 };

describe('the window of a scene', () => {
  it('has everything where everything is seen, with one label per tensor', () => {
    const { nodes, edges } = flowElementsOf(scene)(everything);
    expect(nodes.map(({ id }) => id)).toEqual(scene.nodes.map(({ key }) => key));
    expect(edges.map(({ id }) => id)).toEqual(scene.edges.map(({ key }) => key));
    expect(edges[0]?.ariaLabel).toBe('From A 25 to Relu node0');
    const labelled = edges.flatMap(({ data }) => (data?.labelled ? [data.scene.tensor] : []));
    expect(labelled).toEqual([...new Set(scene.edges.map(({ tensor }) => tensor))]);
  });

  it('has what meets the bounds, the edges that pass, and both of their ends', () => {
    const first = scene.nodes.find(({ key }) => key === 'input:0');
    expect(first).toBeDefined();
    const { x = 0, y = 0, width = 0, height = 0 } = first ?? {};
    const { nodes, edges } = flowElementsOf(scene)({
      left: x,
      top: y,
      right: x + width,
      bottom: y + height + 2,
    });
    expect(edges.map(({ id }) => id)).toEqual(['0:input:0>node:0']);
    expect(nodes.map(({ id }) => id)).toEqual(['input:0', 'node:0']);
  });

  it('gives the same elements again, so that what stays is not drawn anew', () => {
    const elementsIn = flowElementsOf(scene);
    const [before, after] = [elementsIn(everything), elementsIn({ ...everything, bottom: scene.height })];
    expect(after.nodes[0]).toBe(before.nodes[0]);
    expect(after.edges[0]).toBe(before.edges[0]);
  });

  it('keeps what goes hidden for once', () => {
    const { nodes } = flowElementsOf(scene)(everything);
    const [first, second, ...others] = nodes;
    if (!first || !second) throw new Error('expected two nodes');
    const left = withLeaving(nodes, others);
    expect(left).toEqual([...others, { ...first, hidden: true }, { ...second, hidden: true }]);
    expect(withLeaving(left, [first, ...others])).toEqual([first, ...others]);
  });

  it('arrives in portions where much is seen, and at once where it is not', () => {
    const { nodes, edges } = flowElementsOf(scene)(everything);
    const [first] = nodes;
    if (!first) throw new Error('expected a node');
    const many = {
      nodes: Array.from({ length: 50 }, (_, place) => ({ ...first, id: `node:${place}` })),
      edges,
    };
    const sizes = (there: readonly string[], screen: typeof everything) =>
      arrivals(new Set(there), many, screen).map(({ size }) => size);
    expect(sizes([], everything)).toEqual([20, 40, 50]);
    expect(sizes([], { ...everything, left: -9, right: -1 })).toEqual([50]);
    // What is there stays, what is not wanted any more goes.
    expect(sizes(['node:7', 'node:8', 'gone'], everything)).toEqual([22, 42, 50]);
    expect(arrivals(new Set(), { nodes: [], edges: [] }, everything)).toEqual([new Set()]);
  });

  it('gives an edge once both of its ends are there', () => {
    const all = flowElementsOf(scene)(everything);
    for (let count = 0; count <= all.nodes.length; count++) {
      const there = new Set(all.nodes.slice(0, count).map(({ id }) => id));
      const { nodes, edges } = withOnly(all, there);
      expect(nodes.map(({ id }) => id)).toEqual([...there]);
      expect(edges).toEqual(all.edges.filter(({ source, target }) => there.has(source) && there.has(target)));
    }
    expect(withOnly(all, new Set(all.nodes.map(({ id }) => id)))).toEqual(all);
  });

  it('moves in tiles', () => {
    const at = (x: number) => windowAround({ left: x, top: 0, right: x + 800, bottom: 600 });
    expect(at(10)).toEqual(at(200));
    expect(at(10)).not.toEqual(at(1100));
    expect(at(10).left).toBeLessThan(10);
    expect(at(10).right).toBeGreaterThan(810);
  });
});
