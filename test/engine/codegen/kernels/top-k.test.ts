// TopK, ArgMax and ArgMin against the interpreter: any axis, ties, NaN, signed zeros, everything in order.

import { it } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { inferred, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled } from '../../../support/expect-compiled.ts';

const TYPES = [
  ...(['float32', 'float32', 'float32', 'float64', 'int32', 'int64'] as const),
  ...(['int8', 'uint8', 'int16', 'uint16'] as const),
];
const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0];

/** A seeded tensor, with elements that occur more than once, and a random axis of it. */
function randomCase(seed: number) {
  const random = seededRandom(seed);
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  // As many as fill vectors, and others.
  const shape = Array.from({ length: whole(1, 3) }, () => (random() < 0.3 ? 4 * whole(1, 9) : whole(1, 40)));
  const dtype = TYPES[whole(0, 9)] ?? 'float32';
  const isFloat = dtype.startsWith('float');
  const count = shape.reduce((a, b) => a * b, 1);
  const elements = Array.from({ length: count }, () => {
    if (isFloat && random() < 0.1) return SPECIAL[whole(0, 4)] ?? 0;
    return whole(-20, 20) * (isFloat ? 0.37 : dtype === 'int64' ? 2 ** 40 + 1 : dtype.endsWith('8') ? 6 : 1);
  });
  const axis = whole(0, shape.length - 1);
  return { random, whole, shape, dtype, data: tensorOf(dtype, shape, elements), axis };
}

it('finds the largest and the smallest in order', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { random, whole, shape, dtype, data, axis } = randomCase(seed);
    const graph = new TestGraph('top');
    const count = graph.constant('k', tensorOf('int64', [1], [whole(1, shape[axis] ?? 1)]));
    const attributes = { axis: attr.int(axis), largest: attr.int(random() < 0.5 ? 1 : 0) };
    const outputs = graph.nodes('TopK', [graph.input('x', dtype, shape), count], {
      attributes,
      outputs: ['values', 'indices'],
    });
    const unread = whole(0, 2);
    outputs.forEach((id, index) => {
      if (id !== undefined && index !== unread) graph.output(id);
    });
    expectCompiled(inferred(graph), [data], `seed ${seed}`, () => 0);
  }
});

it('passes over most of long rows, whatever they are', () => {
  for (let seed = 300; seed < 340; seed++) {
    const random = seededRandom(seed);
    const dtype = TYPES[seed % TYPES.length] ?? 'float32';
    const isFloat = dtype.startsWith('float');
    const shape: [number, number] = [3, 90 + Math.floor(random() * 400)];
    const scale = isFloat ? 0.37 : dtype.endsWith('8') ? 1 : 300;
    const spread = isFloat || !dtype.endsWith('8') ? 200 : 120;
    const elements = Array.from({ length: shape[0] * shape[1] }, () =>
      isFloat && random() < 0.02
        ? (SPECIAL[Math.floor(random() * 5)] ?? 0)
        : Math.floor(random() * spread) * scale,
    );
    const data = tensorOf(dtype, shape, elements);
    for (const largest of [0, 1]) {
      const graph = new TestGraph('long');
      const count = graph.constant('k', tensorOf('int64', [1], [1 + Math.floor(random() * 30)]));
      const attributes = { axis: attr.int(1), largest: attr.int(largest) };
      const x = graph.input('x', dtype, shape);
      for (const id of graph.nodes('TopK', [x, count], { attributes, outputs: ['values', 'indices'] })) {
        if (id !== undefined) graph.output(id);
      }
      expectCompiled(inferred(graph), [data], `seed ${seed}, largest ${largest}`, () => 0);
    }
  }
});

it('finds the place of the first extreme', () => {
  for (let seed = 100; seed <= 200; seed++) {
    const { random, shape, dtype, data, axis } = randomCase(seed);
    const graph = new TestGraph('place');
    const attributes = { axis: attr.int(axis), keepdims: attr.int(random() < 0.5 ? 1 : 0) };
    const op = random() < 0.5 ? 'ArgMax' : 'ArgMin';
    graph.output(graph.node(op, [graph.input('x', dtype, shape)], { attributes }));
    expectCompiled(inferred(graph), [data], `seed ${seed} ${op}`, () => 0);
  }
});

it('tells 64-bit integers apart that doubles do not', () => {
  const elements = BigInt64Array.of(
    2n ** 62n,
    2n ** 62n + 1n,
    -(2n ** 63n),
    2n ** 63n - 1n,
    -(2n ** 63n) + 1n,
    0n,
  );
  const data = { dtype: 'int64' as const, shape: [1, 6], data: elements };
  for (const largest of [0, 1]) {
    const graph = new TestGraph('wide');
    const x = graph.input('x', 'int64', [1, 6]);
    const attributes = { axis: attr.int(1), largest: attr.int(largest) };
    const outputs = graph.nodes('TopK', [x, graph.constant('k', tensorOf('int64', [1], [5]))], {
      attributes,
      outputs: ['values', 'indices'],
    });
    for (const id of outputs) if (id !== undefined) graph.output(id);
    graph.output(graph.node(largest ? 'ArgMax' : 'ArgMin', [x], { attributes: { axis: attr.int(1) } }));
    expectCompiled(inferred(graph), [data], `largest ${largest}`, () => 0);
  }
});
