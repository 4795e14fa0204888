// A scale that repeats along some of the axes a normalisation runs over: a kernel goes through these one inside the other.

import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { numbersOf } from '../../../engine/ir/tensor.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { runProgram } from '../../support/run-program.ts';

test.each([
  ['RMSNormalization', 0, [4, 5]],
  ['RMSNormalization', 1, [5]],
  ['RMSNormalization', 2, [4, 5]],
  ['LayerNormalization', 1, [3, 1, 5]],
] as const)('%s from axis %i, scale %j', (op, axis, scale) => {
  const builder = new TestGraph();
  const x = builder.input('x', 'float32', [2, 3, 4, 5]);
  const y = builder.node(op, [x, builder.weight(scale)], {
    version: 23,
    attributes: { axis: attr.int(axis) },
  });
  builder.output(builder.node('Relu', [y]));
  const graph = inferred(builder);
  const input = randomTensor([2, 3, 4, 5], 3);
  const [expected] = evaluateGraph(graph, new Map(graph.inputs.map(id => [id, input])), noFiles).values();
  for (const simd of ['scalar', '128', '256'] as const) {
    const { program } = compile(graph, { ...DEFAULT_OPTIONS, simd }, { read: noFiles, clock: () => 0 });
    expect(program.steps.map(({ kind }) => kind)).toEqual(['kernel']);
    const [found] = runProgram(program, [input]);
    const wanted = expected ? numbersOf(expected) : [];
    expect(found?.data).toHaveLength(wanted.length);
    for (const [k, value] of wanted.entries()) expect(Number(found?.data[k])).toBeCloseTo(value, 4);
  }
});
