import { describe, expect, test } from 'vitest';
import { layeredLayout } from '../../../../renderer/graph/layout/layered.ts';

/** A chain, with an edge past so many nodes now and then. */
function chain(length: number, reach = 7) {
  const nodes = Array.from({ length }, (_, index) => ({ width: 96 + (index % 5) * 20, height: 40 }));
  const edges = nodes.slice(1).map((_, index) => ({ from: index, to: index + 1 }));
  for (let from = 0; from + reach < length; from += 11) edges.push({ from, to: from + reach });
  return { nodes, edges };
}

describe('columns', () => {
  const { nodes, edges } = chain(120);
  const layout = layeredLayout(nodes, edges, 44, true);

  test('a long chain is about as wide as a screen, and no longer a line', () => {
    const whole = layeredLayout(nodes, edges, 44);
    expect(whole.height / whole.width).toBeGreaterThan(20);
    expect(layout.width / layout.height).toBeGreaterThan(0.7);
    expect(layout.width / layout.height).toBeLessThan(3);
  });

  test('so is one of ten thousand', () => {
    const long = chain(10_000);
    const { width, height } = layeredLayout(long.nodes, long.edges, 44, true);
    expect(width / height).toBeGreaterThan(1);
    expect(width / height).toBeLessThan(2);
  });

  test('what is short stays in one piece', () => {
    const short = chain(20);
    expect(layeredLayout(short.nodes, short.edges, 44, true)).toEqual(
      layeredLayout(short.nodes, short.edges, 44),
    );
  });

  test('nodes do not overlap, and all lie within the drawing', () => {
    nodes.forEach((a, i) => {
      const [x, y] = [layout.x[i] ?? 0, layout.y[i] ?? 0];
      expect(x).toBeGreaterThanOrEqual(-1);
      expect(x + a.width).toBeLessThanOrEqual(layout.width + 1);
      expect(y + a.height).toBeLessThanOrEqual(layout.height + 1);
      nodes.slice(0, i).forEach((b, j) => {
        const [left, top] = [layout.x[j] ?? 0, layout.y[j] ?? 0];
        const apart =
          x >= left + b.width || left >= x + a.width || y >= top + b.height || top >= y + a.height;
        expect(apart, `${i} and ${j}`).toBe(true);
      });
    });
  });

  test('lines begin and end at their nodes; on the way up they pass beside all of them', () => {
    let turns = 0;
    edges.forEach(({ from, to }, edge) => {
      const path = layout.paths[edge] ?? [];
      expect(path[1]).toBeCloseTo((layout.y[from] ?? 0) + 40, 0);
      expect(path.at(-1)).toBeCloseTo(layout.y[to] ?? 0, 0);
      for (let i = 0; i + 3 < path.length; i += 2) {
        const [x, y0, y1] = [path[i] ?? 0, path[i + 1] ?? 0, path[i + 3] ?? 0];
        if (y1 >= y0) continue;
        turns++;
        expect(path[i + 2]).toBe(x);
        nodes.forEach((node, index) => {
          const left = layout.x[index] ?? 0;
          expect(x < left || x > left + node.width, `edge ${edge} and node ${index}`).toBe(true);
        });
      }
    });
    expect(turns).toBeGreaterThan(2);
  });

  test('what has no lane in the columns it passes goes along above all of them', () => {
    const long = chain(1000);
    const far = [
      { from: 3, to: 900 },
      { from: 5, to: 500 },
    ];
    const all = [...long.edges, ...far];
    const { columns, paths, x, y } = layeredLayout(long.nodes, all, 44, true);
    expect(columns).toBeGreaterThan(3);
    const along = far.map((_, index) => {
      const path = paths[long.edges.length + index] ?? [];
      // Along the axes but for its end, where it arrives beside others.
      for (let i = 0; i + 5 < path.length; i += 2)
        expect(path[i] === path[i + 2] || path[i + 1] === path[i + 3], `point ${i / 2}`).toBe(true);
      for (let i = 2; i + 5 < path.length; i += 2) {
        const [left, right] = [path[i] ?? 0, path[i + 2] ?? 0].toSorted((a, b) => a - b);
        const [top, bottom] = [path[i + 1] ?? 0, path[i + 3] ?? 0].toSorted((a, b) => a - b);
        long.nodes.forEach((node, at) => {
          const [nodeX, nodeY] = [x[at] ?? 0, y[at] ?? 0];
          const met =
            (right ?? 0) > nodeX &&
            (left ?? 0) < nodeX + node.width &&
            (bottom ?? 0) > nodeY &&
            (top ?? 0) < nodeY + node.height;
          expect(met, `edge ${index}, point ${i / 2}, node ${at}`).toBe(false);
        });
      }
      return Math.min(...path.filter((_, i) => i % 2 === 1));
    });
    expect(along[0]).not.toBe(along[1]);
    expect(Math.max(...along)).toBeLessThan(Math.min(...y));
  });
});
