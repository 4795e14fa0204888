// Parts of a tensor put together from last to first are the tensor read backwards: nothing is copied for them.

import { expect, test } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../../engine/report/conformance.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { runProgram } from '../../../support/run-program.ts';

const SETTINGS: readonly Partial<CompileOptions>[] = [
  { simd: 'scalar', fusion: false, planner: 'off' },
  { simd: '128', fusion: false },
  { simd: '128', layout: 'nchw' },
  { simd: '128', threads: 2 },
];

/** The operators of each step with default settings, once outputs were found to be the interpreter's in all of them. */
function stepsOf(build: (graph: TestGraph) => void): string[] {
  const builder = new TestGraph('reversed', { version: 17 });
  build(builder);
  const graph = inferred(builder);
  const inputs = graph.inputs.map((id, i): Tensor => randomTensor(graph.values[id]?.shape ?? [], i + 11));
  const expected = evaluateGraph(
    graph,
    new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor])),
    noFiles,
  );
  const stepsWith = (settings: Partial<CompileOptions>): string[] => {
    const options = { ...DEFAULT_OPTIONS, threads: 1, ...settings };
    const { program } = compile(graph, options, { read: noFiles, clock: () => 0 });
    for (const [index, tensor] of runProgram(program, inputs).entries()) {
      const wanted = expected.get(graph.outputs[index] as ValueId) as Tensor;
      expect(compareTensors(tensor, wanted), JSON.stringify(settings)).toBeUndefined();
    }
    return program.steps.map(step => step.fusedOps.join(' '));
  };
  for (const settings of SETTINGS) stepsWith(settings);
  return stepsWith({ simd: '128' });
}

/** Parts [from, to) along the last axis. */
const slice = (g: TestGraph, x: ValueId, from: number, to: number): ValueId =>
  g.node('Slice', [x, g.ints(from), g.ints(to), g.ints(-1)]);
const joined = (g: TestGraph, ...parts: readonly ValueId[]): ValueId =>
  g.node('Concat', parts, { attributes: { axis: attr.int(-1) } });
const halvesSwapped = (g: TestGraph, x: ValueId): ValueId =>
  joined(g, g.node('Neg', [slice(g, x, 8, 16)]), slice(g, x, 0, 8));
/** x · cosines + (−second half, first half) · sines */
const turned = (g: TestGraph, x: ValueId, cosines: ValueId, sines: ValueId): ValueId =>
  g.node('Add', [g.node('Mul', [x, cosines]), g.node('Mul', [halvesSwapped(g, x), sines])]);

test('halves that turn by constant angles are one loop', () => {
  const found = stepsOf(g => {
    const x = g.input('x', 'float32', [2, 3, 5, 16]);
    g.output(turned(g, x, g.weight([1, 1, 5, 16]), g.weight([5, 16])));
  });
  expect(found).toEqual(['Mul Mul Add']);
});

test('halves that turn by computed angles negate the table, not what is turned', () => {
  const found = stepsOf(g => {
    const x = g.input('x', 'float32', [2, 3, 5, 16]);
    const angles = g.input('angles', 'float32', [1, 1, 5, 16]);
    g.output(turned(g, x, g.node('Cos', [angles]), g.node('Sin', [angles])));
  });
  expect(found.at(-1)).toBe('Mul Mul Add');
  expect(found.flatMap(ops => ops.split(' '))).not.toContain('Concat');
});

test('halves that are wanted themselves, or also by a larger product, are negated', () => {
  stepsOf(g => {
    const x = g.input('x', 'float32', [1, 5, 16]);
    const swapped = halvesSwapped(g, x);
    g.output(g.node('Mul', [swapped, g.weight([5, 16])]));
    g.output(swapped);
  });
  stepsOf(g => {
    const x = g.input('x', 'float32', [1, 5, 16]);
    const swapped = halvesSwapped(g, x);
    g.output(g.node('Mul', [swapped, g.weight([5, 16])]));
    g.output(g.node('Mul', [swapped, g.weight([3, 5, 16])]));
  });
});

test('heads behind a product and a transpose', () => {
  const found = stepsOf(g => {
    const projected = g.node('MatMul', [g.input('x', 'float32', [2, 6, 64]), g.weight([64, 64], 0.2)]);
    const heads = g.node('Reshape', [projected, g.ints(2, 6, 4, 16)]);
    const x = g.node('Transpose', [heads], { attributes: { perm: attr.ints([0, 2, 1, 3]) } });
    g.output(turned(g, x, g.weight([1, 1, 6, 16]), g.weight([1, 1, 6, 16])));
  });
  expect(found).toEqual(['MatMul', 'Mul Mul Add']);
});

test('three parts of a split, the middle one negated, and a sum: the result is negated', () => {
  const found = stepsOf(g => {
    const x = g.input('x', 'float32', [4, 18]);
    const [a, b, c] = g.nodes('Split', [x, g.ints(6, 6, 6)], {
      attributes: { axis: attr.int(1) },
      outputs: ['a', 'b', 'c'],
    });
    const reversed = joined(g, c as ValueId, g.node('Neg', [b as ValueId]), a as ValueId);
    g.output(g.node('Add', [g.node('Relu', [reversed]), x]));
  });
  expect(found).toEqual(['Mul Relu Add']);
});

test('parts in another order, of another tensor, or of other sizes stay', () => {
  const orders: readonly ((g: TestGraph, x: ValueId, y: ValueId) => ValueId)[] = [
    (g, x) => joined(g, slice(g, x, 8, 16), slice(g, x, 0, 4), slice(g, x, 4, 8)),
    (g, x, y) => joined(g, slice(g, x, 8, 16), slice(g, y, 0, 8)),
    (g, x) => joined(g, slice(g, x, 6, 14), slice(g, x, 0, 8)),
    (g, x) => joined(g, slice(g, x, 8, 12), slice(g, x, 12, 16), slice(g, x, 0, 4), slice(g, x, 4, 8)),
  ];
  for (const order of orders) {
    const found = stepsOf(g => {
      const [x, y] = [g.input('x', 'float32', [3, 16]), g.input('y', 'float32', [3, 16])];
      g.output(g.node('Mul', [order(g, x, y), y]));
    });
    expect(found.join(' ')).toContain('Concat');
  }
});

test('what a template reads is copied into its order: only loops go backwards', () => {
  const found = stepsOf(g => {
    const x = g.input('x', 'float32', [1, 4, 6, 6]);
    const bounds = [g.ints(-1), g.ints(-5), g.ints(1), g.ints(-1)];
    const reversed = g.node('Slice', [g.node('Relu', [x]), ...bounds]);
    g.output(g.node('Conv', [reversed, g.weight([5, 4, 3, 3])]));
  });
  expect(found.join(' ')).toContain('Slice');
});

test('a tensor read backwards is not overwritten meanwhile', () => {
  stepsOf(g => {
    const x = g.node('Relu', [g.input('x', 'float32', [1, 300, 16])]);
    const sines = g.constant(
      'sines',
      tensorOf(
        'float32',
        [16],
        Array.from({ length: 16 }, (_, i) => i - 7),
      ),
    );
    g.output(g.node('Add', [g.node('Mul', [halvesSwapped(g, x), sines]), x]));
  });
});
