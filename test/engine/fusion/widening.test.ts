// Numbers stored in few bits are made wider by everybody who reads them: before an anchor, and behind it where the
// same numbers are read once more.

import { describe, expect, test } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../../engine/ir/tensor.ts';
import type { Dtype, Shape, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

const allowed = within(2e-5);
const TYPES = ['int8', 'uint8'] as const;

const bytes = (dtype: Dtype, shape: Shape): Tensor =>
  tensorOf(
    dtype,
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => (i * 7) % 23),
  );

const seededBytes = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => ((i * 37) % 255) - 127);

/** Compiles what is made of a cast input, and checks it; the operators of each step. */
function stepsOf(dtype: Dtype, shape: Shape, build: (graph: TestGraph, wide: ValueId) => ValueId): string[] {
  const graph = new TestGraph();
  const x = graph.input('x', dtype, shape);
  const wide = graph.node('Cast', [x], { attributes: { to: attr.int(1) } });
  graph.output(build(graph, wide));
  const built = inferred(graph);
  expectCompiled(built, [bytes(dtype, shape)], `${dtype} [${shape}]`, allowed);
  const { program } = compile(built, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  return program.steps.map(({ fusedOps }) => fusedOps.join(' '));
}

describe.each(TYPES)('%s read before and behind', dtype => {
  test.each([[[3, 4, 1]], [[2, 1]], [[1, 1, 1]], [[3, 4, 6]]])('a reduction of [%s]', shape => {
    for (const op of ['ReduceMax', 'ReduceMean']) {
      stepsOf(dtype, shape, (graph, wide) => {
        const first = graph.node(op, [wide, graph.ints(-1)]);
        return graph.node(op, [graph.node('Mul', [first, wide]), graph.ints(-1)]);
      });
    }
  });

  test('a softmax, in its kernel', () => {
    const steps = stepsOf(dtype, [5, 19], (graph, wide) =>
      graph.node('Mul', [graph.node('Softmax', [wide]), wide]),
    );
    expect(steps).toEqual(['Cast Softmax Mul']);
  });

  test('a convolution, in its kernel', () => {
    const steps = stepsOf(dtype, [1, 4, 6, 6], (graph, wide) => {
      const attributes = { pads: attr.ints([1, 1, 1, 1]) };
      return graph.node('Add', [
        graph.node('Conv', [wide, graph.weight([4, 4, 3, 3])], { attributes }),
        wide,
      ]);
    });
    expect(steps).toEqual(['Cast Conv Add']);
  });

  test('a product whose other operand is made of it too', () => {
    stepsOf(dtype, [6, 6], (graph, wide) => graph.node('MatMul', [wide, graph.node('Sigmoid', [wide])]));
  });
});

// The sum reads bytes that the convolution reads too: they are made before it, not in its kernel.
test('numbers stored as bytes, read before and behind a convolution', () => {
  const graph = new TestGraph();
  const zero = graph.constant('zero', tensorOf('uint8', [], [128]));
  const centre = graph.constant('centre', tensorOf('int8', [], [0]));
  const bytes = graph.constant('bytes', tensorOf('int8', [5, 5, 3, 3], seededBytes(225)));
  const stored = (from: ValueId, step: number): ValueId => {
    const scale = graph.number(step);
    return graph.node('DequantizeLinear', [graph.node('QuantizeLinear', [from, scale, zero]), scale, zero]);
  };
  const x = stored(graph.input('x', 'float32', [1, 5, 11, 11]), 1 / 64);
  const weights = graph.node('DequantizeLinear', [bytes, graph.number(1 / 128), centre]);
  const attributes = { pads: attr.ints([1, 1, 1, 1]) };
  const sums = stored(graph.node('Conv', [x, weights, graph.weight([5])], { attributes }), 1 / 8);
  graph.output(graph.node('Add', [x, sums]));
  expectCompiled(inferred(graph), [randomTensor([1, 5, 11, 11], 3)], 'residual', within(1 / 8 + 1e-6));
});
