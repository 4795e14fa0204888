// Pooling with places and its inverse as kernels: compiled, against the definition that the reference keeps.

import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { makeTensor } from '../../../engine/ir/tensor.ts';
import type { Attribute, Shape } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

const exact = (): number => 0;

interface Pool {
  readonly label: string;
  readonly shape: Shape;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

const window = (kernel: readonly number[], more: Readonly<Record<string, Attribute>> = {}) => ({
  kernel_shape: attr.ints(kernel),
  ...more,
});

const POOLS: readonly Pool[] = [
  { label: 'halves', shape: [2, 3, 6, 8], attributes: window([2, 2], { strides: attr.ints([2, 2]) }) },
  {
    ...{ label: 'overlapping windows with padding', shape: [1, 5, 9, 7] },
    attributes: window([3, 3], { strides: attr.ints([2, 2]), pads: attr.ints([1, 1, 1, 1]) }),
  },
  {
    ...{ label: 'columns first, uneven padding', shape: [2, 2, 7, 9] },
    attributes: window([2, 3], { pads: attr.ints([0, 1, 1, 0]), storage_order: attr.int(1) }),
  },
  {
    ...{ label: 'dilated', shape: [1, 2, 9, 9] },
    attributes: window([2, 2], { dilations: attr.ints([3, 2]), pads: attr.ints([1, 0, 2, 1]) }),
  },
  {
    ...{ label: 'rounded up', shape: [1, 3, 8, 7] },
    attributes: window([3, 3], { strides: attr.ints([2, 2]), ceil_mode: attr.int(1) }),
  },
  { label: 'one axis', shape: [2, 4, 11], attributes: window([3], { strides: attr.ints([3]) }) },
  { label: 'three axes', shape: [1, 2, 5, 4, 6], attributes: window([2, 2, 2]) },
];

/** Few different numbers, so that some are equal; one in twelve is none, −∞ or −0. */
function values(shape: Shape, seed: number): Float32Array {
  const random = seededRandom(seed);
  const odd = [Number.NaN, Number.NEGATIVE_INFINITY, -0];
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
    random() < 1 / 12 ? (odd[Math.floor(random() * 3)] ?? 0) : Math.floor(random() * 5) - 2,
  );
}

test.each(POOLS)('MaxPool with places, $label', ({ label, shape, attributes }) => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', shape);
  for (const id of graph.nodes('MaxPool', [x], { version: 12, attributes, outputs: ['largest', 'places'] }))
    if (id !== undefined) graph.output(id);
  for (const seed of [1, 2])
    expectCompiled(
      inferred(graph),
      [makeTensor('float32', shape, values(shape, seed))],
      `${label}, seed ${seed}`,
      exact,
    );
  const none = new Float32Array(values(shape, 1).length).fill(Number.NEGATIVE_INFINITY);
  expectCompiled(inferred(graph), [makeTensor('float32', shape, none)], `${label}, all −∞`, exact);
});

test('what pooling took is put back', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [2, 3, 4, 6]);
  const attributes = window([2, 2], { strides: attr.ints([2, 2]) });
  const [pooled, places] = graph.nodes('MaxPool', [x], {
    version: 12,
    attributes,
    outputs: ['largest', 'places'],
  });
  if (pooled === undefined || places === undefined) throw new Error('two outputs were asked for');
  graph.output(graph.node('MaxUnpool', [graph.node('Relu', [pooled]), places], { version: 11, attributes }));
  const compiled = compile(inferred(graph), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(compiled.program.steps.every(({ kind }) => kind === 'kernel')).toBe(true);
  const data = Float32Array.from(values([2, 3, 4, 6], 3), v => (Number.isFinite(v) ? v : 0));
  expectCompiled(inferred(graph), [makeTensor('float32', [2, 3, 4, 6], data)], 'put back', exact);
});

test('places that nobody reads cost nothing', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 3, 6, 6]);
  const [pooled] = graph.nodes('MaxPool', [x], {
    version: 12,
    attributes: window([2, 2]),
    outputs: ['largest', 'places'],
  });
  if (pooled === undefined) throw new Error('two outputs were asked for');
  graph.output(pooled);
  const compiled = compile(inferred(graph), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(compiled.program.steps.map(({ op }) => op)).toContain('MaxPool');
});

const WIDE: readonly Pool[] = [
  { label: 'wide', shape: [1, 3, 9, 11], attributes: window([5, 5], { pads: attr.ints([2, 2, 2, 2]) }) },
  {
    ...{ label: 'wide and uneven, rounded up', shape: [2, 2, 14, 17] },
    attributes: window([7, 6], {
      strides: attr.ints([2, 1]),
      pads: attr.ints([1, 0, 2, 3]),
      ceil_mode: attr.int(1),
    }),
  },
  {
    ...{ label: 'wide, the same extents', shape: [1, 2, 10, 7] },
    attributes: window([6, 7], { auto_pad: attr.string('SAME_LOWER') }),
  },
  {
    ...{ label: 'wide and dilated, three axes', shape: [1, 2, 9, 8, 7] },
    attributes: window([3, 3, 3], { dilations: attr.ints([2, 1, 2]), pads: attr.ints([1, 1, 2, 2, 1, 1]) }),
  },
];

test.each(WIDE)('MaxPool one axis after the other, $label', ({ label, shape, attributes }) => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', shape);
  graph.output(graph.node('Relu', [graph.node('MaxPool', [x], { version: 12, attributes })]));
  const built = inferred(graph);
  for (const seed of [1, 2])
    expectCompiled(
      built,
      [makeTensor('float32', shape, values(shape, seed))],
      `${label}, seed ${seed}`,
      exact,
    );
  const { program } = compile(built, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.steps.length).toBeGreaterThan(1);
});
