// Operators about places, made of comparisons and shifted copies, against the interpreter; all of it in kernels.

import { describe, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Shape, Tensor } from '../../../engine/ir/types.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

const random = seededRandom(3);

function values(dtype: Dtype, shape: Shape, low = -9, high = 9): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const number = (): number => low + Math.floor(random() * (high - low + 1));
  return tensorOf(dtype, shape, Array.from({ length: count }, number));
}

function check(
  op: string,
  x: Tensor,
  constants: readonly (Tensor | undefined)[],
  attributes: Readonly<Record<string, Attribute>>,
  label: string,
): void {
  const graph = new TestGraph('places');
  const others = constants.map((tensor, i) => tensor && graph.constant(`c${i}`, tensor));
  graph.output(graph.node(op, [graph.input('x', x.dtype, x.shape), ...others], { attributes }));
  const real = x.dtype.startsWith('float');
  expectCompiled(inferred(graph), [x], `${op} ${label}`, () => (real ? 1e-5 : 0));
}

const one = (value: number): Tensor => tensorOf('int64', [], [value]);

describe.each(['float32', 'int64', 'int32', 'float64'] as const)('%s', dtype => {
  it('Trilu', () => {
    for (const [k, shape] of (
      [
        [2, 5, 7],
        [6, 3],
        [1, 1],
        [4, 1, 9],
      ] as const
    ).entries())
      for (const diagonal of [undefined, -2, 0, 1, 20])
        for (const upper of [0, 1]) {
          const at = diagonal === undefined ? [] : [one(diagonal)];
          const x = values(dtype, shape);
          if (dtype === 'float32') (x.data as Float32Array)[0] = Number.NaN;
          check('Trilu', x, at, { upper: attr.int(upper) }, `${k} ${diagonal} ${upper}`);
        }
  });

  it('CumSum', () => {
    for (const shape of [[17], [3, 5, 4], [1, 9], [6, 1]] as const)
      for (const axis of [0, -1])
        for (const exclusive of [0, 1])
          for (const reverse of [0, 1]) {
            const attributes = { exclusive: attr.int(exclusive), reverse: attr.int(reverse) };
            check('CumSum', values(dtype, shape), [one(axis)], attributes, `[${shape}] ${axis}`);
          }
  });

  it('reductions', () => {
    const sums = dtype.startsWith('float') || dtype === 'int64' || dtype === 'int32';
    const ops = [
      'ReduceMax',
      'ReduceMin',
      ...(sums ? ['ReduceSum', 'ReduceProd', 'ReduceMean', 'ReduceSumSquare'] : []),
    ];
    for (const op of ops)
      for (const [shape, axes] of [
        [[5, 7, 3], [1]],
        [
          [5, 7, 3],
          [0, 2],
        ],
        [[40], [0]],
        [[2, 3, 33], [-1]],
      ] as const) {
        const list = tensorOf('int64', [axes.length], axes);
        check(op, values(dtype, shape, -3, 3), [list], { keepdims: attr.int(0) }, `[${shape}] [${axes}]`);
      }
  });
});

it.each(['int64', 'int32', 'uint8', 'float32'] as const)('OneHot of %s', dtype => {
  for (const axis of [0, 1, -1]) {
    const range = dtype === 'uint8' ? ([0, 7] as const) : ([-7, 7] as const);
    const x = values(dtype, [3, 5], ...range);
    const offOn = tensorOf('float32', [2], [-1, 3]);
    check('OneHot', x, [one(6), offOn], { axis: attr.int(axis) }, `${axis}`);
  }
});

it.each(['uint8', 'int8', 'int16', 'uint16', 'uint32'] as const)('extremes of %s', dtype => {
  for (const op of ['ReduceMax', 'ReduceMin'])
    check(op, values(dtype, [4, 9, 3], 0, 100), [tensorOf('int64', [1], [1])], {}, op);
});
