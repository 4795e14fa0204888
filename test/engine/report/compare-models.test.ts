import { describe, expect, test } from 'vitest';
import { compareModels, weightPairs, withChangedWeights } from '../../../engine/report/compare-models.ts';
import type { GraphSummary, NodeSummary, TensorSummary } from '../../../engine/report/types/model.ts';

interface Line {
  readonly op: string;
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** position of the maker of each input; -1 is the graph's input */
  readonly from?: readonly number[];
}

/** Nodes in a row unless said otherwise; tensor 0 is the input, tensor i + 1 the output of node i. */
function graphOf(lines: readonly Line[]): GraphSummary {
  const nodes = lines.map(
    ({ op, name = '', attributes = {}, from = undefined }, id): NodeSummary => ({
      id,
      name,
      op,
      version: 1,
      inputs: (from ?? [id - 1]).map(maker => maker + 1),
      outputs: [id + 1],
      attributes: Object.entries(attributes).map(([key, text]) => ({ name: key, type: 'int', text })),
      subgraphs: [],
    }),
  );
  const tensors = [-1, ...nodes.keys()].map(
    (maker): TensorSummary => ({
      id: maker + 1,
      name: `t${maker + 1}`,
      dtype: 'float32',
      shape: [4],
      kind: maker < 0 ? 'input' : 'activation',
      consumers: nodes.filter(({ inputs }) => inputs.includes(maker + 1)).map(({ id }) => id),
      ...(maker >= 0 && { producer: maker }),
    }),
  );
  return { name: 'g', nodes, tensors, inputs: [0], outputs: [nodes.length] };
}

const ROW: readonly Line[] = [
  { op: 'Conv', name: 'a' },
  { op: 'Relu', name: 'b' },
  { op: 'Conv', name: 'c', attributes: { strides: '[1, 1]' } },
  { op: 'Sigmoid', name: 'd' },
];
const nameless = (lines: readonly Line[]) => lines.map(({ name: _, ...line }) => line);
const matched = (a: readonly Line[], b: readonly Line[]) => {
  const { pairs, removed, added } = compareModels(graphOf(a), graphOf(b));
  return {
    pairs: pairs.map(pair => [pair.a, pair.b]),
    removed,
    added,
    changes: pairs.flatMap(p => p.changes),
  };
};

describe('two versions', () => {
  test('the same model: everything matches, nothing changed', () => {
    const same = {
      pairs: [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      removed: [],
      added: [],
      changes: [],
    };
    expect(matched(ROW, ROW)).toEqual(same);
    expect(matched(ROW, nameless(ROW))).toEqual(same);
  });

  test('an attribute changed, by name and without names', () => {
    const strided = ROW.map(line =>
      line.name === 'c' ? { ...line, attributes: { strides: '[2, 2]' } } : line,
    );
    for (const [a, b] of [
      [ROW, strided],
      [nameless(ROW), nameless(strided)],
    ] as const) {
      const found = matched(a, b);
      expect(found).toMatchObject({ removed: [], added: [] });
      expect(found.changes).toEqual(['strides: [1, 1] → [2, 2]']);
    }
  });

  test('a node inserted: it is added, its reader comes from elsewhere', () => {
    const longer = [...ROW.slice(0, 2), { op: 'Dropout', name: 'new' }, ...ROW.slice(2)];
    expect(matched(ROW, longer)).toEqual({
      pairs: [
        [0, 0],
        [1, 1],
        [2, 3],
        [3, 4],
      ],
      removed: [],
      added: [2],
      changes: ['input 0 comes from elsewhere'],
    });
    expect(matched(nameless(ROW), nameless(longer))).toMatchObject({ removed: [], added: [2] });
    expect(matched(longer, ROW)).toMatchObject({ removed: [2], added: [] });
  });

  test('another operator of the same name is the same node, changed', () => {
    const gelu = ROW.map(line => (line.name === 'b' ? { ...line, op: 'Gelu' } : line));
    expect(matched(ROW, gelu)).toMatchObject({ removed: [], added: [], changes: ['operator: Relu → Gelu'] });
  });

  test('nodes that moved past each other keep their names', () => {
    const swapped: readonly Line[] = [
      { op: 'Conv', name: 'c' },
      { op: 'Conv', name: 'a' },
    ];
    const straight: readonly Line[] = [
      { op: 'Conv', name: 'a' },
      { op: 'Conv', name: 'c' },
    ];
    expect(matched(straight, swapped).pairs).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });
});

test('every node is in one pair or among those removed or added', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  const ops = ['Conv', 'Relu', 'Add', 'MatMul'];
  const draw = (): Line[] =>
    Array.from({ length: 1 + random(30) }, (_, id) => ({
      op: ops[random(4)] ?? '',
      name: random(3) === 0 ? `n${random(10)}` : '',
      from: Array.from({ length: 1 + random(2) }, () => random(id + 1) - 1),
    }));
  for (let round = 0; round < 50; round++) {
    const [a, b] = [draw(), draw()];
    const { pairs, removed, added } = compareModels(graphOf(a), graphOf(b));
    const sorted = (ids: readonly number[]) => ids.toSorted((m, n) => m - n);
    expect(sorted([...pairs.map(pair => pair.a), ...removed]), `round ${round}`).toEqual([...a.keys()]);
    expect(sorted([...pairs.map(pair => pair.b), ...added]), `round ${round}`).toEqual([...b.keys()]);
  }
});

test('weights whose values differ are told at every operator that reads them', () => {
  const one = graphOf([
    { op: 'Conv', name: 'a' },
    { op: 'Conv', name: 'b' },
    { op: 'Relu', name: 'c' },
  ]);
  // Both convolutions read one weight; b has one more, of another type in the other model.
  const weighted = (shape: readonly number[]): GraphSummary => ({
    ...one,
    nodes: one.nodes.map(node =>
      node.op === 'Relu' ? node : { ...node, inputs: [...node.inputs, 10, ...(node.id === 1 ? [11] : [])] },
    ),
    tensors: [
      ...one.tensors,
      { id: 10, name: 'shared', kind: 'constant', dtype: 'float32', shape: [3], consumers: [0, 1] },
      { id: 11, name: 'other', kind: 'constant', dtype: 'float32', shape: [...shape], consumers: [1] },
    ],
  });
  const [before, after] = [weighted([1]), weighted([2])];
  const difference = compareModels(before, after);
  const weights = weightPairs(before, after, difference);
  expect(weights).toEqual([
    {
      a: 10,
      b: 10,
      readers: [
        { pair: 0, input: 1 },
        { pair: 1, input: 1 },
      ],
    },
  ]);
  const changed = withChangedWeights(difference, weights, () => 'shared');
  expect(changed.pairs.map(({ changes }) => changes)).toEqual([
    ['values of input 1 (shared)'],
    ['type of input 2: float32 1 → float32 2', 'values of input 1 (shared)'],
    [],
  ]);
});

describe('bodies', () => {
  /** A loop around these lines, between two operators. */
  const around = (attribute: string, lines: readonly Line[]): GraphSummary => {
    const graph = graphOf([
      { op: 'Relu', name: 'in' },
      { op: 'Loop', name: 'loop' },
      { op: 'Relu', name: 'out' },
    ]);
    const [first, loop, last] = graph.nodes;
    if (!first || !loop || !last) throw new Error('three nodes were made');
    return { ...graph, nodes: [first, { ...loop, subgraphs: [{ attribute, graph: graphOf(lines) }] }, last] };
  };

  test('that are the same change nothing', () => {
    const { pairs } = compareModels(around('body', ROW), around('body', ROW));
    expect(pairs.flatMap(({ changes }) => changes)).toEqual([]);
    expect(pairs[1]?.bodies?.[0]?.difference.pairs).toHaveLength(4);
  });

  test('that differ change the operator they belong to, at any depth, and are compared themselves', () => {
    const changed = [
      ...ROW.slice(0, 2),
      { op: 'Conv', name: 'c', attributes: { strides: '[2, 2]' } },
      { op: 'Tanh', name: 'e' },
    ];
    const { pairs, added, removed } = compareModels(around('body', ROW), around('body', changed));
    expect([added, removed]).toEqual([[], []]);
    expect(pairs.map(({ changes }) => changes)).toEqual([
      [],
      ['body: removed Sigmoid "d"; added Tanh "e"; changed Conv "c" (strides: [1, 1] → [2, 2])'],
      [],
    ]);
    expect(pairs[1]?.bodies?.[0]?.difference).toMatchObject({ removed: [3], added: [3] });

    const nest = (lines: readonly Line[]): GraphSummary => {
      const graph = around('body', ROW);
      const subgraphs = [{ attribute: 'then_branch', graph: around('body', lines) }];
      return {
        ...graph,
        nodes: graph.nodes.map(node => (node.op === 'Loop' ? { ...node, subgraphs } : node)),
      };
    };
    const nested = compareModels(nest(ROW), nest(changed)).pairs.flatMap(({ changes }) => changes);
    expect(nested).toHaveLength(1);
    expect(nested[0]).toMatch(/^then_branch: changed Loop "loop" \(body: removed Sigmoid/);
  });

  test('that only one side has are said to be there or gone', () => {
    const { pairs } = compareModels(around('then_branch', ROW), around('else_branch', ROW));
    expect(pairs[1]?.changes).toEqual(['then_branch: removed', 'else_branch: added']);
  });
});
