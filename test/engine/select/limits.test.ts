// Reductions over what has a run-time extent read how far it goes.

import { expect, test } from 'vitest';
import { bodyCompiler } from '../../../engine/body-compiler.ts';
import { attr, GraphBuilder } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { noFiles, randomTensor } from '../../support/build-graph.ts';

/** Steps that read how long a value of 8 columns is, of at most 128 rows, by their operators. */
function readersOfExtent(make: (b: GraphBuilder, x: ValueId) => ValueId): readonly string[] {
  const body = new GraphBuilder('body');
  body.output(make(body, body.input('x', 'float32')));
  const compiler = bodyCompiler(DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const type = {
    dtype: 'float32',
    shape: [128, 8],
    bounded: [true, false],
    extents: [0, undefined],
  } as const;
  const prepared = compiler.prepare(body.build(), [type]);
  if (!prepared) throw new Error('expected a body that can be compiled');
  const { steps, plan } = compiler.compile(prepared.graph);
  const at = plan.problem.buffers.findIndex(({ id }) => id === 'x/extent 0');
  const { values = [] } = plan.buffers[at] ?? {};
  return steps.flatMap(({ kind, op, reads }) =>
    kind === 'kernel' && values.some(id => reads.includes(id)) ? [op] : [],
  );
}

test('sums, ends and products along it', () => {
  const along = (b: GraphBuilder) => b.constant('axes', tensorOf('int64', [1], [0]));
  const sum = readersOfExtent((b, x) => b.node('ReduceSum', [x, along(b)]));
  expect(sum).toEqual(['ReduceSum']);
  expect(readersOfExtent((b, x) => b.node('ReduceMax', [x, along(b)]))).toEqual(['ReduceMax']);
  const product = readersOfExtent((b, x) => {
    const turned = b.node('Transpose', [x], { attributes: { perm: attr.ints([1, 0]) } });
    const row = b.node('MatMul', [b.constant('row', randomTensor([1, 8], 1)), turned]);
    return b.node('MatMul', [b.node('Softmax', [row], { attributes: { axis: attr.int(-1) } }), x]);
  });
  // The first stops at the rows that are wanted, the second sums over them.
  expect(product).toEqual(['MatMul', 'MatMul']);
});
