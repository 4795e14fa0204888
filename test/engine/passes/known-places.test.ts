// Operators that depend on places alone: a grid is a product with known places, a diagonal a constant.

import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';
import { runProgram } from '../../support/run-program.ts';

const SIZES: readonly (readonly number[])[] = [
  [2, 3, 5, 7],
  [1, 1, 1, 4],
  [2, 1, 3, 4, 5],
];

it.each(SIZES.map(size => [size]))('a grid over %j', size => {
  const [images = 1, , ...extents] = size;
  const rank = extents.length;
  for (const centres of [0, 1]) {
    const graph = new TestGraph();
    const theta = graph.input('theta', 'float32', [images, rank, rank + 1]);
    const attributes = { align_corners: attr.int(centres) };
    graph.output(graph.node('AffineGrid', [theta, graph.ints(...size)], { version: 20, attributes }));
    const inputs = [randomTensor([images, rank, rank + 1], 5)];
    expectCompiled(inferred(graph), inputs, `[${size}] ${centres}`, within(1e-6));
  }
});

it.each([0, 2, -3, 9, -9])('a diagonal %i', k => {
  const graph = new TestGraph();
  const x = graph.input('x', 'int32', [5, 7]);
  graph.output(
    graph.node('EyeLike', [x], { version: 9, attributes: { k: attr.int(k), dtype: attr.int(1) } }),
  );
  graph.output(graph.node('EyeLike', [x], { version: 9, attributes: { k: attr.int(k) } }));
  const model = inferred(graph);
  const given = { dtype: 'int32', shape: [5, 7], data: new Int32Array(35) } as const;
  const results = evaluateGraph(model, new Map(model.inputs.map(id => [id, given])), noFiles);
  const { program } = compile(model, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.steps.map(({ op }) => op)).not.toContain('EyeLike');
  expect(runProgram(program, [given])).toEqual(model.outputs.map(id => results.get(id)));
});
