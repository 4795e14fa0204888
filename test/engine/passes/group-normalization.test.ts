// GroupNormalization in kernels against the interpreter, with parameters per channel and, before opset 21, per group.

import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { inferred, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

it.each([18, 21])('opset %i', version => {
  for (const [shape, groups] of [
    [[2, 6, 5, 3], 3],
    [[1, 8, 7], 8],
    [[3, 4, 2, 2, 3], 1],
    [[1, 32, 9, 9], 8],
  ] as const) {
    const graph = new TestGraph('groups', { version });
    const x = randomTensor(shape, 5, 3);
    const [scale, shift] = [1, 2].map(() => graph.weight([version < 21 ? groups : (shape[1] ?? 1)]));
    const normalised = graph.node('GroupNormalization', [graph.input('x', 'float32', shape), scale, shift], {
      attributes: { num_groups: attr.int(groups), epsilon: attr.float(1e-3) },
    });
    graph.output(graph.node('Mul', [normalised, graph.node('Sigmoid', [normalised])]));
    expect(graph.build().nodes).toHaveLength(3);
    expectCompiled(inferred(graph), [x], `${version} [${shape}] ${groups}`, () => 1e-4);
  }
});
