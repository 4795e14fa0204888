// What makes a byte of a byte, looked up in a table of 256 results: every byte, both signs, against the interpreter.

import { describe, expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Graph } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

type Byte = 'int8' | 'uint8';

/** 5 × 256 elements: every byte. */
const bytes = (dtype: Byte) =>
  tensorOf(
    dtype,
    [5, 256],
    Array.from({ length: 5 * 256 }, (_, i) => (i % 256) - (dtype === 'int8' ? 128 : 0)),
  );

function chains(
  count: number,
  op: string,
  from: Byte,
  to: Byte,
  attributes: Record<string, Attribute> = {},
): Graph {
  const graph = new TestGraph();
  const scale = graph.number(0.05);
  const zero = (dtype: Byte) => graph.constant(dtype, tensorOf(dtype, [], [dtype === 'int8' ? -3 : 120]));
  for (let i = 0; i < count; i++) {
    const x = graph.input(`x${i}`, from, [5, 256]);
    const real = graph.node('DequantizeLinear', [x, scale, zero(from)]);
    const y = graph.node(op, [real], { attributes });
    graph.output(graph.node('QuantizeLinear', [y, graph.number(1 / 64), zero(to)]));
  }
  return inferred(graph);
}

describe.each(['int8', 'uint8'] as const)('from %s', from => {
  it.each(['int8', 'uint8'] as const)('to %s', to => {
    for (const op of ['Sigmoid', 'Tanh', 'HardSwish', 'Gelu', 'Elu']) {
      expectCompiled(chains(1, op, from, to), [bytes(from)], `${op} ${from} ${to}`, () => 0);
    }
    const leaky = chains(1, 'LeakyRelu', from, to, { alpha: attr.float(0.1) });
    expectCompiled(leaky, [bytes(from)], 'LeakyRelu', () => 0);
  });
});

it('is stored once for equal chains', () => {
  const graph = chains(2, 'Sigmoid', 'uint8', 'uint8');
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  expect(program.steps).toHaveLength(2);
  expect(program.weights.map(({ bytes }) => bytes)).toEqual([256]);
});
