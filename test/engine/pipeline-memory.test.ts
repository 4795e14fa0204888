// Programs whose memory no address of WebAssembly reaches: looked at like any other, refused where they would run.

import { expect, test } from 'vitest';
import { DEFAULT_OPTIONS } from '../../engine/options.ts';
import { compile } from '../../engine/pipeline.ts';
import { inferred, noFiles, TestGraph } from '../support/build-graph.ts';

const ports = { read: noFiles, clock: () => 0 };

function twoSteps(rows: number) {
  const graph = new TestGraph('wide');
  const x = graph.input('x', 'float32', [rows, 64]);
  const product = graph.node('MatMul', [x, graph.weight([64, 64])]);
  graph.output(graph.node('Softmax', [graph.node('Relu', [product])]));
  return inferred(graph);
}

test.each([1, 2])('an arena beyond all addresses is planned with its steps, by %d threads', threads => {
  const options = { ...DEFAULT_OPTIONS, threads };
  const [small, large] = [100_000, 1e10].map(rows => compile(twoSteps(rows), options, ports, 'plan'));
  expect(large?.report.groups.length).toBe(small?.report.groups.length);
  expect(large?.program.arenaBytes).toBeGreaterThan(1e10 * 64 * 4);
  expect(large?.program.module.length).toBe(0);
  expect(small?.program.module.length).toBeGreaterThan(0);
});
