// A slice of a slice is one: the same elements, of whatever steps and directions.

import { expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { elementCount } from '../../../../engine/ir/tensor.ts';
import type { Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { canonicalise } from '../../../../engine/passes/canonical/canonicalise.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';

const SHAPE = [5, 7, 9];

/** Some axes between two places, forwards or backwards, often beyond the ends. */
function randomSlice(g: TestGraph, x: ValueId, random: () => number): ValueId {
  const axes = [0, 1, 2].filter(() => random() < 0.7);
  const steps = axes.map(() => (random() < 0.6 ? 1 : -1) * (1 + Math.floor(2 * random())));
  const far = (near: number, beyond: number): number => (random() < 0.5 ? near : beyond);
  const starts = steps.map(step => (step > 0 ? Math.floor(2 * random()) : far(-1, 1000)));
  const ends = steps.map(step => (step > 0 ? far(-1, 1000) : far(0, -1000)));
  return g.node('Slice', [x, ...[starts, ends, axes, steps].map(list => g.ints(...list))]);
}

test('two in a row, and three', () => {
  let joined = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const builder = new TestGraph('slices', { version: 17 });
    const x = builder.input('x', 'float32', SHAPE);
    let taken = randomSlice(builder, x, random);
    for (let more = 1 + Math.floor(2 * random()); more > 0; more--)
      taken = randomSlice(builder, taken, random);
    builder.output(taken);
    const graph = inferred(builder);
    const after = canonicalise.run(graph, { read: noFiles, options: DEFAULT_OPTIONS });
    const slices = after.nodes.filter(({ op }) => op === 'Slice').length;
    const isEmpty = elementCount(after.values[after.outputs[0] ?? 0]?.shape ?? []) === 0;
    if (!isEmpty) expect(slices, `seed ${seed}`).toBeLessThanOrEqual(1);
    if (!isEmpty) joined += slices;
    const given = new Map([[x, randomTensor(SHAPE, seed)]]);
    const [wanted, found] = [graph, after].map(one =>
      evaluateGraph(one, given, noFiles).get(one.outputs[0] as ValueId),
    ) as [Tensor, Tensor];
    expect(found, `seed ${seed}`).toEqual(wanted);
  }
  expect(joined).toBeGreaterThan(100);
});

test('every second pixel of every second row is copied once', () => {
  const builder = new TestGraph('focus', { version: 17 });
  const x = builder.input('x', 'float32', [1, 3, 8, 8]);
  const from = (value: ValueId, start: number, axis: number): ValueId =>
    builder.node('Slice', [value, ...[[start], [1000], [axis], [2]].map(list => builder.ints(...list))]);
  const parts = [0, 1].flatMap(row => [0, 1].map(column => from(from(x, row, 2), column, 3)));
  builder.output(builder.node('Concat', parts, { attributes: { axis: attr.int(1) } }));
  const { program } = compile(inferred(builder), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.steps.flatMap(step => step.fusedOps)).toEqual(['Slice', 'Slice', 'Slice', 'Slice']);
});
