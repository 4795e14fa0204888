// Errors of groups: which values are looked at, and that an error is told of the group that has it.

import { expect, it } from 'vitest';
import { groupErrors } from '../../../../engine/host/process/group-errors.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { runProgram } from '../../../support/run-program.ts';

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
  const compared = { options: DEFAULT_OPTIONS, plain: PLAIN, outputs: [], kept: [] };
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

it('looks at what the run itself gave, and takes no chain apart', async () => {
  const graph = twoGroups();
  const options: CompileOptions = { ...DEFAULT_OPTIONS, depthFirst: 'memory' };
  const { program, report } = compile(graph, options, ports);
  const kept = (report.chains ?? []).flatMap(chain => chain.kept);
  expect(kept).toHaveLength(1);
  const x = randomTensor([1, 4, 6, 6], 1);
  const asked: (readonly string[])[] = [];
  const run = async (given: CompileOptions) => {
    asked.push(given.capture);
    const probe = compile(graph, given, ports).program;
    return runProgram(probe, [x]).map((tensor, i) => ({ name: probe.outputs[i]?.name ?? '', tensor }));
  };
  const outputs = (off: number) =>
    runProgram(program, [x]).map((tensor, i) => {
      const data = Float32Array.from(tensor.data as Float32Array);
      data[3] = (data[3] ?? 0) + off;
      return { name: program.outputs[i]?.name ?? '', tensor: { ...tensor, data } };
    });
  const errorsOf = (off: number) =>
    groupErrors(graph, report.groups, { options, plain: PLAIN, outputs: outputs(off), kept }, run);
  const chain = report.chains?.[0]?.id;
  const errorOf = async (off: number) =>
    (await errorsOf(off)).find(({ group }) => group === chain)?.maxAbsError;
  expect(await errorOf(0)).toBeLessThan(1e-5);
  expect(await errorOf(0.5)).toBeCloseTo(0.5, 4);
  expect(asked.flat().some(name => kept.includes(name))).toBe(false);
});
