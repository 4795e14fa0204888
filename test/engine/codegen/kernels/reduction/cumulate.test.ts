// CumSum and CumProd against the interpreter, bit by bit: any axis, from both ends, with and without the element itself.

import { it } from 'vitest';
import { attr } from '../../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../../engine/ir/tensor.ts';
import { seededRandom } from '../../../../../engine/random.ts';
import { inferred, TestGraph } from '../../../../support/build-graph.ts';
import { expectCompiled } from '../../../../support/expect-compiled.ts';

const TYPES = ['float32', 'float64', 'int32', 'int64'] as const;
const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, -0];

it('adds and multiplies up as the interpreter does', () => {
  for (let seed = 1; seed <= 80; seed++) {
    const random = seededRandom(seed);
    const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
    const shape = Array.from({ length: whole(1, 4) }, () => whole(1, 17));
    const dtype = TYPES[seed % 4] ?? 'float32';
    const isFloat = dtype.startsWith('float');
    const elements = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
      if (isFloat && random() < 0.01) return SPECIAL[whole(0, 2)] ?? 0;
      return isFloat ? random() * 4 - 2 : whole(-(2 ** 30), 2 ** 30);
    });
    const graph = new TestGraph('totals');
    const axis = whole(-shape.length, shape.length - 1);
    const attributes = { exclusive: attr.int(whole(0, 1)), reverse: attr.int(whole(0, 1)) };
    const op = random() < 0.7 ? 'CumSum' : 'CumProd';
    const x = graph.input('x', dtype, shape);
    // Strides of another order than the rows.
    const turned = random() < 0.5 ? x : graph.node('Transpose', [x]);
    const along = graph.constant('axis', tensorOf('int64', [], [axis]));
    graph.output(graph.node(op, [turned, along], { attributes }));
    expectCompiled(inferred(graph), [tensorOf(dtype, shape, elements)], `seed ${seed} ${op}`, () => 0);
  }
});
