// What a concatenation is that has nothing to put together: its one part with elements, or the parts that have some.

import { expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import type { Graph } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { canonicalise } from '../../../../engine/passes/canonical/canonicalise.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled } from '../../../support/expect-compiled.ts';

/** exp of the concatenation of inputs of these lengths, in the middle of three axes. */
function joined(lengths: readonly number[]): Graph {
  const g = new TestGraph();
  const parts = lengths.map((length, i) => g.input(`x${i}`, 'float32', [2, length, 5]));
  g.output(g.node('Exp', [g.node('Concat', parts, { attributes: { axis: attr.int(-2) } })]));
  return inferred(g);
}

test.each([
  [[0, 3], ['Exp']],
  [[3, 0, 0], ['Exp']],
  [
    [2, 0, 4],
    ['Concat', 'Exp'],
  ],
] as const)('of %j is %j', (lengths, ops) => {
  const graph = joined(lengths);
  const { nodes } = canonicalise.run(graph, { read: noFiles, options: DEFAULT_OPTIONS });
  expect(nodes.map(({ op }) => op)).toEqual(ops);
  const inputs = lengths.map((length, i) => randomTensor([2, length, 5], i));
  expectCompiled(graph, inputs, `${lengths}`, () => 1e-5);
});

test('of nothing but empty parts stays', () => {
  const { nodes } = canonicalise.run(joined([0, 0]), { read: noFiles, options: DEFAULT_OPTIONS });
  expect(nodes.map(({ op }) => op)).toEqual(['Concat', 'Exp']);
});
