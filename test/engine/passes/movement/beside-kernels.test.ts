// What only moves elements does not keep elementwise operators from the kernel they could be part of.

import { expect, test } from 'vitest';
import { readFromMemory } from '../../../../engine/ir/constants/constant.ts';
import { attr } from '../../../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Attribute, Graph, Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { importOnnx } from '../../../../engine/onnx/import.ts';
import { writeOnnx } from '../../../../engine/onnx/write.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { inferShapes } from '../../../../engine/passes/shapes/infer.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../../engine/report/conformance.ts';
import { inferred, modelOf, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';
import { runProgram } from '../../../support/run-program.ts';

/** The graph as it comes from a file: weights stay there, but the smallest. */
function stored(built: Graph) {
  const bytes = writeOnnx(modelOf(built, { opsets: { '': 17 } }));
  const read = readFromMemory({ 'model.onnx': bytes });
  const model = importOnnx({ path: 'model.onnx', size: bytes.length }, read);
  return { graph: inferShapes(model, {}, read).graph, read };
}

/** The operators of each step, once outputs were found to be the interpreter's. */
function stepsOf(build: (graph: TestGraph) => void): string[] {
  const builder = new TestGraph('beside', { version: 17 });
  build(builder);
  const { graph, read } = stored(inferred(builder));
  const inputs = graph.inputs.map((id, index): Tensor => {
    const { dtype, shape = [] } = graph.values[id] ?? {};
    const bytes = Array.from({ length: elementCount(shape) }, (_, i) => (i * 53) % 256);
    return dtype === 'uint8' ? tensorOf('uint8', shape, bytes) : randomTensor(shape, index + 30);
  });
  const options = { ...DEFAULT_OPTIONS, threads: 1 };
  const { program } = compile(graph, options, { read, clock: () => 0 });
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const expected = evaluateGraph(graph, given, read);
  for (const [index, tensor] of runProgram(program, inputs).entries()) {
    const other = expected.get(graph.outputs[index] as ValueId) as Tensor;
    expect(compareTensors(tensor, other), `output ${index}`).toBeUndefined();
  }
  return program.steps.map(step => step.fusedOps.join(' '));
}

type Attributes = Readonly<Record<string, Attribute>>;

class Build extends TestGraph {
  op(op: string, inputs: readonly (ValueId | undefined)[], attributes: Attributes = {}): ValueId {
    return this.node(op, inputs, { attributes });
  }

  convolution(x: ValueId, channels: readonly [number, number]): ValueId {
    const [from, to] = channels;
    return this.op('Conv', [x, this.weight([to, from, 3, 3], 0.2)], { pads: attr.ints([1, 1, 1, 1]) });
  }

  transpose(x: ValueId, ...perm: number[]): ValueId {
    return this.op('Transpose', [x], { perm: attr.ints(perm) });
  }
}

const steps = (build: (graph: Build) => void): string[] =>
  stepsOf(graph => build(Object.setPrototypeOf(graph, Build.prototype) as Build));

test('an activation behind a transpose, a reshape and both, with operands of its own', () => {
  const found = steps(g => {
    const y = g.convolution(g.input('x', 'float32', [1, 8, 6, 6]), [8, 12]);
    const anchors = g.transpose(g.op('Reshape', [y, g.ints(1, 3, 4, 6, 6)]), 0, 1, 3, 4, 2);
    const scaled = g.op('Mul', [anchors, g.weight([3, 1, 1, 4])]);
    const shifted = g.op('Add', [scaled, g.weight([1, 3, 6, 6, 4])]);
    const gate = g.op('Sigmoid', [shifted]);
    g.output(g.op('Mul', [shifted, gate]));
  });
  // The scale is in the weights; what is left is the output in the order the caller wants.
  expect(found).toEqual(['Conv Add Swish', 'Transpose']);
});

test('operands of any size that lie in the file, unless a large one is read elsewhere too', () => {
  const embedded = (width: number, twice: boolean) => (g: Build) => {
    const y = g.convolution(g.input('x', 'float32', [1, 8, 12, 12]), [8, width]);
    const rows = g.transpose(g.op('Reshape', [y, g.ints(1, width, 144)]), 0, 2, 1);
    const places = g.weight([144, width]);
    g.output(g.op('MatMul', [g.op('Relu', [g.op('Add', [rows, places])]), g.weight([width, 5])]));
    if (twice) g.output(g.op('MatMul', [g.input('z', 'float32', [1, 144]), places]));
  };
  expect(steps(embedded(16, false))).toEqual(['Conv Add Relu', 'MatMul']);
  expect(steps(embedded(512, false))).toEqual(['Conv Add Relu', 'MatMul']);
  expect(steps(embedded(512, true))[0]).toBe('Conv');
});

test('a residual behind a transpose, where it lies in memory as what the kernel writes', () => {
  const rows = (g: Build) => {
    const x = g.op('Relu', [g.op('MatMul', [g.input('x', 'float32', [1, 9, 8]), g.weight([8, 8])])]);
    const y = g.op('Conv', [g.transpose(x, 0, 2, 1), g.weight([8, 8, 1])]);
    const sum = g.op('Add', [x, g.transpose(y, 0, 2, 1)]);
    g.output(g.op('MatMul', [sum, g.weight([8, 4])]));
    g.output(g.op('Softmax', [sum], { axis: attr.int(-1) }));
  };
  expect(steps(rows)).toEqual(['MatMul Relu', 'Conv Add', 'MatMul', 'Softmax']);
  const images = (cut: boolean) => (g: Build) => {
    const x = g.convolution(g.input('x', 'float32', [1, 3, 6, 6]), [3, 8]);
    const y = g.op('MatMul', [g.transpose(x, 0, 2, 3, 1), g.weight([8, 8])]);
    const image = g.transpose(cut ? g.op('Reshape', [y, g.ints(1, 6, 6, 8)]) : y, 0, 3, 1, 2);
    g.output(g.convolution(g.op('Add', [image, x]), [8, 4]));
  };
  for (const cut of [false, true]) expect(steps(images(cut))).toEqual(['Conv', 'MatMul Add', 'Conv']);
});

test('not a residual that lies otherwise, or that a kernel makes for the sum', () => {
  const crossed = (g: Build) => {
    const y = g.op('MatMul', [g.input('x', 'float32', [1, 9, 8]), g.weight([8, 8])]);
    g.output(g.op('Relu', [g.op('Add', [g.transpose(y, 0, 2, 1), g.input('z', 'float32', [1, 8, 9])])]));
  };
  expect(steps(crossed)).toEqual(['MatMul', 'Add Relu']);
  const made = (g: Build) => {
    const x = g.input('x', 'float32', [1, 8, 9]);
    const y = g.op('Conv', [x, g.weight([8, 8, 1])]);
    const z = g.op('MatMul', [g.input('z', 'float32', [1, 9, 4]), g.weight([4, 8])]);
    g.output(g.op('Add', [g.transpose(y, 0, 2, 1), z]));
  };
  expect(steps(made)).toEqual(['Conv', 'MatMul Add']);
});

test('a movement that changed places still stands for its own operator', () => {
  const titles = (build: (graph: Build) => void): string[] => {
    const builder = new TestGraph('beside', { version: 17 });
    build(Object.setPrototypeOf(builder, Build.prototype) as Build);
    const { report } = compile(inferred(builder), DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
    return report.asExecuted.steps.map(({ title }) => title);
  };
  const before = (g: Build) => {
    const y = g.convolution(g.input('x', 'float32', [1, 8, 6, 6]), [8, 16]);
    g.output(g.op('Relu', [g.op('DepthToSpace', [y], { blocksize: attr.int(2) })]));
  };
  expect(titles(before)).toEqual(['Conv + Relu', 'DepthToSpace']);
  const parts = (g: Build) => {
    const images = [4, 6].map(size => g.input(`x${size}`, 'float32', [1, 8, 5, size]));
    const joined = images.map(x => g.convolution(x, [8, 4]));
    g.output(g.op('Relu', [g.op('Concat', joined, { axis: attr.int(3) })]));
  };
  expect(titles(parts)).toEqual(['Conv + Relu', 'Conv + Relu', 'Concat']);
  const expanded = (g: Build) => {
    g.output(g.op('Neg', [g.op('Expand', [g.input('z', 'float32', [1, 8]), g.ints(4, 8)])]));
  };
  expect(titles(expanded)).toEqual(['Neg', 'Expand']);
  const ahead = (g: Build) => {
    const scaled = g.op('Mul', [
      g.input('x', 'float32', [1, 6, 6, 3]),
      g.input('y', 'float32', [1, 6, 6, 3]),
    ]);
    g.output(g.convolution(g.transpose(scaled, 0, 3, 1, 2), [3, 8]));
  };
  expect(titles(ahead)).toEqual(['Mul + Conv']);
});

test('slopes for channels of pixels that came from channels', () => {
  const upscaled = (mode: string) => (g: Build) => {
    const y = g.convolution(g.input('x', 'float32', [1, 8, 6, 6]), [8, 32]);
    const pixels = g.op('DepthToSpace', [y], { blocksize: attr.int(2), mode: attr.string(mode) });
    g.output(g.convolution(g.op('PRelu', [pixels, g.weight([8, 1, 1])]), [8, 3]));
  };
  for (const mode of ['CRD', 'DCR']) expect(steps(upscaled(mode))[0], mode).toBe('Conv PRelu');
});

test('behind pixels that came from channels, as long as nobody else reads them', () => {
  const shuffled = (alsoOutput: boolean) => (g: Build) => {
    const y = g.convolution(g.input('x', 'float32', [1, 8, 6, 6]), [8, 16]);
    const pixels = g.op('DepthToSpace', [y], { blocksize: attr.int(2) });
    if (alsoOutput) g.output(pixels);
    g.output(g.op('Relu', [pixels]));
  };
  expect(steps(shuffled(false))).toEqual(['Conv Relu', 'DepthToSpace']);
  expect(steps(shuffled(true))).toHaveLength(3);
});

test('behind a concatenation: once for each part, unless a part is needed as it is', () => {
  const heads = (alsoOutput: boolean) => (g: Build) => {
    const parts = [6, 4].map(size => {
      const y = g.convolution(g.input(`x${size}`, 'float32', [1, 8, size, size]), [8, 12]);
      return g.op('Reshape', [g.transpose(y, 0, 2, 3, 1), g.ints(1, -1, 4)]);
    });
    if (alsoOutput) g.output(parts[0] as ValueId);
    const all = g.op('Concat', parts, { axis: attr.int(1) });
    g.output(g.op('Sigmoid', [g.op('Mul', [all, g.number(2)])]));
  };
  expect(steps(heads(false)).slice(0, 2)).toEqual(['Conv Sigmoid', 'Conv Sigmoid']);
  expect(steps(heads(true)).at(-1)).toContain('Sigmoid');
});

test('before a transpose: bytes of an image become numbers while a convolution reads them', () => {
  const found = steps(g => {
    const image = g.input('image', 'uint8', [1, 6, 6, 3]);
    const numbers = g.op('Cast', [image], { to: attr.int(1) });
    const centred = g.op('Sub', [numbers, g.weight([3])]);
    const scaled = g.op('Div', [centred, g.number(255)]);
    g.output(g.convolution(g.transpose(scaled, 0, 3, 1, 2), [3, 8]));
  });
  expect(found).toHaveLength(1);
});

test('all that is computed before a transpose goes behind it, or none of it', () => {
  const scaled = (computed: boolean) => (g: Build) => {
    const x = g.input('x', 'float32', [1, 6, 6, 300]);
    const y = g.input('y', 'float32', [1, 6, 6, 300]);
    const mean = computed ? g.op('ReduceMean', [y], { axes: attr.ints([3]) }) : g.weight([300], 0.3);
    const scaled = g.op('Mul', [g.op('Sub', [x, mean]), g.weight([300], 0.5)]);
    g.output(g.convolution(g.transpose(scaled, 0, 3, 1, 2), [300, 4]));
  };
  expect(steps(scaled(false))).toEqual(['Sub Mul Conv']);
  expect(steps(scaled(true))).toEqual(['ReduceMean', 'Sub Mul', 'Conv']);
});

test('keys that are scaled before they are transposed', () => {
  const found = steps(g => {
    const [q, k, v] = ['q', 'k', 'v'].map(name => g.input(name, 'float32', [2, 3, 9, 8]));
    const keys = g.transpose(g.op('Mul', [k, g.weight([8])]), 0, 1, 3, 2);
    const weights = g.op('Softmax', [g.op('MatMul', [q, keys])], { axis: attr.int(-1) });
    g.output(g.op('MatMul', [weights, v]));
  });
  expect(found).toEqual(['Mul MatMul Softmax MatMul']);
});

test('nothing is expanded for what broadcasts it', () => {
  const found = steps(g => {
    const wide = g.op('Expand', [g.input('x', 'float32', [1, 1, 8]), g.ints(4, 5, 8)]);
    g.output(g.op('Add', [wide, g.input('y', 'float32', [4, 5, 8])]));
    const apart = g.op('Expand', [g.input('z', 'float32', [1, 8]), g.ints(4, 8)]);
    g.output(g.op('Neg', [apart]));
  });
  expect(found.filter(ops => ops.includes('Expand'))).toHaveLength(1);
});

test('what is computed of expanded elements is computed before they are', () => {
  const found = steps(g => {
    const mask = g.op('Expand', [g.input('mask', 'float32', [2, 1, 1, 8]), g.ints(2, 1, 4, 8)]);
    const hidden = g.op('Greater', [g.op('Sub', [g.number(1), mask]), g.number(0.5)]);
    const bias = g.op('Where', [hidden, g.number(-9), mask]);
    g.output(g.op('Softmax', [g.op('Add', [g.input('scores', 'float32', [2, 3, 4, 8]), bias])]));
    const wide = g.op('Expand', [g.input('x', 'float32', [1, 8]), g.ints(4, 8)]);
    g.output(g.op('Mul', [wide, g.input('rows', 'float32', [4, 1])]));
  });
  expect(found).toEqual(['Sub Greater Where', 'Add Softmax', 'Mul']);
});

test('halves of a split, put together with what is made of one of them', () => {
  const found = steps(g => {
    const y = g.op('Relu', [g.convolution(g.input('x', 'float32', [1, 8, 6, 6]), [8, 16])]);
    const halves = g.nodes('Split', [y, g.ints(8, 8)], {
      attributes: { axis: attr.int(1) },
      outputs: ['a', 'b'],
    });
    const more = g.op('Relu', [g.convolution(halves[1] as ValueId, [8, 8])]);
    g.output(g.convolution(g.op('Concat', [...halves, more], { axis: attr.int(1) }), [24, 4]));
  });
  expect(found).toEqual(['Conv Relu', 'Conv Relu', 'Conv']);
});

test('a thousand operators behind a reshape', () => {
  const found = steps(g => {
    let y = g.op('Reshape', [g.convolution(g.input('x', 'float32', [1, 8, 6, 6]), [8, 4]), g.ints(4, 36)]);
    for (let i = 0; i < 1000; i++) y = g.op(i % 2 === 0 ? 'Sin' : 'Tanh', [y]);
    g.output(y);
  });
  expect(found[0]).toContain('Conv Sin Tanh');
});
