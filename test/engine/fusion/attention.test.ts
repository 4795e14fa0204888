// Attention in the spellings exporters use: one kernel, the same results, scores never stored.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Shape, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

/** Softmax weights average values, so errors stay near those of the values. */
const allowed = within(2e-5);

type Refine = (graph: TestGraph, scores: ValueId) => ValueId;

interface Sizes {
  readonly batch: Shape;
  readonly queries: number;
  readonly keys: number;
  readonly size: number;
  readonly values: number;
}
const SIZES: Sizes = { batch: [2, 3], queries: 13, keys: 21, size: 8, values: 12 };

function attended(sizes: Sizes, refine: Refine = (_, x) => x, after: Refine = (_, x) => x) {
  const { batch, queries, keys, size, values } = sizes;
  const graph = new TestGraph();
  const shapes: Shape[] = [
    [...batch, queries, size],
    [...batch, size, keys],
    [...batch, keys, values],
  ];
  const [q, k, v] = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
  const scores = refine(graph, graph.node('MatMul', [q, k]));
  const weights = after(graph, graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } }));
  graph.output(graph.node('MatMul', [weights, v]));
  return { graph: inferred(graph), inputs: shapes.map((shape, i) => randomTensor(shape, 7 + i, 2)) };
}

function kernelsOf({ graph }: { graph: ReturnType<typeof inferred> }): string[] {
  const { report, program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.steps).toHaveLength(1);
  return report.groups.map(group => group.kernel);
}

describe('values the caller asks for are stored', () => {
  test.each(['scores', 'weights'])('%s', wanted => {
    const { batch, queries, keys, size, values } = SIZES;
    const graph = new TestGraph();
    const shapes: Shape[] = [
      [...batch, queries, size],
      [...batch, size, keys],
      [...batch, keys, values],
    ];
    const [q, k, v] = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
    const scores = graph.node('MatMul', [q, k]);
    const weights = graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
    graph.output(graph.node('MatMul', [weights, v]));
    graph.output(wanted === 'scores' ? scores : weights);
    const inputs = shapes.map((shape, i) => randomTensor(shape, 3 + i, 2));
    expectCompiled(inferred(graph), inputs, wanted, allowed);
  });
});

describe('sizes', () => {
  test.each<[string, Partial<Sizes>]>([
    ['odd', {}],
    ['one query', { queries: 1 }],
    ['one key', { keys: 1 }],
    ['narrow', { size: 1, values: 1 }],
    ['values narrower than a vector', { values: 5, keys: 33 }],
    ['several blocks of rows', { batch: [2], queries: 301, keys: 260, size: 32, values: 32 }],
    ['no batch', { batch: [] }],
  ])('%s', (label, sizes) => {
    const built = attended({ ...SIZES, ...sizes });
    expectCompiled(built.graph, built.inputs, label, allowed);
    expect(kernelsOf(built)).toEqual(['attention']);
  });
});

describe('what happens to scores', () => {
  const scale: Refine = (graph, x) => graph.node('Div', [x, graph.number(3)]);
  const cases: Readonly<Record<string, Refine>> = {
    scaled: scale,
    'with a bias per key': (graph, x) => graph.node('Add', [scale(graph, x), graph.weight([2, 1, 1, 21], 3)]),
    'with a bias for every score': (graph, x) => graph.node('Add', [graph.weight([1, 3, 13, 21], 3), x]),
    'capped by tanh': (graph, x) =>
      graph.node('Mul', [graph.node('Tanh', [scale(graph, x)]), graph.number(3)]),
    'hidden where a boolean says so': (graph, x) => {
      const visible = Array.from({ length: 13 * 21 }, (_, i) => ((i % 21) + 3 * Math.floor(i / 21)) % 4);
      const mask = graph.constant('visible', tensorOf('bool', [13, 21], visible.map(Number)));
      return graph.node('Where', [mask, x, graph.number(-3.4e38)]);
    },
    causal: (graph, x) => {
      const hidden = Array.from({ length: 13 * 21 }, (_, i) =>
        i % 21 > Math.floor(i / 21) + 8 ? Number.NEGATIVE_INFINITY : 0,
      );
      return graph.node('Add', [x, graph.constant('causal', tensorOf('float32', [13, 21], hidden))]);
    },
  };
  test.each(Object.entries(cases))('%s', (label, refine) => {
    const built = attended(SIZES, refine);
    expectCompiled(built.graph, built.inputs, label, allowed);
    expect(kernelsOf(built)).toEqual(['attention']);
  });
});

test('rows that see nothing are NaN as in softmax, and what replaces NaN does', () => {
  const hide: Refine = (graph, x) => {
    const hidden = Array.from({ length: 13 * 21 }, (_, i) =>
      Math.floor(i / 21) === 4 ? Number.NEGATIVE_INFINITY : 0,
    );
    return graph.node('Add', [x, graph.constant('hidden', tensorOf('float32', [13, 21], hidden))]);
  };
  const replace: Refine = (graph, x) => graph.node('Where', [graph.node('IsNaN', [x]), graph.number(0), x]);
  for (const after of [undefined, replace]) {
    const built = attended(SIZES, hide, after);
    expectCompiled(built.graph, built.inputs, after ? 'replaced' : 'nothing to see', allowed);
    expect(kernelsOf(built)).toEqual(['attention']);
  }
});

test('a NaN score spoils its row and no other', () => {
  const built = attended(SIZES);
  const [q, ...rest] = built.inputs as [Tensor, Tensor, Tensor];
  const data = Float32Array.from(q.data as Float32Array);
  data[5] = Number.NaN;
  expectCompiled(built.graph, [{ ...q, data } as Tensor, ...rest], 'NaN', allowed);
});

describe('as one operator, with groups of query heads on a key head', () => {
  const [HEADS, KEY_HEADS, SIZE, KEYS] = [6, 2, 8, 11];
  interface Case {
    readonly queries?: number;
    readonly causal?: boolean;
    /** of (queries, keys) or broadcast to it */
    readonly mask?: Tensor;
  }
  const hiding = (rows: number, hidden: (row: number, key: number) => boolean): boolean[] =>
    Array.from({ length: rows * KEYS }, (_, i) => hidden(Math.floor(i / KEYS), i % KEYS));
  const blind = hiding(9, (row, key) => row === 4 || key > row + 3);
  const floats = blind.map(isHidden => (isHidden ? Number.NEGATIVE_INFINITY : 0.25));
  const cases: Readonly<Record<string, Case>> = {
    causal: { causal: true },
    'one query behind what came before': { queries: 1 },
    'a boolean mask with a row that sees nothing': {
      mask: tensorOf(
        'bool',
        [9, KEYS],
        blind.map(isHidden => Number(!isHidden)),
      ),
    },
    'a mask of numbers with a row that sees nothing': { mask: tensorOf('float32', [9, KEYS], floats) },
    'a mask per head': {
      mask: tensorOf(
        'float32',
        [1, HEADS, 1, KEYS],
        Array.from(randomTensor([HEADS * KEYS], 3, 2).data, Number),
      ),
    },
  };
  test.each(Object.entries(cases))('%s', (label, { queries = 9, causal = false, mask }) => {
    const graph = new TestGraph();
    const shapes: Shape[] = [
      [2, HEADS, queries, SIZE],
      [2, KEY_HEADS, KEYS, SIZE],
      [2, KEY_HEADS, KEYS, SIZE],
    ];
    const inputs = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
    const given = mask ? [graph.input('mask', mask.dtype, mask.shape)] : [];
    const attributes = { is_causal: attr.int(Number(causal)) };
    graph.output(graph.node('Attention', [...inputs, ...given], { version: 23, attributes }));
    const built = inferred(graph);
    const tensors = [...shapes.map((shape, i) => randomTensor(shape, 7 + i, 2)), ...(mask ? [mask] : [])];
    expectCompiled(built, tensors, label, allowed);
    const { report } = compile(built, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
    expect(report.groups.map(group => group.kernel)).toContain('attention');
  });
});

describe('around it', () => {
  const TOKENS = 10;
  const HEADS = 4;
  const SIZE = 8;
  const split = (graph: TestGraph, x: ValueId, perm: readonly number[], heads = HEADS): ValueId => {
    const apart = graph.node('Reshape', [x, graph.ints(1, TOKENS, heads, SIZE)]);
    return graph.node('Transpose', [apart], { attributes: { perm: attr.ints(perm) } });
  };
  const finish = (graph: TestGraph, q: ValueId, k: ValueId, v: ValueId): ValueId => {
    const scores = graph.node('MatMul', [q, k]);
    const weights = graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
    return graph.node('MatMul', [weights, v]);
  };

  test('heads split and joined by views, the square root of the scale on both sides', () => {
    const graph = new TestGraph();
    const inputs = ['q', 'k', 'v'].map(name => graph.input(name, 'float32', [1, TOKENS, HEADS * SIZE]));
    const [q, k, v] = inputs as [ValueId, ValueId, ValueId];
    const root = graph.number(SIZE ** -0.25);
    const query = graph.node('Mul', [split(graph, q, [0, 2, 1, 3]), root]);
    const key = graph.node('Mul', [split(graph, k, [0, 2, 3, 1]), root]);
    const context = finish(graph, query, key, split(graph, v, [0, 2, 1, 3]));
    const back = graph.node('Transpose', [context], { attributes: { perm: attr.ints([0, 2, 1, 3]) } });
    const joined = graph.node('Reshape', [back, graph.ints(1, TOKENS, HEADS * SIZE)]);
    graph.output(graph.node('Add', [joined, q]));
    const built = inferred(graph);
    const tensors = [1, 2, 3].map(seed => randomTensor([1, TOKENS, HEADS * SIZE], seed, 2));
    expectCompiled(built, tensors, 'heads', allowed);
    const { report } = compile(built, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
    const [group] = report.groups;
    expect(group?.kernel).toBe('attention');
    expect(group?.ops).toEqual(expect.arrayContaining(['Mul', 'MatMul', 'Softmax']));
    expect(group?.expression).toContain('softmax');
    expect(group?.vanishedBytes).toBeGreaterThanOrEqual(2 * 4 * HEADS * TOKENS * TOKENS);
  });

  test('values as channels of places, times turned weights', () => {
    const [PLACES, CHANNELS] = [21, 12];
    const graph = new TestGraph();
    const shapes: Shape[] = [
      [2, PLACES, SIZE],
      [2, SIZE, PLACES],
      [2, CHANNELS, PLACES],
    ];
    const [q, k, v] = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape)) as [
      ValueId,
      ValueId,
      ValueId,
    ];
    const scores = graph.node('MatMul', [q, k]);
    const weights = graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
    const turned = graph.node('Transpose', [weights], { attributes: { perm: attr.ints([0, 2, 1]) } });
    graph.output(graph.node('Add', [graph.node('MatMul', [v, turned]), v]));
    const built = inferred(graph);
    const tensors = shapes.map((shape, i) => randomTensor(shape, 5 + i, 2));
    expectCompiled(built, tensors, 'turned weights', allowed);
    const { report, program } = compile(built, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
    expect(report.groups.map(group => group.kernel)).toContain('attention');
    expect(program.steps.length).toBeLessThanOrEqual(2);
  });

  test('one head of keys and values for all queries', () => {
    const graph = new TestGraph();
    const q = graph.input('q', 'float32', [2, HEADS, TOKENS, SIZE]);
    const k = graph.input('k', 'float32', [2, 1, SIZE, TOKENS]);
    const v = graph.input('v', 'float32', [2, 1, TOKENS, SIZE]);
    graph.output(finish(graph, q, k, v));
    const built = inferred(graph);
    const shapes: Shape[] = [
      [2, HEADS, TOKENS, SIZE],
      [2, 1, SIZE, TOKENS],
      [2, 1, TOKENS, SIZE],
    ];
    expectCompiled(
      built,
      shapes.map((shape, i) => randomTensor(shape, i + 1, 2)),
      'one head',
      allowed,
    );
    expect(kernelsOf({ graph: built })).toEqual(['attention']);
  });

  test('scores or weights that somebody else reads are stored', () => {
    for (const other of ['scores', 'weights']) {
      const graph = new TestGraph();
      const [q, k] = ['q', 'k'].map(name => graph.input(name, 'float32', [2, 8, 8]));
      const scores = graph.node('MatMul', [q, k]);
      const weights = graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
      graph.output(graph.node('MatMul', [weights, q]));
      graph.output(graph.node('Neg', [other === 'scores' ? scores : weights]));
      const built = inferred(graph);
      const { report, program } = compile(built, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
      expect(report.groups.map(group => group.kernel)).not.toContain('attention');
      expect(program.steps.length).toBeGreaterThan(1);
    }
  });
});
