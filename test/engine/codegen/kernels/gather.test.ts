// Gather against the interpreter: any axis, indices of any shape, constant or computed, from the end too.

import { it } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Dtype, Tensor } from '../../../../engine/ir/types.ts';
import { randomNumbers } from '../../../../engine/runtime/seeded-inputs.ts';
import { inferred, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled } from '../../../support/expect-compiled.ts';

it('picks slices', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomNumbers(seed);
    const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
    const extents = (rank: number) => Array.from({ length: rank }, () => whole(1, 11));
    const tensor = (dtype: Dtype, shape: readonly number[], from: number, to: number): Tensor => {
      const count = shape.reduce((a, b) => a * b, 1);
      return tensorOf(
        dtype,
        shape,
        Array.from({ length: count }, () => whole(from, to)),
      );
    };
    const shape = extents(whole(1, 4));
    const axis = whole(0, shape.length - 1);
    const along = shape[axis] ?? 1;
    const dtype = (['float32', 'int32', 'uint8', 'float16'] as const)[whole(0, 3)] ?? 'float32';
    const indices = tensor(random() < 0.5 ? 'int32' : 'int64', extents(whole(0, 2)), -along, along - 1);
    const graph = new TestGraph('gather');
    const inputs = [tensor(dtype, shape, 0, 99)];
    const data = graph.input('data', dtype, shape);
    const constant = random() < 0.5;
    if (!constant) inputs.push(indices);
    const picked = constant
      ? graph.constant('indices', indices)
      : graph.input('indices', indices.dtype, indices.shape);
    graph.output(graph.node('Gather', [data, picked], { attributes: { axis: attr.int(axis) } }));
    expectCompiled(inferred(graph), inputs, `seed ${seed}`, () => 0);
  }
});
