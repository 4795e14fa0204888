import { describe, expect, it } from 'vitest';
import type { Scene, SceneEdge, SceneNode } from '../../../../renderer/graph/scene/scene.ts';
import { boundsOf, inside } from '../../../../renderer/graph/viewport/bounds.ts';
import { firstViewport, fitted } from '../../../../renderer/graph/viewport/first-viewport.ts';
import { LEAST_ZOOM } from '../../../../renderer/graph/viewport/moved-view.ts';

const SIZE = { width: 700, height: 600 };
const node = (key: string, kind: SceneNode['kind'], x: number, y: number): SceneNode => ({
  ...{ key, kind, id: key, title: key, subtitle: '', family: 'control', frame: false },
  ...{ x, y, width: 100, height: 40 },
});
const edge = (source: string, target: string) => ({ source, target }) as SceneEdge;

function seenIn(
  nodes: readonly SceneNode[],
  edges: readonly SceneEdge[],
  more: Partial<Scene> = {},
): string[] {
  const scene: Scene = { nodes, edges, width: 3000, height: 20_000, direction: 'down', ...more };
  const bounds = boundsOf(firstViewport(scene, SIZE), SIZE.width, SIZE.height);
  return nodes.filter(each => inside(each, bounds)).map(({ key }) => key);
}

describe('a graph that does not fit begins', () => {
  it('with an input and the first operator, not with one that is read late', () => {
    const nodes = [
      node('late', 'input', 0, 0),
      node('x', 'input', 2000, 0),
      node('conv', 'node', 2200, 300),
      node('add', 'node', 0, 9000),
    ];
    expect(seenIn(nodes, [edge('late', 'add'), edge('x', 'conv')])).toEqual(['x', 'conv']);
  });

  it('with the title of the frame around the first operator', () => {
    const frame = { ...node('group', 'group', 2180, 240), width: 140, height: 900, frame: true };
    const nodes = [node('x', 'input', 0, 0), frame, node('conv', 'node', 2200, 300)];
    const scene: Scene = {
      ...{ nodes, edges: [edge('x', 'conv')], width: 3000, height: 20_000, direction: 'down' },
    };
    const { zoom, y } = firstViewport(scene, SIZE);
    // below what is in the corners
    expect(240 * zoom + y).toBeGreaterThan(40);
    expect(240 * zoom + y).toBeLessThan(SIZE.height / 4);
  });

  it('with all inputs, where there is room for them', () => {
    const nodes = [
      node('a', 'input', 100, 0),
      node('b', 'input', 400, 0),
      node('c', 'input', 700, 0),
      node('matmul', 'node', 600, 200),
    ];
    const edges = [edge('c', 'matmul'), edge('b', 'matmul')];
    expect(seenIn(nodes, edges)).toEqual(['a', 'b', 'c', 'matmul']);
  });

  it('smaller, where both are to be read then', () => {
    const nodes = [node('x', 'input', 100, 0), node('conv', 'node', 800, 100)];
    expect(seenIn(nodes, [edge('x', 'conv')])).toEqual(['x', 'conv']);
  });

  it('with the operator, where both cannot be read at once', () => {
    const nodes = [node('x', 'input', 0, 0), node('conv', 'node', 2500, 100)];
    expect(seenIn(nodes, [edge('x', 'conv')])).toEqual(['conv']);
  });

  it('with the whole column under its first operator, where there is room for it', () => {
    const nodes = [
      node('x', 'input', 900, 0),
      node('conv', 'node', 600, 200),
      node('under', 'node', 520, 300),
      node('deeper', 'node', 450, 400),
      node('other column', 'node', 1500, 300),
    ];
    expect(seenIn(nodes, [edge('x', 'conv')])).toEqual(['x', 'conv', 'under', 'deeper']);
  });

  it('the same way from left to right', () => {
    const nodes = [
      node('x', 'input', 0, 5000),
      node('conv', 'node', 300, 5100),
      node('far', 'node', 9000, 0),
    ];
    const more = { direction: 'right', width: 20_000, height: 8000 } as const;
    expect(seenIn(nodes, [edge('x', 'conv'), edge('conv', 'far')], more)).toEqual(['x', 'conv']);
  });

  it('in the middle of a high frame that it flows through from left to right', () => {
    const frame = { ...node('scope', 'scope', 200, 0), width: 9000, height: 10_000, frame: true };
    const nodes = [node('x', 'input', 0, 5000), frame, node('conv', 'node', 300, 5100)];
    const more = { direction: 'right', width: 20_000, height: 10_000 } as const;
    expect(seenIn(nodes, [edge('x', 'conv')], more)).toEqual(expect.arrayContaining(['x', 'conv']));
  });

  it('at its upper edge where rows lie under the first, and in the middle where there is but one', () => {
    const nodes = [node('x', 'input', 0, 20), node('conv', 'node', 300, 20)];
    const edges = [edge('x', 'conv')];
    const top = (height: number): number => {
      const scene: Scene = { nodes, edges, width: 20_000, height, direction: 'right' };
      const { zoom, y } = firstViewport(scene, SIZE);
      return 20 * zoom + y;
    };
    expect(top(8000)).toBeLessThan(SIZE.height / 6);
    expect(top(80)).toBeGreaterThan(SIZE.height / 3);
  });

  it('somewhere, without any input', () => {
    expect(seenIn([node('conv', 'node', 1500, 0)], [])).toEqual(['conv']);
  });
});

describe('the whole graph', () => {
  const shown = (width: number, height: number) =>
    boundsOf(
      fitted({ nodes: [], edges: [], width, height, direction: 'down' }, SIZE),
      SIZE.width,
      SIZE.height,
    );

  it('is on the screen', () => {
    const { left, top, right, bottom } = shown(9000, 20_000);
    expect(Math.max(left, top)).toBeLessThan(0);
    expect(right).toBeGreaterThan(9000);
    expect(bottom).toBeGreaterThan(20_000);
  });

  it('is its middle, where all of it would be a line', () => {
    const { left, right } = shown(560_000, 800);
    expect((left + right) / 2).toBeCloseTo(280_000);
    expect(right - left).toBeCloseTo(SIZE.width / LEAST_ZOOM);
  });
});
