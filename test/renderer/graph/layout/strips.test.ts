import { describe, expect, it } from 'vitest';
import {
  type LayeredEdge,
  type LayeredNode,
  layeredLayout,
} from '../../../../renderer/graph/layout/layered.ts';

const BOX: LayeredNode = { width: 120, height: 40 };

/** Branches of some operators each, side by side, between one input and one output. */
function fan(branches: number, depth: number): { nodes: LayeredNode[]; edges: LayeredEdge[] } {
  const nodes = [BOX];
  const edges: LayeredEdge[] = [];
  for (let branch = 0; branch < branches; branch++) {
    let from = 0;
    for (let i = 0; i < depth; i++) {
      const to = nodes.push(BOX) - 1;
      edges.push({ from, to });
      from = to;
    }
    edges.push({ from, to: 1 + branches * depth });
  }
  nodes.push(BOX);
  return { nodes, edges };
}

describe('strips', () => {
  it('leave alone what is not far wider than high, and what is to stay whole', () => {
    const { nodes, edges } = fan(30, 3);
    expect(layeredLayout(nodes, edges, 44, true)).toEqual(layeredLayout(nodes, edges, 44, false));
    // Lines that enter a frame.
    const ports = Array.from({ length: 900 }, (): LayeredNode => ({ width: 4, height: 0, pin: 'top' }));
    const entering = ports.map((_, place) => ({ from: place + 1, to: 0 }));
    expect(layeredLayout([BOX, ...ports], entering, 44, true).columns).toBe(1);
    const wide = fan(500, 2);
    expect(layeredLayout(wide.nodes, wide.edges, 44, false).columns).toBe(1);
  });

  it.each([
    [500, 1],
    [500, 3],
    [5000, 1],
  ])('%i branches of %i: about as wide as high, no two nodes overlap', (branches, depth) => {
    const { nodes, edges } = fan(branches, depth);
    const { columns, width, height, x, y } = layeredLayout(nodes, edges, 44, true);
    expect(columns).toBeGreaterThan(2);
    expect(width / height).toBeGreaterThan(0.7);
    expect(width / height).toBeLessThan(2.8);
    const rows = Map.groupBy(nodes.keys(), node => y[node] ?? Number.NaN);
    const heights = [...rows.keys()].toSorted((a, b) => a - b);
    for (const [place, top] of heights.slice(1).entries())
      expect(top - (heights[place] ?? 0)).toBeGreaterThanOrEqual(BOX.height);
    for (const row of rows.values()) {
      const lefts = row.map(node => x[node] ?? Number.NaN).toSorted((a, b) => a - b);
      expect(lefts[0]).toBeGreaterThanOrEqual(0);
      expect((lefts.at(-1) ?? 0) + BOX.width).toBeLessThanOrEqual(Math.ceil(width));
      for (const [place, left] of lefts.slice(1).entries())
        expect(left - (lefts[place] ?? 0)).toBeGreaterThanOrEqual(BOX.width);
    }
    // What is given stands above, what comes out below.
    expect(y[0]).toBe(0);
    expect((y[nodes.length - 1] ?? 0) + BOX.height).toBeCloseTo(height, 0);
  });

  it('lines run from node to node, across only between layers; branches stay together', () => {
    const { nodes, edges } = fan(500, 3);
    const { x, y, paths } = layeredLayout(nodes, edges, 44, true);
    edges.forEach(({ from, to }, edge) => {
      const path = paths[edge] ?? [];
      const inside = (at: number | undefined, node: number) =>
        (at ?? -1) >= (x[node] ?? 0) && (at ?? -1) <= (x[node] ?? 0) + BOX.width;
      expect(inside(path[0], from)).toBe(true);
      expect(inside(path.at(-2), to)).toBe(true);
      expect(path[1]).toBeCloseTo((y[from] ?? 0) + BOX.height, 0);
      expect(path.at(-1)).toBeCloseTo(y[to] ?? 0, 0);
      if (from !== 0 && to !== nodes.length - 1) expect(path, 'straight down').toHaveLength(4);
    });
    const tops = [...new Set(y)];
    for (const path of paths) {
      for (let i = 2; i + 1 < path.length - 2; i += 2) {
        const [before, level] = [path[i - 1] ?? 0, path[i + 1] ?? 0];
        if (Math.abs(before - level) > 0.5) continue;
        const through = tops.some(top => level > top + 1 && level < top + BOX.height - 1);
        expect(through, `a line at ${level}`).toBe(false);
      }
    }
  });
});
