import { describe, expect, it } from 'vitest';
import { placeInOrder } from '../../../../renderer/graph/layout/coordinates.ts';
import { layeredLayout } from '../../../../renderer/graph/layout/layered.ts';
import { type NestedInput, nestedLayout } from '../../../../renderer/graph/layout/nested.ts';
import { countCrossings, orderLayers } from '../../../../renderer/graph/layout/order.ts';
import { ranksOf } from '../../../../renderer/graph/layout/ranks.ts';
import { Random } from '../../../support/random.ts';

describe('ranksOf', () => {
  it('is the longest path', () => {
    const edges = [
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 3],
    ] as const;
    expect([...ranksOf({ size: 4, edges })]).toEqual([0, 1, 2, 3]);
  });

  it('moves branches that start by themselves down beside their reader', () => {
    // 0→1→2→3 with 4→5→3: the branch 4, 5 has one reader.
    const edges = [
      [0, 1],
      [1, 2],
      [2, 3],
      [4, 5],
      [5, 3],
    ] as const;
    expect([...ranksOf({ size: 6, edges })]).toEqual([0, 1, 2, 3, 1, 2]);
  });

  it('survives cycles, self-references and chains of any length', () => {
    expect(
      ranksOf({
        size: 3,
        edges: [
          [0, 1],
          [1, 2],
          [2, 0],
          [1, 1],
        ],
      }),
    ).toHaveLength(3);
    const size = 100_000;
    const chain = Array.from({ length: size - 1 }, (_, index) => [index, index + 1] as const);
    expect(ranksOf({ size, edges: chain })[size - 1]).toBe(size - 1);
  });

  it('keeps pinned nodes in layers of their own', () => {
    const ranks = ranksOf(
      {
        size: 4,
        edges: [
          [0, 1],
          [1, 2],
          [1, 3],
        ],
      },
      ['top', undefined, undefined, 'bottom'],
    );
    expect([...ranks]).toEqual([0, 1, 2, 3]);
  });
});

describe('orderLayers', () => {
  it('untangles what can be untangled', () => {
    // 0-5, 1-4, 2-3: crossed as given.
    const above = [[], [], [], [2], [1], [0]];
    const below = [[5], [4], [3], [], [], []];
    const layers = [
      [0, 1, 2],
      [3, 4, 5],
    ];
    expect(countCrossings(layers, { above, below }, 6)).toBe(3);
    expect(countCrossings(orderLayers(layers, { above, below }, 6), { above, below }, 6)).toBe(0);
  });
});

describe('placeInOrder', () => {
  it('gives everybody what they want where there is room', () => {
    expect([...placeInOrder([0, 10, 20], [1, 1, 1], [5, 5])]).toEqual([0, 10, 20]);
  });

  it('shares what is missing evenly, by weight', () => {
    expect([...placeInOrder([0, 0], [1, 1], [10])]).toEqual([-5, 5]);
    expect([...placeInOrder([0, 0], [3, 1], [8])]).toEqual([-2, 6]);
  });

  it('never puts two closer than they may be, nor out of order', () => {
    const wanted = [30, 3, 17, 5, 5, 90, 2];
    const separation = [4, 7, 1, 3, 9, 2];
    const x = placeInOrder(
      wanted,
      wanted.map(() => 1),
      separation,
    );
    separation.forEach((least, index) => {
      expect((x[index + 1] ?? 0) - (x[index] ?? 0)).toBeGreaterThanOrEqual(least - 1e-9);
    });
  });
});

function randomDag(seed: number, size: number): readonly (readonly [number, number])[] {
  const random = new Random(seed);
  return Array.from({ length: size - 1 }, (_, index) => index + 1).flatMap(to =>
    Array.from({ length: 1 + random.below(2) }, () => [random.below(to), to] as const),
  );
}

describe('layeredLayout', () => {
  it.each([1, 2, 3, 4])('keeps nodes apart and edges downwards (seed %d)', seed => {
    const nodes = Array.from({ length: 60 }, (_, index) => ({ width: 60 + (index % 5) * 20, height: 40 }));
    const edges = randomDag(seed, nodes.length).map(([from, to]) => ({ from, to }));
    const layout = layeredLayout(nodes, edges);
    for (let a = 0; a < nodes.length; a++) {
      for (let b = 0; b < a; b++) {
        const [ax, bx] = [layout.x[a] ?? 0, layout.x[b] ?? 0];
        const apart =
          layout.y[a] !== layout.y[b] ||
          ax + (nodes[a]?.width ?? 0) <= bx ||
          bx + (nodes[b]?.width ?? 0) <= ax;
        expect(apart, `nodes ${a} and ${b}`).toBe(true);
      }
    }
    for (const path of layout.paths) {
      for (let i = 3; i < path.length; i += 2) expect(path[i]).toBeGreaterThanOrEqual(path[i - 2] ?? 0);
    }
  });

  it('draws a chain as a straight line', () => {
    const nodes = Array.from({ length: 5 }, () => ({ width: 80, height: 40 }));
    const edges = [0, 1, 2, 3].map(from => ({ from, to: from + 1 }));
    expect(new Set(layeredLayout(nodes, edges).x).size).toBe(1);
  });

  it('lays out nothing', () => {
    expect(layeredLayout([], [])).toMatchObject({ width: 0, height: 0 });
  });
});

describe('nestedLayout', () => {
  // A frame 0 with 1→2 in it; 3→1, 3→2 (past 1), 2→4.
  const input: NestedInput = {
    direction: 'down' as const,
    nodes: [
      { width: 0, height: 0 },
      { width: 80, height: 40, parent: 0 },
      { width: 80, height: 40, parent: 0 },
      { width: 80, height: 28 },
      { width: 80, height: 28 },
    ],
    edges: [
      [3, 1],
      [1, 2],
      [3, 2],
      [2, 4],
    ],
  };
  const layout = nestedLayout(input);
  const boxOf = (index: number) => ({
    left: layout.x[index] ?? 0,
    top: layout.y[index] ?? 0,
    right: (layout.x[index] ?? 0) + (layout.width[index] ?? 0),
    bottom: (layout.y[index] ?? 0) + (layout.height[index] ?? 0),
  });

  it('puts frames around what is in them', () => {
    const frame = boxOf(0);
    for (const member of [1, 2].map(boxOf)) {
      expect(member.left).toBeGreaterThan(frame.left);
      expect(member.top).toBeGreaterThan(frame.top);
      expect(member.right).toBeLessThan(frame.right);
      expect(member.bottom).toBeLessThan(frame.bottom);
    }
    expect(boxOf(3).bottom).toBeLessThan(frame.top);
    expect(boxOf(4).top).toBeGreaterThan(frame.bottom);
  });

  it('makes a frame as wide as its title, with what is in it in the middle', () => {
    const [frame, ...others] = input.nodes;
    const titled = nestedLayout({ ...input, nodes: [{ height: 0, ...frame, width: 400 }, ...others] });
    expect(titled.width[0]).toBe(400);
    const members = [1, 2].map(index => titled.x[index] ?? 0);
    const [left, right] = [Math.min(...members), Math.max(...members) + 80];
    expect((left + right) / 2).toBeCloseTo((titled.x[0] ?? 0) + 200, -1.5);
    for (const [edge, [, to]] of input.edges.entries()) {
      const path = titled.paths[edge] ?? [];
      expect(path[path.length - 1]).toBeCloseTo(titled.y[to] ?? 0, 0);
    }
  });

  it('leads edges from node to node, around the members they pass', () => {
    for (const [edge, [from, to]] of input.edges.entries()) {
      const path = layout.paths[edge] ?? [];
      expect(path[1]).toBeCloseTo(boxOf(from).bottom, 0);
      expect(path[path.length - 1]).toBeCloseTo(boxOf(to).top, 0);
    }
    const passing = layout.paths[2] ?? [];
    const member = boxOf(1);
    for (let i = 0; i + 3 < passing.length; i += 2) {
      const inside = (passing[i + 1] ?? 0) > member.top && (passing[i + 1] ?? 0) < member.bottom;
      if (inside) expect((passing[i] ?? 0) < member.left || (passing[i] ?? 0) > member.right).toBe(true);
    }
  });

  it('puts what is given beside its first reader and results beside their maker, in columns too', () => {
    // Frames in a row, each a chain that is broken into columns.
    const [frames, length] = [2, 100];
    const box = { width: 100, height: 40 };
    const nodes: NestedInput['nodes'][number][] = [box];
    const chain = [0];
    for (let frame = 0; frame < frames; frame++) {
      const parent = nodes.push({ width: 0, height: 0 }) - 1;
      for (let i = 0; i < length; i++) chain.push(nodes.push({ ...box, parent }) - 1);
    }
    chain.push(nodes.push(box) - 1);
    const edges = chain.slice(1).map((to, place) => [chain[place] ?? 0, to] as const);
    for (const direction of ['down', 'right'] as const) {
      const { x, y, width } = nestedLayout({ direction, wrap: true, nodes, edges });
      const across = (node: number | undefined) => (direction === 'down' ? x : y)[node ?? -1] ?? Number.NaN;
      expect(width[1], 'columns').toBeGreaterThan(500);
      expect(across(chain[0])).toBeCloseTo(across(chain[1]), 0);
      expect(across(chain.at(-1))).toBeCloseTo(across(chain.at(-2)), 0);
      // Frames stand under each other, not as a staircase.
      expect(across(chain[1])).toBeCloseTo(across(chain[1 + length]), 0);
    }
  });

  it('lays out ten thousand nodes without recursion', () => {
    const size = 10_000;
    const nodes = Array.from({ length: size }, () => ({ width: 100, height: 40 }));
    const edges = Array.from({ length: size - 1 }, (_, index) => [index, index + 1] as const);
    const skips = Array.from({ length: size / 10 - 1 }, (_, index) => [index * 10, index * 10 + 8] as const);
    const large = nestedLayout({ direction: 'down', nodes, edges: [...edges, ...skips] });
    expect(large.y[size - 1]).toBeGreaterThan(large.y[0] ?? 0);
  });
});
