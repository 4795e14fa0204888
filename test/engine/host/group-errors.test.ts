// Errors of groups: which values are looked at, and that an error is told of the group that has it.

import { expect, it } from 'vitest';
import { groupErrors } from '../../../engine/host/group-errors.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { runProgram } from '../../support/run-program.ts';

function twoGroups() {
  const graph = new TestGraph('two');
  const x = graph.input('x', 'float32', [1, 4, 6, 6]);
  const first = graph.node('Relu', [graph.node('Conv', [x, graph.weight([8, 4, 3, 3])])]);
  const second = graph.node('Tanh', [graph.node('Conv', [first, graph.weight([2, 8, 1, 1])])]);
  graph.output(second);
  return inferred(graph);
}

const PLAIN: CompileOptions = { ...DEFAULT_OPTIONS, fusion: false, simd: 'scalar', threads: 1 };
const ports = { read: noFiles, clock: () => 0 };

it('names the group whose result is off', async () => {
  const graph = twoGroups();
  const { groups } = compile(graph, DEFAULT_OPTIONS, ports).report;
  const x = randomTensor([1, 4, 6, 6], 1);
  const asked: (readonly string[])[] = [];
  const run = (off: number) => async (options: CompileOptions) => {
    asked.push(options.capture);
    const { program } = compile(graph, options, ports);
    return runProgram(program, [x]).map((tensor, i) => {
      const name = program.outputs[i]?.name ?? '';
      const data = Float32Array.from(tensor.data as Float32Array);
      if (options.fusion && name.startsWith('Relu')) data[3] = (data[3] ?? 0) + off;
      return { name, tensor: { ...tensor, data } };
    });
  };
  const compared = { options: DEFAULT_OPTIONS, plain: PLAIN };
  const close = await groupErrors(graph, groups, compared, run(0));
  expect(close.map(({ group }) => group)).toEqual(groups.map(({ id }) => id));
  expect(close).toHaveLength(2);
  for (const { maxAbsError } of close) expect(maxAbsError).toBeLessThan(1e-5);
  const [first, second] = await groupErrors(graph, groups, compared, run(0.5));
  expect(first?.maxAbsError).toBeCloseTo(0.5, 4);
  expect(second?.maxAbsError).toBeLessThan(1e-5);
  // What stays inside of a group is not asked for: that would take it apart.
  expect(asked.flat().some(name => name.startsWith('Conv'))).toBe(false);
});
