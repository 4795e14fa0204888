import { expect, test } from 'vitest';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';

test('what is interpreted is called by the operators of the file, as its steps are', () => {
  const g = new TestGraph('places');
  const mask = g.input('mask', 'float32', [12]);
  g.output(g.node('Transpose', [g.node('NonZero', [mask])]));
  const { report } = compile(inferred(g), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const called = Object.keys(report.interpreted);
  expect(called).toContain('NonZero');
  const titles = report.asExecuted.steps.map(({ title }) => title);
  expect(called.filter(name => !titles.includes(name))).toEqual([]);
});
