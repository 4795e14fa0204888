// What fuses, what does not and why, and the account of it.

import { describe, expect, test } from 'vitest';
import { attr, valueOf } from '../../../engine/ir/graph.ts';
import type { ValueId } from '../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled, within } from '../../support/expect-compiled.ts';

function compiled(graph: TestGraph, options: Partial<CompileOptions> = {}) {
  const result = compile(
    inferred(graph),
    { ...DEFAULT_OPTIONS, ...options },
    { read: noFiles, clock: () => 0 },
  );
  const steps = result.program.steps.map(step => step.fusedOps.join(' '));
  return { ...result, steps, groups: result.report.groups };
}

const SHAPE = [1, 4, 6, 6];
const same = { pads: attr.ints([1, 1, 1, 1]) };

test('operators in a row fill one kernel, then the next, and it is said why', () => {
  const lengths = (count: number) => {
    const graph = new TestGraph();
    let value: ValueId = graph.input('x', 'float32', SHAPE);
    for (let at = 0; at < count; at++) value = graph.node(at % 2 === 0 ? 'Tanh' : 'Exp', [value]);
    graph.output(value);
    const { program, groups } = compiled(graph);
    const steps = program.steps.map(({ fusedOps }) => fusedOps.length);
    return { steps, reasons: groups.flatMap(({ reasons }) => reasons).join() };
  };
  expect(lengths(48).steps).toEqual([48]);
  expect(lengths(48).reasons).not.toContain('apart');
  expect(lengths(60).steps).toEqual([48, 12]);
  expect(lengths(60).reasons).toContain('one kernel of more than 48 operators is slower than two');
});

test('a sum with what it waits for in another order is a kernel of its own', () => {
  const graph = new TestGraph();
  const y = graph.node('MatMul', [graph.input('x', 'float32', [6, 6]), graph.weight([6, 6])]);
  const turned = graph.node('Transpose', [y], { attributes: { perm: attr.ints([1, 0]) } });
  graph.output(graph.node('Add', [y, turned]));
  const { steps, report } = compiled(graph);
  expect(steps).toEqual(['Gemm', 'Add']);
  expect(report.apart?.flatMap(({ reasons }) => reasons).join()).toContain('in another order');
  expectCompiled(inferred(graph), [randomTensor([6, 6], 1)], 'symmetric', within(2e-5));
});

test('a kernel that reads memory as it is says what it could not take in, and no sentence is said twice', () => {
  const graph = new TestGraph();
  const x = graph.input('x', 'float32', [1, 8, 8]);
  const product = graph.node('MatMul', [x, graph.weight([8, 8])]);
  const square = graph.node('MatMul', [product, product]);
  const options = { outputs: ['largest', 'places'] };
  for (const id of graph.nodes('TopK', [graph.node('Sigmoid', [square]), graph.ints(3)], options))
    if (id !== undefined) graph.output(id);
  const apart = compiled(graph).report.apart ?? [];
  expect(apart.find(({ op }) => op === 'TopK')?.reasons).toEqual([
    'Sigmoid_2 stays apart: TopK reads its input as it lies in memory',
  ]);
  for (const { reasons } of apart) expect(new Set(reasons).size).toBe(reasons.length);
});

describe('accounting', () => {
  test('two binary operators in a chain: loops 2N → N, accesses 6N → 4N', () => {
    const graph = new TestGraph();
    const [a, b, c] = ['a', 'b', 'c'].map(name => graph.input(name, 'float32', SHAPE));
    graph.output(graph.node('Mul', [graph.node('Add', [a, b]), c]));
    const { groups } = compiled(graph);
    const n = 4 * 6 * 6;
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({
      ops: ['Add', 'Mul'],
      before: { loops: 2 * n, reads: 4 * n, writes: 2 * n },
      after: { loops: n, reads: 3 * n, writes: n },
      vanishedBytes: 4 * n,
      expression: 'Mul_1_output = (a + b) · c',
      kernel: 'elementwise',
    });
  });

  test('without grouping there is nothing to save: every result that is read counts, and an operand once', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [8, 8]);
    graph.output(graph.node('MatMul', [x, x]));
    for (const id of graph.nodes('TopK', [x, graph.ints(3)], { outputs: ['largest', 'places'] }))
      if (id !== undefined) graph.output(id);
    for (const fusion of [true, false]) {
      const { before, after } = compiled(graph, { fusion }).report.account;
      expect(after).toEqual(before);
      expect(before).toMatchObject({ reads: 128, writes: 64 + 2 * 24 });
    }
  });

  test('what several kernels widen by themselves is one operator apart, and without grouping', () => {
    for (const dequantised of [true, false]) {
      const graph = new TestGraph();
      const x = graph.input('x', 'uint8', SHAPE);
      const wide = dequantised
        ? graph.node('DequantizeLinear', [x, graph.number(0.5)])
        : graph.node('Cast', [x], { attributes: { to: attr.int(1) } });
      const pads = { attributes: same };
      for (let i = 0; i < 2; i++)
        graph.output(graph.node('Relu', [graph.node('Conv', [wide, graph.weight([4, 4, 3, 3])], pads)]));
      const [on, off] = [true, false].map(fusion => compiled(graph, { fusion }));
      const made = off?.steps.filter(step => step === 'Cast');
      expect(made).toEqual(['Cast']);
      expect(on?.steps).toHaveLength(2);
      expect(on?.report.account.before).toEqual(off?.report.account.after);
    }
  });

  test('attention and joined products: what is read again apart is read once', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', [1, 6, 8]);
    const [q, v] = [0, 1].map(() => graph.node('MatMul', [x, graph.weight([8, 8])]));
    const key = graph.node('Transpose', [x], { attributes: { perm: attr.ints([0, 2, 1]) } });
    const scores = graph.node('Tanh', [graph.node('MatMul', [q, key])]);
    const weights = graph.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
    graph.output(graph.node('MatMul', [weights, v]));
    const { groups, report } = compiled(graph);
    const [products, attention] = groups;
    expect(products).toMatchObject({
      ops: ['MatMul'],
      before: { loops: 6 * 8 * 16, reads: 2 * 48 + 128, writes: 96 },
      after: { loops: 6 * 8 * 16, reads: 48 + 128, writes: 96 },
    });
    const loops = { scores: 36 * 8, refined: 36, softmax: 36, context: 48 * 6 };
    expect(attention).toMatchObject({
      ops: ['MatMul', 'Tanh', 'Softmax', 'MatMul'],
      before: {
        loops: loops.scores + loops.refined + loops.softmax + loops.context,
        reads: 96 + 36 + 36 + (36 + 48),
        writes: 36 + 36 + 36 + 48,
      },
      after: { loops: loops.scores + loops.softmax + loops.context, reads: 3 * 48, writes: 48 },
      vanishedBytes: 3 * 36 * 4,
    });
    expect(report.account.before.reads).toBe(2 * 48 + 128 + 96 + 36 + 36 + 84);
    expect(report.account.after.reads).toBe(48 + 128 + 3 * 48);
  });

  test('a convolution loops over its products, and what follows costs no loop', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    graph.output(
      graph.node('Relu', [graph.node('Conv', [x, graph.weight([8, 4, 3, 3])], { attributes: same })]),
    );
    const [group] = compiled(graph).groups;
    const outputs = 8 * 36;
    expect(group?.before).toEqual({
      loops: outputs * 36 + outputs,
      reads: 4 * 36 + 8 * 36 + outputs,
      writes: 2 * outputs,
    });
    expect(group?.after).toEqual({ loops: outputs * 36, reads: 4 * 36 + 8 * 36, writes: outputs });
    expect(group?.expression).toBe('Relu_1_output = max(conv, 0)');
    expect(group?.anchorOp).toBe('Conv');
  });
});

describe('accounting of what is read twice', () => {
  const conv = (graph: TestGraph, x: ValueId, attributes = same) =>
    graph.node('Conv', [x, graph.weight([4, 4, 3, 3])], { attributes });
  const [size, weights] = [4 * 36, 4 * 4 * 9];

  test('a residual that is also the input of its convolution', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    graph.output(graph.node('Relu', [graph.node('Add', [conv(graph, x), x])]));
    const { groups, report } = compiled(graph);
    expect(groups[0]).toMatchObject({
      before: { reads: size + weights + 2 * size + size, writes: 3 * size },
      after: { reads: size + weights + size, writes: size },
    });
    expect(report.account.after).toEqual(groups[0]?.after);
  });

  test('pixels that an average pads with itself', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const padded = graph.node('Pad', [x, graph.ints(0, 0, 1, 1, 0, 0, 1, 1)], { version: 19 });
    graph.output(graph.node('AveragePool', [padded], { attributes: { kernel_shape: attr.ints([3, 3]) } }));
    const [on, off] = [true, false].map(fusion => compiled(graph, { fusion }).report.account);
    expect(on?.after).toMatchObject({ reads: size, writes: size });
    expect(on?.before).toEqual(off?.after);
  });

  test('what is read ahead of an anchor and beside its results', () => {
    const graph = new TestGraph();
    const [x, y] = ['x', 'y'].map(name => graph.input(name, 'float32', SHAPE));
    const result = conv(graph, graph.node('Mul', [x, y]));
    graph.output(graph.node('Add', [graph.node('Mul', [result, y]), y]));
    const { groups } = compiled(graph);
    expect(groups.map(({ ops }) => ops)).toEqual([['Mul', 'Conv', 'Mul', 'Add']]);
    expect(groups[0]?.after.reads).toBe(2 * size + weights + size);
  });
});

describe('what fuses', () => {
  test('a residual, an activation, and a value that is needed before it', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const conv = graph.node('Conv', [x, graph.weight([4, 4, 3, 3])], { attributes: same });
    const sum = graph.node('Add', [conv, x]);
    graph.output(graph.node('Relu', [sum]));
    graph.output(graph.node('MaxPool', [sum], { attributes: { kernel_shape: attr.ints([2, 2]) } }));
    const { steps, program } = compiled(graph);
    expect(steps).toEqual(['Conv Add Relu', 'MaxPool']);
    expect(program.steps[0]?.writes).toHaveLength(2);
  });

  test('Add – Conv – Mul – Relu is one kernel', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const y = graph.input('y', 'float32', SHAPE);
    const conv = graph.node('Conv', [graph.node('Add', [x, y]), graph.weight([4, 4, 3, 3])], {
      attributes: same,
    });
    graph.output(graph.node('Relu', [graph.node('Mul', [conv, y])]));
    expect(compiled(graph).steps).toEqual(['Add Conv Mul Relu']);
  });

  test('an explicit Pad becomes the window’s own', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const pads = graph.ints(0, 0, 0, 1, 0, 0, 2, 1);
    const padded = graph.node('Pad', [x, pads, graph.number(0)]);
    graph.output(graph.node('Conv', [padded, graph.weight([4, 4, 3, 3])]));
    expect(compiled(graph).steps).toEqual(['Pad Conv']);
  });

  const window = { kernel_shape: attr.ints([3, 3]) };
  const around = (graph: TestGraph, mode: string, fill = 0) =>
    graph.node(
      'Pad',
      [
        graph.node('Add', [graph.input('x', 'float32', SHAPE), graph.input('y', 'float32', SHAPE)]),
        graph.ints(0, 0, 1, 2, 0, 0, 0, 1),
        graph.number(fill),
      ],
      { version: 19, attributes: { mode: attr.string(mode) } },
    );

  test.each(['reflect', 'edge', 'wrap', 'constant'])(
    'a Pad (%s) and what is done before it happen while windows are read',
    mode => {
      const graph = new TestGraph();
      const padded = around(graph, mode, 3);
      graph.output(graph.node('Relu', [graph.node('Conv', [padded, graph.weight([4, 4, 3, 3])])]));
      const { steps, groups } = compiled(graph);
      expect(steps).toEqual(['Add Pad Conv Relu']);
      expect(groups[0]?.expression).toContain('x + y');
    },
  );

  test.each(['MaxPool', 'AveragePool'])('a Pad before %s', op => {
    for (const [mode, fill] of [
      ['constant', 0],
      ['constant', -1],
      ['edge', 0],
    ] as const) {
      const graph = new TestGraph();
      graph.output(graph.node(op, [around(graph, mode, fill)], { attributes: window }));
      expect(compiled(graph).steps).toEqual([`Add Pad ${op}`]);
    }
  });

  test('zeros around the input of a transposed convolution, and what is done to each element', () => {
    const graph = new TestGraph();
    const padded = around(graph, 'constant', 0);
    graph.output(graph.node('ConvTranspose', [padded, graph.weight([4, 4, 3, 3])]));
    expect(compiled(graph).steps).toEqual(['Add Pad ConvTranspose']);
  });

  test('what cannot be taken in stays, with a reason', () => {
    const own = { attributes: { ...window, ...same } };
    const reasons = (finish: (graph: TestGraph, padded: ValueId) => ValueId, mode = 'reflect', fill = 0) => {
      const graph = new TestGraph();
      graph.output(finish(graph, around(graph, mode, fill)));
      const { steps, groups } = compiled(graph);
      expect(steps[1]).toBe('Pad');
      return groups.flatMap(({ reasons: list }) => list).join();
    };
    expect(reasons((g, x) => g.node('Relu', [g.node('Conv', [x, g.weight([4, 4, 3, 3])], own)]))).toContain(
      'Pad_1 stays apart: around its pixels (reflect), Conv_2 pads by itself',
    );
    expect(
      reasons((g, x) => g.node('Relu', [g.node('ConvTranspose', [x, g.weight([4, 4, 3, 3])])])),
    ).toContain('Pad_1 stays apart: around its pixels (reflect), ConvTranspose_2 reads zeros');
    expect(reasons((g, x) => g.node('Relu', [g.node('MaxPool', [x], own)]), 'constant')).toContain(
      'Pad_1 stays apart: around its 0, MaxPool_2 pads by itself',
    );
  });

  test('a diamond', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const [left, right] = [graph.node('Sigmoid', [x]), graph.node('Tanh', [x])];
    graph.output(graph.node('Mul', [left, right]));
    expect(compiled(graph).steps).toEqual(['Sigmoid Tanh Mul']);
  });

  test('reshapes and transposes of memory are no steps', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const conv = graph.node('Conv', [x, graph.weight([8, 4, 1, 1])]);
    const pixels = graph.node('Transpose', [conv], { attributes: { perm: attr.ints([0, 2, 3, 1]) } });
    graph.output(graph.node('Softmax', [graph.node('Reshape', [pixels, graph.ints(1, -1, 2)])]));
    expect(compiled(graph).steps).toEqual(['Conv', 'Softmax']);
  });
});

describe('what does not fuse', () => {
  test('a path through outside: x · sigmoid(mean(x)) behind a convolution', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const conv = graph.node('Conv', [x, graph.weight([4, 4, 1, 1])]);
    const gate = graph.node('Sigmoid', [graph.node('GlobalAveragePool', [conv])]);
    graph.output(graph.node('Mul', [conv, gate], { name: 'scale' }));
    const { steps, groups } = compiled(graph);
    expect(steps).toEqual(['Conv', 'GlobalAveragePool Sigmoid', 'Mul']);
    expect(groups.flatMap(({ reasons }) => reasons).join()).toContain('scale stays apart');
  });

  test('a small group does not grow into a large one', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const c = graph.input('c', 'float32', [1, 4, 1, 1]);
    graph.output(graph.node('Mul', [x, graph.node('Exp', [c])]));
    expect(compiled(graph).steps).toEqual(['Exp', 'Mul']);
  });

  test('inputs that others read too are computed once', () => {
    const graph = new TestGraph();
    const x = graph.node('Exp', [graph.input('x', 'float32', SHAPE)]);
    graph.output(graph.node('Conv', [x, graph.weight([4, 4, 1, 1])]));
    graph.output(graph.node('Conv', [x, graph.weight([4, 4, 3, 3])]));
    expect(compiled(graph).steps).toEqual(['Exp', 'Conv', 'Conv']);
  });

  test('captured values stay', () => {
    const graph = new TestGraph();
    const x = graph.input('x', 'float32', SHAPE);
    const conv = graph.node('Conv', [x, graph.weight([4, 4, 1, 1])], { outputs: ['inside'] });
    graph.output(graph.node('Relu', [conv]));
    const { program, graph: final } = compiled(graph, { capture: ['inside'] });
    expect(program.steps[0]?.writes.map(id => valueOf(final, id).name)).toContain('inside');
    expect(program.outputs.map(({ name }) => name)).toEqual(['Relu_1_output', 'inside']);
  });

  test('fusion off, or one group', () => {
    const build = () => {
      const graph = new TestGraph();
      const x = graph.input('x', 'float32', SHAPE);
      const first = graph.node('Relu', [graph.node('Conv', [x, graph.weight([4, 4, 1, 1])])]);
      graph.output(graph.node('Tanh', [graph.node('Conv', [first, graph.weight([4, 4, 3, 3])])]));
      return graph;
    };
    const { groups, steps } = compiled(build());
    expect(steps).toEqual(['Conv Relu', 'Conv Tanh']);
    expect(compiled(build(), { fusion: false }).steps).toEqual(['Conv', 'Relu', 'Conv', 'Tanh']);
    const disabledGroups = groups.slice(0, 1).map(({ id }) => id);
    expect(compiled(build(), { disabledGroups }).steps).toEqual(['Conv', 'Relu', 'Conv Tanh']);
  });
});
