// What moves nothing is no step: parts of a concatenation are written in place, slices are read where they lie.

import { describe, expect, test } from 'vitest';
import { attr, valueOf } from '../../../engine/ir/graph.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../engine/runtime/compare-tensors.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { runProgram } from '../../support/run-program.ts';

const SHAPE = [1, 4, 6, 6];
const channels = { axis: attr.int(1) };

/** Steps of the compiled graph; its outputs are those of the interpreter. */
function stepsOf(builder: TestGraph) {
  const graph = inferred(builder);
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const inputs = graph.inputs.map((id, i) => randomTensor(valueOf(graph, id).shape ?? [], i));
  const wanted = evaluateGraph(
    graph,
    new Map(graph.inputs.flatMap((id, i) => (inputs[i] ? [[id, inputs[i]]] : []))),
    noFiles,
  );
  runProgram(program, inputs).forEach((actual, i) => {
    const expected = wanted.get(graph.outputs[i] as never);
    if (!expected) throw new Error(`no output ${i}`);
    expect(compareTensors(actual, expected).mismatched).toBe(0);
  });
  return program.steps.map(step => step.fusedOps.join(' '));
}

describe('concatenation', () => {
  test('convolutions write their parts', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const parts = [3, 5].map(count => graph.node('Conv', [x, graph.weight([count, 4, 1, 1])]));
    const joined = graph.node('Concat', parts, { attributes: channels });
    graph.output(graph.node('Conv', [joined, graph.weight([4, 8, 3, 3])]));
    expect(stepsOf(graph)).toEqual(['Conv', 'Conv', 'Conv']);
  });

  test('concatenations in concatenations, as in DenseNet', () => {
    const graph = new TestGraph();
    const stem = graph.node('Conv', [graph.input('x', 'float32', SHAPE), graph.weight([4, 4, 3, 3])]);
    let features = graph.node('Relu', [stem]);
    for (let layer = 0; layer < 3; layer++) {
      const count = 4 + 2 * layer;
      const grown = graph.node('Conv', [features, graph.weight([2, count, 1, 1])]);
      features = graph.node('Concat', [features, grown], { attributes: channels });
    }
    graph.output(graph.node('GlobalAveragePool', [features]));
    expect(stepsOf(graph)).toEqual(['Conv Relu', 'Conv', 'Conv', 'Conv', 'GlobalAveragePool']);
  });

  const heads = (parts: readonly number[], given: boolean): string[] => {
    const graph = new TestGraph();
    const rows = parts.map(size => {
      const image = graph.input(`x${size}`, 'float32', [1, 4, size, size]);
      const y = graph.node('Conv', [image, graph.weight([6, 4, 1, 1])]);
      const pixels = graph.node('Transpose', [y], { attributes: { perm: attr.ints([0, 2, 3, 1]) } });
      return graph.node('Reshape', [pixels, graph.ints(1, -1, 3)]);
    });
    if (given) rows.push(graph.input('rows', 'float32', [1, 7, 3]));
    const joined = graph.node('Concat', rows, { attributes: channels });
    graph.output(graph.node('Softmax', [joined], { attributes: { axis: attr.int(-1) } }));
    return stepsOf(graph);
  };

  test('heads of a detector write their rows, seen as images', () => {
    expect(heads([6, 3, 1], false)).toEqual(['Conv', 'Conv', 'Conv', 'Softmax']);
  });

  test('nothing is in its place early where a part is copied all the same', () => {
    expect(heads([6, 3], true)).toEqual(['Conv', 'Conv', 'Concat', 'Softmax']);
  });

  test('whole rows of normalisations, one after the other, also in a wider concatenation', () => {
    const graph = new TestGraph();
    const parts = ['a', 'b'].map(name => {
      const x = graph.input(name, 'float32', [5, 8]);
      return graph.node('LayerNormalization', [x, graph.weight([8])]);
    });
    const rows = graph.node('Concat', parts, { attributes: { axis: attr.int(0) } });
    const wide = graph.node('Concat', [rows, graph.node('Sin', [graph.input('c', 'float32', [10, 3])])], {
      attributes: channels,
    });
    graph.output(graph.node('Softmax', [rows], { attributes: { axis: attr.int(-1) } }));
    graph.output(graph.node('ReduceSum', [wide, graph.ints(1)]));
    expect(stepsOf(graph).filter(ops => ops === 'LayerNormalization')).toHaveLength(2);
  });

  test('inputs, outputs and repeated parts are copied', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const y = graph.node('Tanh', [x]);
    const z = graph.node('Sin', [x]);
    graph.output(z);
    graph.output(graph.node('Concat', [x, y, y, z], { attributes: channels }));
    const steps = stepsOf(graph);
    expect(steps.filter(step => step === 'Concat')).toHaveLength(1);
  });
});

describe('slices', () => {
  test('are read where they lie', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const [left, right] = graph.nodes('Split', [graph.node('Exp', [x])], {
      attributes: { axis: attr.int(1), num_outputs: attr.int(2) },
      outputs: ['left', 'right'],
    });
    graph.output(graph.node('Conv', [left, graph.weight([4, 2, 3, 3])]));
    graph.output(graph.node('Relu', [right]));
    expect(stepsOf(graph)).toEqual(['Exp', 'Conv', 'Relu']);
  });

  test('what is seen from outside is dense', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const slice = graph.node('Slice', [x, graph.ints(1), graph.ints(3), graph.ints(1)]);
    graph.output(slice);
    expect(stepsOf(graph)).toEqual(['Slice']);
  });
});
