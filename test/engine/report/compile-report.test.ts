import { expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

test('what is interpreted is called by the operators of the file, as its steps are', () => {
  const g = new TestGraph('rows that are picked');
  const mask = g.input('mask', 'float32', [12]);
  const x = g.input('x', 'float32', [12, 8]);
  const places = g.node('Squeeze', [g.node('NonZero', [mask]), g.ints(0)]);
  const picked = g.node('Gather', [x, places], { attributes: { axis: attr.int(0) } });
  g.output(g.node('Softmax', [picked]));
  const { report } = compile(inferred(g), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const called = Object.keys(report.interpreted);
  expect(called).toContain('NonZero');
  // What passes put in, to fit a result to its extent, is no operator that anybody knows.
  const titles = report.asExecuted.steps.map(({ title }) => title);
  expect(called.filter(name => !titles.includes(name))).toEqual([]);
});

test('a kernel that runs row by row with others is not among those that are alone', () => {
  const g = new TestGraph('a convolution of a group, and one of its own');
  const x = g.input('x', 'float32', [1, 8, 16, 16]);
  const first = g.node('Relu', [g.node('Conv', [x, g.weight([8, 8, 3, 3])])]);
  g.output(g.node('Conv', [first, g.weight([4, 8, 3, 3])]));
  const reportOf = (depthFirst: 'off' | 'memory') =>
    compile(inferred(g), { ...DEFAULT_OPTIONS, depthFirst }, { read: noFiles, clock: () => 0 }).report;
  const { apart = [] } = reportOf('off');
  expect(apart.map(({ op }) => op)).toEqual(['Conv']);
  const together = reportOf('memory');
  expect(together.chains).toHaveLength(1);
  expect(together.apart).toBeUndefined();
});
