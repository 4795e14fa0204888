// GridSample as kernels: modes, paddings and both ways to place corners, against the interpreter.

import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Shape } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';
import { runProgram } from '../../support/run-program.ts';

/** Coordinates in single precision, times weights up to some 2 that pixels of magnitude 1 are multiplied with. */
const allowed = (): number => 5e-5;

function sampled(shape: Shape, grid: Shape, mode: string, padding: string, align: number): TestGraph {
  const graph = new TestGraph();
  const inputs = [graph.input('x', 'float32', shape), graph.input('grid', 'float32', grid)];
  const attributes = {
    mode: attr.string(mode),
    padding_mode: attr.string(padding),
    align_corners: attr.int(align),
  };
  graph.output(graph.node('GridSample', inputs, { version: 20, attributes }));
  return graph;
}

const CASES = [
  ...['zeros', 'border', 'reflection'].map(padding => ({ mode: 'linear', padding, align: 0 })),
  { mode: 'linear', padding: 'reflection', align: 1 },
  { mode: 'nearest', padding: 'zeros', align: 1 },
  { mode: 'nearest', padding: 'reflection', align: 0 },
  { mode: 'cubic', padding: 'zeros', align: 0 },
];

test.each(CASES)(
  '$mode, $padding, aligned corners $align: places inside and outside',
  ({ mode, padding, align }) => {
    const [shape, grid] = [
      [2, 3, 5, 4],
      [2, 3, 2, 2],
    ];
    const graph = inferred(sampled(shape, grid, mode, padding, align));
    expectCompiled(
      graph,
      [randomTensor(shape, 1), randomTensor(grid, 2, 2.5)],
      `${mode} ${padding}`,
      allowed,
    );
  },
);

test('volumes, whose innermost coordinate comes first', () => {
  const [shape, grid] = [
    [1, 2, 3, 4, 5],
    [1, 2, 2, 3, 3],
  ];
  const graph = inferred(sampled(shape, grid, 'linear', 'zeros', 0));
  expectCompiled(graph, [randomTensor(shape, 3), randomTensor(grid, 4, 1.3)], 'volume', allowed);
});

test.each(CASES)(
  '$mode, $padding: places far away, and such as are no numbers',
  ({ mode, padding, align }) => {
    const [shape, grid] = [
      [2, 3, 5, 4],
      [2, 1, 10, 2],
    ];
    const far = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -1e30];
    const places = far.flatMap(place => [place, 0.1, 0.1, place]);
    const graph = inferred(sampled(shape, grid, mode, padding, align));
    const inputs = [randomTensor(shape, 5), tensorOf('float32', grid, [...places, ...places])];
    expectCompiled(graph, inputs, `${mode} ${padding} far`, allowed);
  },
);

test('outside of an image there are zeros, or its edges', () => {
  const places = [Number.NEGATIVE_INFINITY, 0, 0, Number.POSITIVE_INFINITY, Number.NaN, 0, 0, 0];
  const inputs = [tensorOf('float32', [1, 1, 2, 2], [1, 2, 3, 4]), tensorOf('float32', [1, 1, 4, 2], places)];
  const read = (padding: string): number[] => {
    const graph = inferred(sampled([1, 1, 2, 2], [1, 1, 4, 2], 'linear', padding, 0));
    const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
    return [...(runProgram(program, inputs)[0]?.data ?? [])].map(Number);
  };
  expect(read('zeros')).toEqual([0, 0, 0, 2.5]);
  expect(read('border')).toEqual([2, 3.5, 2, 2.5]);
});

test('the nearest pixel: zeros outside of an image whose pixels are infinite', () => {
  const places = [-5, 0, 0, 5, 7, 7, -3, 0.2, 0, 0];
  const inputs = [
    tensorOf('float32', [1, 1, 2, 2], new Array(4).fill(Number.POSITIVE_INFINITY)),
    tensorOf('float32', [1, 1, 5, 2], places),
  ];
  const graph = inferred(sampled([1, 1, 2, 2], [1, 1, 5, 2], 'nearest', 'zeros', 0));
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect([...(runProgram(program, inputs)[0]?.data ?? [])].map(Number)).toEqual([
    ...[0, 0, 0, 0],
    Number.POSITIVE_INFINITY,
  ]);
});
