// Transposes whose results are rows so far apart that their lines share places of the cache: written line by line.

import { expect, it } from 'vitest';
import { attr } from '../../../../../engine/ir/graph.ts';
import { DEFAULT_OPTIONS } from '../../../../../engine/options.ts';
import { compile } from '../../../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../../support/build-graph.ts';
import { expectCompiled } from '../../../../support/expect-compiled.ts';

/** [columns, rows] turned, a part of rows of 1024. */
function turnedPart(rows: number, columns: number): TestGraph {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [columns, rows]);
  const turned = graph.node('Transpose', [x], { attributes: { perm: attr.ints([1, 0]) } });
  const rest = graph.input('rest', 'float32', [rows, 1024 - columns]);
  graph.output(
    graph.node('Concat', [graph.node('Neg', [turned]), rest], { attributes: { axis: attr.int(1) } }),
  );
  return graph;
}

// With whole blocks, tiles, and elements left over, along both axes.
it.each([
  [32, 1008],
  [21, 1002],
  [18, 1007],
  [5, 13],
  [3, 1000],
])('%i rows of %i columns', (rows, columns) => {
  const inputs = [randomTensor([columns, rows], 1), randomTensor([rows, 1024 - columns], 2)];
  expectCompiled(inferred(turnedPart(rows, columns)), inputs, `${rows} × ${columns}`, () => 0);
});

it('is written where the whole is', () => {
  const { program } = compile(inferred(turnedPart(21, 1002)), DEFAULT_OPTIONS, {
    read: noFiles,
    clock: () => 0,
  });
  const templates = program.steps.map(step => (step.kind === 'kernel' ? step.template : 'reference'));
  expect(templates).toEqual(['elementwise', 'copy']);
});
