// Random operators: nodes draw numbers of their own, the same in every run and however the graph is compiled.

import { expect, test } from 'vitest';
import { bodyCompiler } from '../../../engine/body-compiler.ts';
import { attr, GraphBuilder } from '../../../engine/ir/graph.ts';
import { numbersOf, tensorOf } from '../../../engine/ir/tensor.ts';
import type { Graph, Tensor } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { Session } from '../../../engine/runtime/session.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

const COUNT = 64;

/** Elements of every output in two runs of a session. */
async function drawnTwice(graph: Graph, inputs: readonly Tensor[], fusion: boolean): Promise<number[][][]> {
  const ports = { read: noFiles, clock: () => 0 };
  const options = { ...DEFAULT_OPTIONS, fusion };
  const session = await Session.create(compile(graph, options, ports).program, {
    ...ports,
    cancel: new Int32Array(new SharedArrayBuffer(4)),
    startThreads: () => Promise.resolve({ close() {} }),
    bodies: bodyCompiler(options, ports),
  });
  session.setInputs(inputs);
  const runs = [0, 1].map(() => {
    session.run();
    return graph.outputs.map((_, i) => numbersOf(session.readOutput(i)));
  });
  session.close();
  return runs;
}

/** What is drawn: the same by the interpreter, compiled, fused or not, and in the next run. */
async function drawn(builder: TestGraph, inputs: readonly Tensor[] = []): Promise<number[][]> {
  const graph = inferred(builder);
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const wanted = [...evaluateGraph(graph, given, noFiles).values()].map(numbersOf);
  for (const fusion of [true, false]) {
    expect(await drawnTwice(graph, inputs, fusion)).toEqual([wanted, wanted]);
  }
  return wanted;
}

/** How alike two series are, from −1 to 1. */
function correlation(a: readonly number[] = [], b: readonly number[] = []): number {
  const centred = [a, b].map(xs => {
    const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
    return xs.map(x => x - mean);
  });
  const product = (i: number, j: number) =>
    (centred[i] ?? []).reduce((sum, x, k) => sum + x * (centred[j]?.[k] ?? 0), 0);
  return product(0, 1) / Math.sqrt(product(0, 0) * product(1, 1));
}

test('nodes without a seed are independent; equal seeds draw equal numbers', async () => {
  const g = new TestGraph();
  const shape = { shape: attr.ints([COUNT]) };
  for (const seed of [undefined, undefined, undefined, 7, 7, 7.5]) {
    const attributes = { ...shape, ...(seed !== undefined && { seed: attr.float(seed) }) };
    g.output(g.node('RandomNormal', [], { attributes }));
  }
  const series = await drawn(g);
  expect(series[3]).toEqual(series[4]);
  for (const [i, a] of series.entries()) {
    for (const [j, b] of series.entries()) {
      if (i === j || i + j === 7) continue;
      expect(Math.abs(correlation(a, b)), `${i} and ${j}`).toBeLessThan(0.5);
    }
  }
});

test('dropouts of one tensor in training drop different elements', async () => {
  const g = new TestGraph();
  const x = g.input('x', 'float32', [COUNT]);
  const inputs = [x, g.number(0.5), g.constant('training', tensorOf('bool', [], [1]))];
  for (let i = 0; i < 2; i++) g.output(g.node('Dropout', inputs));
  const [first, second] = await drawn(g, [tensorOf('float32', [COUNT], new Array<number>(COUNT).fill(1))]);
  expect(first).not.toEqual(second);
});

test('the turns of a loop draw on', async () => {
  const body = new GraphBuilder('body');
  body.input('turn', 'int64', []);
  const going = body.input('going', 'bool', []);
  const last = body.input('last', 'float32', [COUNT]);
  const noise = body.node('RandomNormalLike', [last]);
  body.output(body.node('Identity', [going]));
  body.output(body.node('Identity', [noise]));
  body.output(body.node('Identity', [noise]));
  const g = new TestGraph();
  const turns = g.constant('turns', tensorOf('int64', [], [2]));
  const x = g.input('x', 'float32', [COUNT]);
  const options = { attributes: { body: attr.graph(body.build()) }, outputs: ['last noise', 'all noise'] };
  const [, all] = g.nodes('Loop', [turns, undefined, x], options);
  if (all === undefined) throw new Error('the loop gathers what its turns drew');
  g.output(all);
  const [series = []] = await drawn(g, [tensorOf('float32', [COUNT], new Array<number>(COUNT).fill(0))]);
  expect(Math.abs(correlation(series.slice(0, COUNT), series.slice(COUNT)))).toBeLessThan(0.5);
});
