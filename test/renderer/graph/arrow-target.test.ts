import { describe, expect, it } from 'vitest';
import { arrowTarget, flowTarget, nearestTo, revealed } from '../../../renderer/graph/arrow-target.ts';
import type { Scene, SceneNode } from '../../../renderer/graph/scene.ts';

const box = (x: number, y: number, frame = false) => ({ x, y, width: 100, height: 40, frame });
const [top, left, right, bottom] = [box(100, 0), box(0, 100), box(200, 100), box(100, 200)];
const nodes = [top, left, right, bottom];

describe('arrow keys', () => {
  it('lead to the nearest in their direction', () => {
    expect(arrowTarget(nodes, left, 'ArrowRight')).toBe(right);
    expect(arrowTarget(nodes, right, 'ArrowLeft')).toBe(left);
    expect(arrowTarget(nodes, top, 'ArrowDown')).toBe(bottom);
    expect(arrowTarget([top, left], left, 'ArrowUp')).toBe(top);
  });

  it('lead nowhere at the edge, nor do other keys', () => {
    expect(arrowTarget(nodes, top, 'ArrowUp')).toBeUndefined();
    expect(arrowTarget(nodes, left, 'ArrowLeft')).toBeUndefined();
    expect(arrowTarget(nodes, top, 'x')).toBeUndefined();
  });

  it('find a frame at its title', () => {
    const frame = { ...box(60, 50, true), width: 1000, height: 1000 };
    expect(arrowTarget([frame, bottom], top, 'ArrowDown')).toBe(frame);
  });

  it('go on in the next column where one ends', () => {
    const named = (key: string, x: number, y: number) => ({ ...box(x, y), key }) as SceneNode;
    const [last, first] = [named('a', 0, 900), named('b', 300, 0)];
    const edges = [{ source: 'a', target: 'b' }] as unknown as Scene['edges'];
    const scene = { nodes: [last, first], edges, direction: 'down' } as const;
    expect(flowTarget(scene, last, 'ArrowDown')).toBe(first);
    expect(flowTarget(scene, first, 'ArrowUp')).toBe(last);
    expect(flowTarget(scene, last, 'ArrowRight')).toBeUndefined();
    expect(flowTarget(scene, first, 'ArrowDown')).toBeUndefined();
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
