// Shape inference: binding dimensions, following shape computations, bodies, and what it says when it cannot know.

import { describe, expect, test } from 'vitest';
import { attr, GraphBuilder, valueOf } from '../../../../engine/ir/graph.ts';
import { numbersOf, tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Graph, ValueId } from '../../../../engine/ir/types.ts';
import { inferShapes } from '../../../../engine/passes/shapes/infer.ts';
import { modelOf, noFiles } from '../../../support/build-graph.ts';

const infer = (graph: Graph, dims: Record<string, number> = {}) => inferShapes(modelOf(graph), dims, noFiles);
const ids = (diagnostics: readonly { id: string }[]): string[] => diagnostics.map(({ id }) => id);
const int64 = (values: readonly number[]) => tensorOf('int64', [values.length], values);

/** A graph with one float input of these axes, handed to `build`, which returns the output. */
function withInput(
  declared: readonly (number | string | undefined)[],
  build: (builder: GraphBuilder, input: ValueId) => ValueId,
): { graph: Graph; output: ValueId } {
  const builder = new GraphBuilder();
  const input = builder.asInput(builder.value({ name: 'x', dtype: 'float32', declared }));
  const output = build(builder, input);
  builder.output(output);
  return { graph: builder.build(), output };
}

describe('open dimensions', () => {
  const relu = (builder: GraphBuilder, input: ValueId) => builder.node('Relu', [input]);

  test('a leading batch dimension is 1 by default', () => {
    const { graph, output } = withInput(['batch', 3], relu);
    const result = infer(graph);
    expect(valueOf(result.graph, output).shape).toEqual([1, 3]);
    expect(result.dimensions).toEqual([
      { key: 'batch', inputs: [{ name: 'x', axis: 0 }], extent: 1, reason: 'batch default' },
    ]);
  });

  test('of an input without a shape the rank is one, and then its axes are', () => {
    const builder = new GraphBuilder();
    const x = builder.asInput(builder.value({ name: 'x', dtype: 'float32' }));
    const output = builder.node('Relu', [x]);
    builder.output(output);
    const graph = builder.build();
    const open = infer(graph);
    expect(open.dimensions).toEqual([
      { key: 'x:rank', inputs: [{ name: 'x', axis: -1 }], reason: 'unbound' },
    ]);
    const ranked = infer(graph, { 'x:rank': 2, 'x:1': 5 });
    expect(ranked.dimensions.map(({ key, reason }) => [key, reason])).toEqual([
      ['x:rank', 'given'],
      ['x:0', 'batch default'],
      ['x:1', 'given'],
    ]);
    expect(valueOf(ranked.graph, output).shape).toEqual([1, 5]);
    expect(valueOf(infer(graph, { 'x:rank': 0 }).graph, output).shape).toEqual([]);
  });

  test('an input without a type cannot run', () => {
    const builder = new GraphBuilder();
    builder.output(builder.node('Relu', [builder.asInput(builder.value({ name: 'x' }))]));
    expect(ids(infer(builder.build()).diagnostics)).toEqual(['no-type']);
  });

  test.each(['com.microsoft.FusedConv', 'com.microsoft.FusedGemm'])(
    '%s with no activation of that name',
    op => {
      const builder = new GraphBuilder();
      const shape = op.endsWith('Conv') ? [1, 1, 3, 3] : [3, 3];
      const x = builder.input('x', 'float32', shape);
      builder.output(
        builder.node(op, [x, x], { version: 1, attributes: { activation: attr.string('Foo') } }),
      );
      const { diagnostics } = infer(builder.build());
      expect(diagnostics.map(({ message }) => message).join()).toContain('found "Foo"');
    },
  );

  test('others must be given; until then shapes are unknown and a diagnostic says which', () => {
    const { graph, output } = withInput([1, 'length'], relu);
    const open = infer(graph);
    expect(valueOf(open.graph, output).shape).toBeUndefined();
    expect(valueOf(open.graph, output).dtype).toBe('float32');
    expect(open.dimensions[0]?.reason).toBe('unbound');
    expect(ids(open.diagnostics)).toEqual(['unbound-dimension']);
    expect(valueOf(infer(graph, { length: 7 }).graph, output).shape).toEqual([1, 7]);
  });

  test('an anonymous dimension goes by input and axis', () => {
    const { graph, output } = withInput([1, undefined], relu);
    const result = infer(graph, { 'x:1': 4 });
    expect(result.dimensions[0]?.key).toBe('x:1');
    expect(valueOf(result.graph, output).shape).toEqual([1, 4]);
  });

  test('one axis binds its symbol everywhere', () => {
    const builder = new GraphBuilder();
    const a = builder.asInput(builder.value({ name: 'a', dtype: 'float32', declared: [1, 'n'] }));
    const b = builder.asInput(builder.value({ name: 'b', dtype: 'float32', declared: ['n', 1] }));
    builder.output(builder.node('MatMul', [a, b]));
    const { graph } = infer(builder.build(), { 'a:1': 5 });
    expect(valueOf(graph, b).shape).toEqual([5, 1]);
  });

  test('a name that is no dimension, and two extents for one, are reported', () => {
    const { graph } = withInput(['n', 2], relu);
    expect(ids(infer(graph, { m: 3 }).diagnostics)).toContain('unknown-dimension');
    expect(ids(infer(graph, { n: 3, 'x:0': 4 }).diagnostics)).toContain('contradicting-dimension');
  });
});

describe('shape computations', () => {
  test('Shape → Gather → Concat → Reshape is followed, and its results attached', () => {
    let target: ValueId | undefined;
    const { graph, output } = withInput([2, 3, 4], (builder, input) => {
      const shape = builder.node('Shape', [input]);
      const first = builder.node('Gather', [shape, builder.constant('zero', int64([0]))]);
      target = builder.node('Concat', [first, builder.constant('rest', int64([-1]))], {
        attributes: { axis: attr.int(0) },
      });
      return builder.node('Reshape', [input, target]);
    });
    const result = infer(graph);
    expect(valueOf(result.graph, output).shape).toEqual([2, 12]);
    const constant = target === undefined ? undefined : valueOf(result.graph, target).constant;
    expect(constant?.kind === 'inline' && numbersOf(constant.tensor)).toEqual([2, -1]);
    expect(result.graph.nodes).toEqual(graph.nodes);
  });

  test('large results are not computed, their shapes are known all the same', () => {
    const { graph, output } = withInput([1], builder =>
      builder.node('ConstantOfShape', [builder.constant('shape', int64([1000, 1000]))]),
    );
    const value = valueOf(infer(graph).graph, output);
    expect(value.shape).toEqual([1000, 1000]);
    expect(value.constant).toBeUndefined();
  });

  test('a declared shape that is wrong yields to the inferred one', () => {
    const builder = new GraphBuilder();
    const input = builder.input('x', 'float32', [2, 3]);
    const wrong = builder.value({ name: 'y', dtype: 'float32', shape: [9, 9] });
    builder.node('Relu', [input], { outputs: [wrong] });
    builder.output(wrong);
    const result = infer(builder.build());
    expect(valueOf(result.graph, wrong).shape).toEqual([2, 3]);
    expect(ids(result.diagnostics)).toEqual(['shape-conflict']);
  });
});

describe('what cannot be known', () => {
  test('data-dependent shapes', () => {
    const { graph, output } = withInput([4], (builder, input) =>
      builder.node('Relu', [builder.node('NonZero', [input])]),
    );
    const result = infer(graph);
    expect(valueOf(result.graph, output)).toMatchObject({ shape: [1, 4], bounded: [false, true] });
    expect(ids(result.diagnostics)).toEqual(['data-dependent-shape']);
  });

  test.each(['Reshape', 'Expand', 'ConstantOfShape'])('what a count of found elements sizes (%s)', op => {
    const { graph, output } = withInput([4], (builder, input) => {
      const found = builder.node('NonZero', [input]);
      const count = builder.node('Gather', [
        builder.node('Shape', [found]),
        builder.constant('one', int64([1])),
      ]);
      const two = builder.constant('two', int64([2]));
      const shape = builder.node(
        'Concat',
        op === 'Reshape' ? [count, builder.constant('1', int64([1]))] : [two, count],
        {
          attributes: { axis: attr.int(0) },
        },
      );
      return builder.node(op, op === 'ConstantOfShape' ? [shape] : [found, shape]);
    });
    const value = valueOf(infer(graph).graph, output);
    if (op === 'Reshape') expect(value).toMatchObject({ shape: [4, 1], bounded: [true, false] });
    else expect(value).toMatchObject({ shape: [2, 4], bounded: [false, true] });
  });

  test('operators without a rule', () => {
    const { graph } = withInput([4], (builder, input) => builder.node('example.Unheard', [input]));
    expect(ids(infer(graph).diagnostics)).toEqual(['unknown-operator']);
  });

  test('a node that contradicts its inputs is an error with its name', () => {
    const { graph } = withInput([2, 3], (builder, input) =>
      builder.node('MatMul', [input, input], { name: 'product' }),
    );
    const [problem] = infer(graph).diagnostics;
    expect(problem).toMatchObject({
      severity: 'error',
      id: 'invalid-node',
      where: expect.stringMatching(/^MatMul "product" of opset \d+$/),
      message: '[2, 3] and [2, 3] have no matrix product',
    });
  });

  test('so is one of an operator made of others, and a Range that does not move', () => {
    const { graph } = withInput([2, 3], (builder, input) => {
      const [start, limit, delta] = [0, 9, 0].map((x, i) => builder.constant(`${i}`, int64([x])));
      builder.node('Range', [start, limit, delta], { name: 'still' });
      return builder.node('com.microsoft.FusedMatMulActivation', [input, input], { name: 'product' });
    });
    const told = infer(graph).diagnostics.map(({ where, message }) => `${where}: ${message}`);
    expect(told).toEqual([
      expect.stringMatching(/^Range "still" of opset \d+: expected a delta other than 0, found 0$/),
      expect.stringMatching(
        /^com\S+Activation "product" of opset \d+: \[2, 3\] and \[2, 3\] have no matrix product$/,
      ),
    ]);
  });

  test('an index outside in a constant computation is an error, not a crash', () => {
    const { graph } = withInput([2, 3], (builder, input) =>
      builder.node('Gather', [builder.node('Shape', [input]), builder.constant('i', int64([5]))]),
    );
    expect(ids(infer(graph).diagnostics)).toEqual(['invalid-node']);
  });
});

describe('bodies', () => {
  const branch = (shape: readonly number[]): Graph => {
    const body = new GraphBuilder('branch');
    const outer = body.capture('x');
    body.output(body.node('Reshape', [outer, body.constant('shape', int64(shape))]));
    return body.build();
  };
  const choose = (builder: GraphBuilder, condition: ValueId): ValueId =>
    builder.node('If', [condition], {
      attributes: { then_branch: attr.graph(branch([6])), else_branch: attr.graph(branch([3, 2])) },
    });

  test('If with a known condition has the type of the branch that runs', () => {
    const { graph, output } = withInput([2, 3], builder =>
      choose(builder, builder.constant('yes', tensorOf('bool', [], [0]))),
    );
    expect(valueOf(infer(graph).graph, output).shape).toEqual([3, 2]);
  });

  test('a branch that is never taken need not fit; one that may be is a warning', () => {
    const diagnosticsOf = (condition: (builder: GraphBuilder) => ValueId) => {
      const attributes = { then_branch: attr.graph(branch([5])), else_branch: attr.graph(branch([3, 2])) };
      const { graph } = withInput([2, 3], builder =>
        builder.node('If', [condition(builder)], { attributes }),
      );
      return infer(graph).diagnostics.filter(({ severity }) => severity !== 'info');
    };
    expect(diagnosticsOf(builder => builder.constant('no', tensorOf('bool', [], [0])))).toEqual([]);
    expect(diagnosticsOf(builder => builder.constant('yes', tensorOf('bool', [], [1])))).toMatchObject([
      { severity: 'error', id: 'invalid-node' },
    ]);
    expect(diagnosticsOf(builder => builder.input('c', 'bool', []))).toMatchObject([
      { severity: 'warning', id: 'invalid-node' },
    ]);
  });

  test.each([
    ['If', [], 0, 0, 'results of then_branch: expected 1, found 0'],
    ['If', [], 1, 1, 'inputs of then_branch: expected 0, found 1'],
    ['Loop', [1], 3, 1, 'results of body: expected 2, found 1'],
    ['Loop', [1], 4, 2, 'inputs of body: expected 3, found 4'],
    ['Scan', [1], 1, 0, 'results of body: expected 1, found 0'],
    ['Scan', [0], 1, 1, 'expected num_scan_inputs from 1 to 1, as many as there are inputs, found 0'],
  ])(
    '%s %j whose body has %i inputs and %i results is refused',
    (op, [scanned = 0], inputs, results, message) => {
      const body = new GraphBuilder('body');
      const first = body.node('Abs', [body.capture('x')]);
      for (let i = 0; i < inputs; i++) body.input(`in${i}`, 'float32', [2, 3]);
      for (let i = 0; i < results; i++) body.output(i === 0 ? first : body.node('Neg', [first]));
      const attribute = attr.graph(body.build());
      const { graph } = withInput([2, 3], (builder, x) => {
        if (op === 'Scan') {
          const attributes = { body: attribute, num_scan_inputs: attr.int(scanned) };
          return builder.node('Scan', [x], { attributes });
        }
        if (op === 'Loop')
          return builder.node('Loop', [undefined, undefined, x], { attributes: { body: attribute } });
        const attributes = { then_branch: attribute, else_branch: attribute };
        return builder.node('If', [builder.input('c', 'bool', [])], { attributes });
      });
      const found = infer(graph).diagnostics.filter(({ severity }) => severity === 'error');
      expect(found).toMatchObject([{ id: 'invalid-node', where: `${op} "${op}_0" of opset 21`, message }]);
    },
  );

  test('If with an unknown one has what both branches agree on; the bodies are inferred', () => {
    const { graph, output } = withInput([2, 3], builder => choose(builder, builder.input('c', 'bool', [])));
    const result = infer(graph);
    expect(valueOf(result.graph, output)).toMatchObject({ dtype: 'float32' });
    expect(valueOf(result.graph, output).shape).toBeUndefined();
    const attribute = result.graph.nodes[0]?.attributes.then_branch;
    const inner = attribute?.type === 'graph' ? attribute.value : undefined;
    expect(inner && valueOf(inner, inner.outputs[0] as ValueId).shape).toEqual([6]);
  });

  test('a loop whose state grows has an unknown shape, one whose state stays has a known one', () => {
    const loopOver = (step: (body: GraphBuilder, state: ValueId) => ValueId) =>
      withInput([2], (builder, input) => {
        const body = new GraphBuilder('body');
        body.input('turn', 'int64', []);
        const condition = body.input('condition', 'bool', []);
        const state = body.asInput(body.value({ name: 'state' }));
        const next = step(body, state);
        body.output(condition);
        body.output(next);
        const count = builder.constant('count', tensorOf('int64', [], [3]));
        return builder.node('Loop', [count, undefined, input], {
          attributes: { body: attr.graph(body.build()) },
        });
      });
    const growing = loopOver((body, state) =>
      body.node('Concat', [state, state], { attributes: { axis: attr.int(0) } }),
    );
    const steady = loopOver((body, state) => body.node('Relu', [state]));
    expect(valueOf(infer(growing.graph).graph, growing.output).shape).toBeUndefined();
    expect(valueOf(infer(steady.graph).graph, steady.output).shape).toEqual([2]);
  });
});
