// One row times a matrix that the model computes, and products of other types than float32: read where it lies,
// whatever its order, and nothing is packed.

import { expect, it } from 'vitest';
import { vectorAxis } from '../../../engine/codegen/kernels/work/vector-axis.ts';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Shape, Tensor } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

interface Case {
  readonly a: Shape;
  readonly b: Shape;
  readonly turned?: boolean;
}

const CASES: readonly Case[] = [
  { a: [1, 37], b: [37, 45] },
  { a: [1, 64], b: [70, 64], turned: true },
  { a: [2, 3, 1, 19], b: [2, 3, 19, 33] },
  { a: [2, 3, 1, 19], b: [2, 3, 21, 19], turned: true },
  { a: [2, 1, 1, 8], b: [1, 5, 8, 9] },
  { a: [1, 130], b: [130, 1] },
  { a: [1, 1], b: [1, 40] },
];

function graphOf({ a, b, turned }: Case): TestGraph {
  const graph = new TestGraph();
  const swapped = [...b.keys()].slice(0, -2).concat(b.length - 1, b.length - 2);
  const row = graph.node('Sigmoid', [graph.input('a', 'float32', a)]);
  const given = graph.node('Mul', [graph.input('b', 'float32', b), graph.number(0.5)]);
  const matrix = turned
    ? graph.node('Transpose', [given], { attributes: { perm: attr.ints(swapped) } })
    : given;
  graph.output(graph.node('Relu', [graph.node('MatMul', [row, matrix])]));
  return graph;
}

it.each(CASES)('$a times $b, turned: $turned', one => {
  const inputs = [randomTensor(one.a, 1), randomTensor(one.b, 2)];
  expectCompiled(inferred(graphOf(one)), inputs, JSON.stringify(one), () => 1e-4);
});

it.each([false, true])('takes no memory but for operands and result, turned: %s', turned => {
  const { program } = compile(
    inferred(graphOf({ a: [1, 64], b: [64, 64], turned })),
    { ...DEFAULT_OPTIONS, threads: 1 },
    { read: noFiles, clock: () => 0 },
  );
  expect(program.arenaBytes).toBeLessThanOrEqual((64 * 64 + 2 * 64) * 4);
});

it('vectors run where no operand has to be gathered', () => {
  const read = (...strides: number[]) =>
    ({ buffer: { space: 'arena', id: 0 }, dtype: 'float32', offset: 0, strides }) as const;
  expect(vectorAxis([40, 30], [read(1, 40), read(0, 1)], [1], 8)).toBe(0);
  expect(vectorAxis([40, 30], [read(30, 1), read(0, 1)], [1], 8)).toBe(1);
  // However many operands are neighbours along the line: gathering one takes longer than reading all of them.
  expect(vectorAxis([40, 30], [read(1, 40), read(0, 1), read(0, 1), read(0, 1)], [1], 8)).toBe(0);
});

it('short lines that are many lie side by side in lanes', () => {
  const read = (...strides: number[]) =>
    ({ buffer: { space: 'arena', id: 0 }, dtype: 'float32', offset: 0, strides }) as const;
  expect(vectorAxis([40, 16], [read(16, 1)], [1], 8)).toBe(0);
  expect(vectorAxis([40, 16], [read(16, 1)], [1], 4)).toBe(1);
  expect(vectorAxis([40, 17], [read(17, 1)], [1], 8)).toBe(1);
  expect(vectorAxis([7, 16], [read(16, 1)], [1], 8)).toBe(1);
  expect(vectorAxis([40, 2], [read(2, 1)], [1], 1)).toBe(1);
});

const MATRICES = [
  { a: [19, 37], b: [37, 45] },
  { a: [3, 1, 5, 8], b: [2, 8, 9] },
  { a: [33], b: [33, 7] },
] as const;

it.each(['float64', 'int32', 'int64'] as const)('products of %s are sums of products too', dtype => {
  for (const { a, b } of MATRICES)
    for (const isConstant of [false, true]) {
      const [left, right] = [numbersOf(dtype, a, 3), numbersOf(dtype, b, 4)];
      const graph = new TestGraph();
      const first = graph.input('a', dtype, a);
      const second = isConstant ? graph.constant('b', right) : graph.input('b', dtype, b);
      graph.output(graph.node('Abs', [graph.node('MatMul', [graph.node('Neg', [first]), second])]));
      const inputs = isConstant ? [left] : [left, right];
      expectCompiled(inferred(graph), inputs, `${dtype} ${a} ${b}`, within(1e-12));
    }
});

it.each(['float64', 'int64'] as const)('Gemm of %s', dtype => {
  const graph = new TestGraph();
  const attributes = { transA: attr.int(1), transB: attr.int(1), ...(dtype === 'float64' && SCALED) };
  const x = graph.input('x', dtype, [12, 5]);
  const [w, c] = [
    graph.constant('w', numbersOf(dtype, [9, 12], 5)),
    graph.constant('c', numbersOf(dtype, [9], 6)),
  ];
  graph.output(graph.node('Gemm', [x, w, c], { attributes }));
  expectCompiled(inferred(graph), [numbersOf(dtype, [12, 5], 7)], dtype, within(1e-12));
});

const SCALED = { alpha: attr.float(0.5), beta: attr.float(2) };

/** Products of large whole numbers wrap. */
function numbersOf(dtype: 'float64' | 'int32' | 'int64', shape: Shape, seed: number): Tensor {
  const random = seededRandom(seed);
  const count = shape.reduce((a, b) => a * b, 1);
  const number = () => (dtype === 'float64' ? random() - 0.5 : Math.floor((random() - 0.5) * 1e6));
  return tensorOf(dtype, shape, Array.from({ length: count }, number));
}
