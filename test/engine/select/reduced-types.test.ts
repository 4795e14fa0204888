// Reductions of integers and doubles in vectors along every axis, against the interpreter.

import { it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

const SHAPES = [
  [3, 37],
  [37, 3],
  [2, 19, 5],
  [4, 8, 16],
  [1, 70],
] as const;

it.each([
  ['ReduceSum', 'int32'],
  ['ReduceSum', 'int64'],
  ['ReduceSum', 'float64'],
  ['ReduceMean', 'float64'],
  ['ReduceProd', 'int32'],
  ['ReduceProd', 'int64'],
  ['ReduceMax', 'int8'],
  ['ReduceMin', 'uint8'],
  ['ReduceMax', 'int32'],
  ['ReduceMin', 'int64'],
  ['ReduceMax', 'int64'],
  ['ReduceMin', 'float64'],
] as const)('%s of %s', (op, dtype) => {
  const random = seededRandom(7);
  const most = op === 'ReduceProd' ? 3 : 100;
  const low = dtype === 'uint8' ? 0 : -most;
  for (const shape of SHAPES)
    for (const axes of [[0], [shape.length - 1], shape.map((_, axis) => axis)]) {
      const count = shape.reduce<number>((a, b) => a * b, 1);
      // All of them negative, so that a lane too many would be seen.
      for (const high of [most, -1].filter(bound => bound >= low)) {
        const elements = Array.from({ length: count }, () => low + Math.floor(random() * (high - low + 1)));
        const graph = new TestGraph('reduce');
        const x = graph.input('x', dtype, shape);
        graph.output(graph.node(op, [x, graph.ints(...axes)], { attributes: { keepdims: attr.int(0) } }));
        const label = `${op} ${dtype} [${shape}] over ${axes}`;
        expectCompiled(inferred(graph), [tensorOf(dtype, shape, elements)], label, within(1e-12));
      }
    }
});
