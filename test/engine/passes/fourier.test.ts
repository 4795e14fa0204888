// Fourier transforms as kernels: every kind of transform compiled, against the definition that the reference keeps.

import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Shape } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

/** Sums of some ten terms of magnitude 1. */
const allowed = (): number => 2e-5;

interface Dft {
  readonly label: string;
  readonly shape: Shape;
  readonly axis: number;
  readonly length?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

const inverse = { inverse: attr.int(1) };
const oneSided = { onesided: attr.int(1) };

const DFTS: readonly Dft[] = [
  { label: 'real', shape: [2, 10, 1], axis: 1 },
  { label: 'complex, along the first axis', shape: [7, 3, 2], axis: 0 },
  { label: 'one-sided', shape: [2, 9, 1], axis: 1, attributes: oneSided },
  { label: 'inverse', shape: [2, 8, 2], axis: 1, attributes: inverse },
  {
    label: 'inverse of an even one-sided one',
    shape: [2, 5, 2],
    axis: 1,
    attributes: { ...inverse, ...oneSided },
  },
  {
    ...{ label: 'inverse of an odd one-sided one', shape: [2, 5, 2], axis: 1, length: 9 },
    attributes: { ...inverse, ...oneSided },
  },
  { label: 'padded', shape: [3, 5, 2], axis: -2, length: 8 },
  { label: 'cut', shape: [1, 9, 4, 1], axis: 1, length: 6 },
  // Long enough for two products.
  { label: 'real, in factors', shape: [2, 384, 1], axis: 1 },
  { label: 'one-sided, in factors', shape: [1, 480, 1], axis: 1, attributes: oneSided },
  { label: 'one-sided of odd length, in factors', shape: [1, 525, 1], axis: 1, attributes: oneSided },
  { label: 'complex along the first axis, in factors', shape: [256, 3, 2], axis: 0 },
  { label: 'inverse, in factors', shape: [2, 300, 2], axis: 1, attributes: inverse },
  { label: 'cut, in factors', shape: [1, 600, 2, 1], axis: 1, length: 512 },
];

test.each(DFTS)('DFT, $label', ({ label, shape, axis, length, attributes = {} }) => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', shape);
  const points = length === undefined ? undefined : graph.constant('n', tensorOf('int64', [], [length]));
  const at = graph.constant('axis', tensorOf('int64', [], [axis]));
  graph.output(graph.node('DFT', [x, points, at], { version: 20, attributes }));
  expectCompiled(inferred(graph), [randomTensor(shape, 5)], label, allowed);
});

test.each([
  { label: 'without a window', window: false, shape: [2, 40], attributes: {} },
  { label: 'windowed', window: true, shape: [1, 40, 1], attributes: {} },
  { label: 'two-sided', window: true, shape: [2, 33], attributes: { onesided: attr.int(0) } },
])('STFT, $label', ({ label, window, shape, attributes }) => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', shape);
  const scalar = (name: string, value: number) => graph.constant(name, tensorOf('int64', [], [value]));
  const inputs = [x, scalar('step', 5), window ? graph.weight([12]) : undefined, scalar('length', 12)];
  graph.output(graph.node('STFT', inputs, { version: 17, attributes }));
  expectCompiled(inferred(graph), [randomTensor(shape, 6)], label, allowed);
});

test.each([
  { label: 'steps that share a divisor with the length', step: 100, window: true, attributes: {} },
  { label: 'steps that do not', step: 91, window: true, attributes: {} },
  { label: 'without a window, two-sided', step: 160, window: false, attributes: { onesided: attr.int(0) } },
])('STFT in factors, $label', ({ label, step, window, attributes }) => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [2, 1207]);
  const scalar = (name: string, value: number) => graph.constant(name, tensorOf('int64', [], [value]));
  const inputs = [x, scalar('step', step), window ? graph.weight([400]) : undefined, scalar('length', 400)];
  graph.output(graph.node('STFT', inputs, { version: 17, attributes }));
  expectCompiled(inferred(graph), [randomTensor([2, 1207], 7)], label, allowed);
});

test.each([
  { label: 'short', length: 64, factored: false },
  { label: 'long, of small factors', length: 1024, factored: true },
  { label: 'of prime length', length: 1031, factored: false },
])('one product or two, $label', ({ length, factored }) => {
  const graph = new TestGraph();
  graph.output(graph.node('DFT', [graph.input('x', 'float32', [1, length, 1])], { version: 20 }));
  const { program } = compile(inferred(graph), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  // What is in factors ends in a convolution in groups.
  expect(program.steps.some(({ op }) => op === 'Conv')).toBe(factored);
});

test('a transform whose matrix would be too large is left to the reference', () => {
  const graph = new TestGraph();
  graph.output(graph.node('DFT', [graph.input('x', 'float32', [1, 4099, 1])], { version: 20 }));
  const ports = { read: noFiles, clock: () => 0 };
  const { program } = compile(inferred(graph), DEFAULT_OPTIONS, ports);
  expect(program.steps.map(({ kind, op }) => `${kind} ${op}`)).toEqual(['reference DFT']);
});
