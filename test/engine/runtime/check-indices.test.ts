import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import { checkIndices } from '../../../engine/runtime/check-indices.ts';
import { inferred, TestGraph } from '../../support/build-graph.ts';

const graph = new TestGraph('gather');
const ids = [graph.input('data', 'float32', [2, 5]), graph.input('picked', 'int64', [2])];
graph.output(graph.node('Gather', ids, { name: 'pick', attributes: { axis: attr.int(1) } }));
const model = inferred(graph);
const check = (...indices: number[]) => checkIndices(model, [undefined, tensorOf('int64', [2], indices)]);

it('given indices lie on the axis, counted from either end', () => {
  expect(() => check(-5, 4)).not.toThrow();
  expect(() => checkIndices(model, [])).not.toThrow();
});

it('an index beyond the axis is told with node, index and extent', () => {
  const expected = 'Gather "pick": expected indices from -5 to 4';
  expect(() => check(0, 5)).toThrow(`${expected}, found 5 in the input "picked"`);
  expect(() => check(-6, 0)).toThrow(`${expected}, found -6 in the input "picked"`);
});

it('an axis without elements has no indices', () => {
  const empty = new TestGraph('empty');
  const given = [empty.input('data', 'float32', [0, 3]), empty.input('picked', 'int64', [1])];
  empty.output(empty.node('Gather', given, { name: 'pick' }));
  const pick = () => checkIndices(inferred(empty), [undefined, tensorOf('int64', [1], [0])]);
  const expected = 'expected no indices of an axis without elements, found 0 in the input "picked"';
  expect(pick).toThrow(`Gather "pick": ${expected}`);
});

const DATA = [2, 5] as const;
const OUTSIDE: readonly (readonly [string, readonly number[], readonly number[], number])[] = [
  ['GatherElements', [2, 2], [0, 4, -5, 5], 5],
  ['GatherND', [1, 2], [1, 5], 5],
  ['GatherND', [1, 2], [2, 4], 2],
  ['GatherND', [2, 1], [1, 2], 2],
  ['ScatterElements', [2, 2], [0, 4, -6, 1], -6],
  ['ScatterND', [1, 2], [-3, 4], -3],
];

it.each(OUTSIDE)('%s %j: %j has an index that is refused, given or constant', (op, shape, numbers, stray) => {
  for (const known of ['the input "picked"', 'the constant "picked"']) {
    const build = (values: readonly number[]) => {
      const g = new TestGraph('indexed');
      const data = g.input('data', 'float32', DATA);
      const tensor = tensorOf('int64', shape, values);
      const given = known.includes('input');
      const picked = given ? g.input('picked', 'int64', shape) : g.constant('picked', tensor);
      const updates = g.input('updates', 'float32', op === 'ScatterND' ? [1] : shape);
      const attributes = op.endsWith('Elements') ? { axis: attr.int(1) } : {};
      g.output(
        g.node(op, op.startsWith('Scatter') ? [data, picked, updates] : [data, picked], { attributes }),
      );
      const inner = inferred(g);
      return () =>
        checkIndices(
          inner,
          inner.inputs.map((_, i) => (i === 1 && given ? tensor : undefined)),
        );
    };
    expect(build(numbers.map(() => 0))).not.toThrow();
    expect(build(numbers)).toThrow(new RegExp(`${op}.*found ${stray} in ${known}`));
  }
});
