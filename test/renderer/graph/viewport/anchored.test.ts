import { describe, expect, it } from 'vitest';
import type { Scene, SceneNode } from '../../../../renderer/graph/scene/scene.ts';
import { anchored } from '../../../../renderer/graph/viewport/anchored.ts';
import { boundsOf, countVisible } from '../../../../renderer/graph/viewport/bounds.ts';
import { fitted } from '../../../../renderer/graph/viewport/first-viewport.ts';

const SIZE = { width: 700, height: 600 };
const box = { width: 100, height: 40 };

/** A chain of nodes, so many to a column. */
function chain(perColumn: number): Scene {
  const nodes = Array.from({ length: 200 }, (_, at): SceneNode => {
    const [x, y] = [Math.floor(at / perColumn) * 200, (at % perColumn) * 100];
    const key = `node:${at}`;
    return {
      ...{ key, kind: 'node', id: String(at), title: 'Conv', subtitle: '', family: 'convolution' },
      ...{ frame: false, x, y, ...box },
    };
  });
  const [width, height] = [Math.ceil(200 / perColumn) * 200, perColumn * 100];
  return { nodes, edges: [], width, height, direction: 'down' };
}

const seen = (scene: Scene, viewport: ReturnType<typeof fitted>): number =>
  countVisible(scene, boundsOf(viewport, SIZE.width, SIZE.height));

describe('a new layout of the same model', () => {
  const [wrapped, long] = [chain(20), chain(200)];

  it('is seen whole by who saw the one before whole, and would see almost nothing of it', () => {
    // Moved by hand: nobody who looks at the beginning is meant.
    const { x, y, zoom } = fitted(chain(14), SIZE);
    const close = { x: x + 3, y, zoom: zoom * 1.1 };
    expect(seen(chain(14), close)).toBeGreaterThan(100);
    expect(anchored(chain(14), long, close, SIZE, undefined)).toEqual(fitted(long, SIZE));
    // What is selected is looked at.
    expect(anchored(chain(14), long, close, SIZE, 'node:20').zoom).toBe(close.zoom);
  });

  it('keeps the node in the middle in its place, where one was looking at a part', () => {
    const viewport = { x: -1000, y: -700, zoom: 1 };
    const after = anchored(wrapped, long, viewport, SIZE, undefined);
    expect(seen(long, after)).toBeGreaterThan(0);
    expect(after.zoom).toBe(1);
  });

  it('keeps the node that is selected in its place', () => {
    const viewport = { x: -1000, y: -700, zoom: 1 };
    const [before, after] = [wrapped, long].map(scene => scene.nodes.find(({ key }) => key === 'node:130'));
    const { x, y } = anchored(wrapped, long, viewport, SIZE, 'node:130');
    expect((after?.x ?? 0) + x).toBe((before?.x ?? 0) + viewport.x);
    expect((after?.y ?? 0) + y).toBe((before?.y ?? 0) + viewport.y);
  });
});
