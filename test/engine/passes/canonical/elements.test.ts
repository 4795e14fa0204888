// Elements picked or put by indices that are spread over whole slices: slices are, with the same result.

import { expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Graph, Shape, Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { canonicalise } from '../../../../engine/passes/canonical/canonicalise.ts';
import { expand } from '../../../../engine/passes/expand.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';

interface Case {
  readonly op: 'GatherElements' | 'ScatterElements';
  readonly data: Shape;
  readonly axis: number;
  /** of the indices before they are spread */
  readonly indices: Shape;
  readonly places: Shape;
  readonly spread: 'Expand' | 'Tile' | 'constant';
  readonly reduction?: string;
}

/** The operators that are left, and the result before and after. */
function canonical({ op, data, axis, indices, places, spread, reduction }: Case, seed = 1) {
  const builder = new TestGraph('elements', { version: 18 });
  const x = builder.input('x', 'float32', data);
  const random = seededRandom(seed);
  const extent = data[axis] ?? 1;
  const numbers = Array.from({ length: elementCount(indices) }, () =>
    Math.floor(random() * 2 * extent - extent),
  );
  const picked = tensorOf('int64', indices, numbers);
  const given = new Map<ValueId, Tensor>([[x, randomTensor(data, seed)]]);
  const own = (): ValueId => {
    const i = builder.input('i', 'int64', indices);
    given.set(i, picked);
    return i;
  };
  const wide = (): ValueId => {
    if (spread === 'constant') return builder.constant('wide', spreadOver(picked, places));
    const amounts = spread === 'Expand' ? places : places.map((n, at) => n / (indices[at] ?? 1));
    return builder.node(spread, [own(), builder.ints(...amounts)]);
  };
  const inputs = [x, wide()];
  if (op === 'ScatterElements') {
    const updates = builder.input('updates', 'float32', places);
    given.set(updates, randomTensor(places, seed + 1));
    inputs.push(updates);
  }
  const attributes = { axis: attr.int(axis), ...(reduction && { reduction: attr.string(reduction) }) };
  builder.output(builder.node(op, inputs, { attributes }));
  const graph = inferred(builder);
  const context = { read: noFiles, options: DEFAULT_OPTIONS };
  const after = canonicalise.run(expand.run(graph, context), context);
  const result = (one: Graph) => evaluateGraph(one, given, noFiles).get(one.outputs[0] as ValueId);
  expect(result(after)).toEqual(result(graph));
  return after.nodes.map(node => node.op).filter(name => name !== 'Reshape');
}

function spreadOver(indices: Tensor, places: Shape): Tensor {
  const builder = new TestGraph('spread', { version: 18 });
  const i = builder.input('i', 'int64', indices.shape);
  builder.output(builder.node('Expand', [i, builder.ints(...places)]));
  const graph = inferred(builder);
  const wide = evaluateGraph(graph, new Map([[i, indices]]), noFiles).get(graph.outputs[0] as ValueId);
  return wide as Tensor;
}

const SPREADS = ['Expand', 'Tile', 'constant'] as const;

test.each(SPREADS)('rows that are picked by element are picked as rows: %s', spread => {
  const rows = { op: 'GatherElements', axis: 1, spread } as const;
  const one = { ...rows, data: [1, 9, 6], indices: [1, 4, 1], places: [1, 4, 6] };
  expect(canonical(one)).toEqual(['Gather']);
  expect(canonical({ ...one, data: [3, 9, 6], indices: [3, 4, 1], places: [3, 4, 6] })).toEqual(['GatherND']);
  expect(canonical({ ...one, data: [3, 9, 6], indices: [1, 4, 1], places: [3, 4, 6] })).toEqual(['Gather']);
  expect(canonical({ ...one, axis: 0, data: [9, 2, 3], indices: [5, 1, 1], places: [5, 2, 3] })).toEqual([
    'Gather',
  ]);
});

test.each(SPREADS)('rows that are added up by element are added up as rows: %s', spread => {
  for (const reduction of ['none', 'add', 'mul', 'min', 'max']) {
    const rows = { op: 'ScatterElements', axis: 0, spread, reduction } as const;
    expect(canonical({ ...rows, data: [5, 6], indices: [9, 1], places: [9, 6] })).toEqual(['ScatterND']);
    const second = { ...rows, axis: 1, data: [1, 5, 6], indices: [1, 9, 1], places: [1, 9, 6] };
    expect(canonical(second)).toEqual(['ScatterND']);
  }
});

test('parts of slices, places spread along the axis, and other batches stay elements', () => {
  const rows = { op: 'GatherElements', axis: 1, spread: 'Expand' } as const;
  expect(canonical({ ...rows, data: [2, 9, 6], indices: [2, 4, 1], places: [2, 4, 5] })).toContain(rows.op);
  expect(canonical({ ...rows, data: [2, 9, 6], indices: [1, 4, 1], places: [1, 4, 6] })).toContain(rows.op);
  expect(canonical({ ...rows, data: [2, 9, 6], indices: [2, 1, 1], places: [2, 4, 6] })).toContain(rows.op);
  expect(canonical({ ...rows, data: [2, 9, 6], indices: [2, 4, 6], places: [2, 4, 6] })).toContain(rows.op);
  expect(
    canonical({ ...rows, data: [2, 3, 9, 6], indices: [2, 1, 4, 1], places: [2, 3, 4, 6], axis: 2 }),
  ).toContain(rows.op);
  const put = { ...rows, op: 'ScatterElements' } as const;
  expect(canonical({ ...put, data: [2, 9, 6], indices: [2, 4, 1], places: [2, 4, 6] })).toContain(put.op);
});
