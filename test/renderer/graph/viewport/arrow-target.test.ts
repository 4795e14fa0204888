import { describe, expect, it } from 'vitest';
import type { Scene, SceneNode } from '../../../../renderer/graph/scene/scene.ts';
import { keyTarget, nearestTo, revealed } from '../../../../renderer/graph/viewport/arrow-target.ts';

const box = (x: number, y: number, frame = false) =>
  ({ key: `${x},${y}`, x, y, width: 100, height: 40, frame }) as SceneNode;
const [top, left, right, bottom] = [box(100, 0), box(0, 100), box(200, 100), box(100, 200)];
const nodes = [top, left, right, bottom];

const target = (among: readonly SceneNode[], from: SceneNode, key: string) =>
  keyTarget({ nodes: among, edges: [], direction: 'down' }, from, key);

describe('arrow keys', () => {
  it('lead to the nearest in their direction', () => {
    expect(target(nodes, left, 'ArrowRight')).toBe(right);
    expect(target(nodes, right, 'ArrowLeft')).toBe(left);
    expect(target(nodes, top, 'ArrowDown')).toBe(bottom);
    expect(target([top, left], left, 'ArrowUp')).toBe(top);
  });

  it('lead nowhere at the edge, nor do other keys', () => {
    expect(target(nodes, top, 'ArrowUp')).toBeUndefined();
    expect(target(nodes, left, 'ArrowLeft')).toBeUndefined();
    expect(target(nodes, top, 'x')).toBeUndefined();
  });

  it('find a frame at its title', () => {
    const frame = { ...box(60, 50, true), width: 1000, height: 1000 };
    expect(target([frame, bottom], top, 'ArrowDown')).toBe(frame);
  });

  it('go on in the next column where one ends', () => {
    // Below the end of the first column, another column has something too.
    const [last, first, other] = [box(0, 900), box(300, 0), box(300, 1100)];
    const edges = [{ source: last.key, target: first.key }] as unknown as Scene['edges'];
    const scene = { nodes: [last, first, other], edges, direction: 'down' } as const;
    expect(keyTarget(scene, last, 'ArrowDown')).toBe(first);
    expect(keyTarget(scene, first, 'ArrowUp')).toBe(last);
    expect(keyTarget(scene, last, 'ArrowLeft')).toBeUndefined();
    expect(keyTarget(scene, first, 'ArrowDown')).toBe(other);
  });

  it('begin at what is nearest to the middle', () => {
    expect(nearestTo(nodes, 220, 130)).toBe(right);
    expect(nearestTo([], 0, 0)).toBeUndefined();
  });
});

describe('the view', () => {
  const size = { width: 400, height: 300 };

  it('does not move for what is in it', () => {
    const viewport = { x: 0, y: 0, zoom: 1 };
    expect(revealed(box(100, 100), viewport, size, 20)).toEqual(viewport);
  });

  it('moves as little as shows what is beside it', () => {
    expect(revealed(box(350, 100), { x: 0, y: 0, zoom: 1 }, size, 20)).toEqual({ x: -70, y: 0, zoom: 1 });
    expect(revealed(box(-50, -50), { x: 0, y: 0, zoom: 1 }, size, 20)).toEqual({ x: 70, y: 70, zoom: 1 });
  });
});
