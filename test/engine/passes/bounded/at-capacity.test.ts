// What is parallel along run-time extents is compiled once, for its capacity, and right for every extent: none, some
// and all.

import { describe, expect, test } from 'vitest';
import { bodyCompiler } from '../../../../engine/body-compiler.ts';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Graph, Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { compareTensors } from '../../../../engine/report/conformance.ts';
import { Session } from '../../../../engine/runtime/session.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../../support/build-graph.ts';

const cancel = new Int32Array(new SharedArrayBuffer(4));

interface Case {
  readonly graph: Graph;
  readonly inputs: (extent: number) => Tensor[];
  readonly extents: readonly number[];
  /** operators that must run on kernels */
  readonly kernels: readonly string[];
}

const ROWS = 40;

/** `extent` of the numbers are not 0. */
function flags(extent: number, count = ROWS): Tensor {
  const values = Array.from({ length: count }, (_, i) => ((i * 7) % count < extent ? 1 : 0));
  return tensorOf('float32', [count], values);
}

/** The places of what is not 0, as indices. */
function places(g: TestGraph, mask: ValueId): ValueId {
  return g.node('Squeeze', [g.node('NonZero', [mask]), g.ints(0)]);
}

function nonZeroProducts(): Case {
  const g = new TestGraph('rows that are picked');
  const mask = g.input('mask', 'float32', [ROWS]);
  const x = g.input('x', 'float32', [ROWS, 24]);
  const picked = g.node('Gather', [x, places(g, mask)], { attributes: { axis: attr.int(0) } });
  const hidden = g.node('Relu', [
    g.node('Add', [g.node('MatMul', [picked, g.weight([24, 32])]), g.weight([32])]),
  ]);
  const scores = g.node('Softmax', [g.node('MatMul', [hidden, g.weight([32, 10])])], {
    attributes: { axis: attr.int(-1) },
  });
  g.output(scores);
  g.output(g.node('ReduceMax', [hidden, g.ints(1)], { attributes: { keepdims: attr.int(0) } }));
  return {
    graph: inferred(g),
    inputs: extent => [flags(extent), randomTensor([ROWS, 24], 5)],
    extents: [7, 0, ROWS, 1, 20],
    kernels: ['Gemm', 'Softmax', 'Gather'],
  };
}

/** A constant row for each that was picked: at capacity it is known beforehand. */
function repeatedConstant(): Case {
  const g = new TestGraph('a constant per row that is picked');
  const mask = g.input('mask', 'float32', [ROWS]);
  const x = g.input('x', 'float32', [ROWS, 8]);
  const picked = g.node('Gather', [x, places(g, mask)], { attributes: { axis: attr.int(0) } });
  g.output(g.node('Expand', [g.weight([1, 8]), g.node('Shape', [picked])]));
  return {
    graph: inferred(g),
    inputs: extent => [flags(extent), randomTensor([ROWS, 8], 5)],
    extents: [7, 0, ROWS, 1],
    kernels: [],
  };
}

/** Everything attends to what was picked: sums and a softmax along the run-time extent. */
function attentionOverPicked(): Case {
  const g = new TestGraph('attention over what is picked');
  const mask = g.input('mask', 'float32', [ROWS]);
  const x = g.input('x', 'float32', [ROWS, 16]);
  const picked = g.node('Gather', [x, places(g, mask)], { attributes: { axis: attr.int(0) } });
  const keys = g.node('MatMul', [picked, g.weight([16, 16])]);
  const scores = g.node('MatMul', [
    x,
    g.node('Transpose', [keys], { attributes: { perm: attr.ints([1, 0]) } }),
  ]);
  const weights = g.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
  g.output(g.node('MatMul', [weights, picked]));
  g.output(g.node('ReduceSum', [picked, g.ints(0)], { attributes: { keepdims: attr.int(0) } }));
  return {
    graph: inferred(g),
    inputs: extent => [flags(extent), randomTensor([ROWS, 16], 6)],
    extents: [9, 0, ROWS, 1],
    kernels: ['Gemm'],
  };
}

/** The tail of a detector: boxes are suppressed, gathered, scaled and put beside their scores. */
function detectorTail(): Case {
  const g = new TestGraph('detector');
  const boxes = g.input('boxes', 'float32', [1, 60, 4]);
  const scores = g.input('scores', 'float32', [1, 1, 60]);
  const threshold = g.input('threshold', 'float32', [1]);
  const overlap = g.constant('overlap', tensorOf('float32', [1], [0.5]));
  const most = g.constant('most', tensorOf('int64', [1], [30]));
  const kept = g.node('NonMaxSuppression', [boxes, scores, most, overlap, threshold]);
  const column = g.constant('column', tensorOf('int64', [], [2]));
  const index = g.node('Gather', [kept, column], { attributes: { axis: attr.int(1) } });
  const flat = g.node('Squeeze', [boxes, g.ints(0)]);
  const picked = g.node('Gather', [flat, index], { attributes: { axis: attr.int(0) } });
  const scaled = g.node('Mul', [picked, g.weight([4])]);
  const points = g.node('Reshape', [scores, g.ints(60, 1)]);
  const sure = g.node('Sigmoid', [g.node('Gather', [points, index], { attributes: { axis: attr.int(0) } })]);
  g.output(g.node('Concat', [scaled, sure], { attributes: { axis: attr.int(1) } }));
  const corners = Array.from({ length: 60 }, (_, i) => [i * 3, i * 3, i * 3 + 2, i * 3 + 2]).flat();
  const ranks = Array.from({ length: 60 }, (_, i) => ((i * 13) % 60) / 60);
  return {
    graph: inferred(g),
    inputs: extent => [
      tensorOf('float32', [1, 60, 4], corners),
      tensorOf('float32', [1, 1, 60], ranks),
      tensorOf('float32', [1], [(59.5 - extent) / 60]),
    ],
    extents: [5, 0, 30, 12],
    kernels: [],
  };
}

function compressed(): Case {
  const g = new TestGraph('compressed');
  const keep = g.input('keep', 'bool', [12]);
  const x = g.input('x', 'float32', [12, 3, 8, 8]);
  const some = g.node('Compress', [x, keep], { attributes: { axis: attr.int(0) } });
  const conv = g.node('Conv', [some, g.weight([5, 3, 3, 3])], {
    attributes: { pads: attr.ints([1, 1, 1, 1]) },
  });
  const pooled = g.node('GlobalAveragePool', [g.node('Relu', [conv])]);
  g.output(g.node('Gemm', [g.node('Flatten', [pooled]), g.weight([5, 4])]));
  return {
    graph: inferred(g),
    inputs: extent => [
      tensorOf(
        'bool',
        [12],
        Array.from({ length: 12 }, (_, i) => ((i * 5) % 12 < extent ? 1 : 0)),
      ),
      randomTensor([12, 3, 8, 8], 7),
    ],
    extents: [4, 0, 12, 1],
    kernels: ['Conv', 'Gemm'],
  };
}

function computedTopK(): Case {
  const g = new TestGraph('computed k');
  const scores = g.input('scores', 'float32', [ROWS]);
  const x = g.input('x', 'float32', [ROWS, 8]);
  const count = g.input('count', 'int64', [1]);
  const k = g.node('Min', [count, g.ints(ROWS)]);
  const [, indices] = g.nodes('TopK', [scores, k], { outputs: ['best', 'indices'] });
  const picked = g.node('Gather', [x, indices], { attributes: { axis: attr.int(0) } });
  g.output(g.node('Tanh', [g.node('MatMul', [picked, g.weight([8, 8])])]));
  return {
    graph: inferred(g),
    inputs: extent => [randomTensor([ROWS], 3), randomTensor([ROWS, 8], 4), tensorOf('int64', [1], [extent])],
    extents: [3, 0, ROWS, 17],
    kernels: ['Gemm'],
  };
}

const CASES = {
  nonZeroProducts,
  repeatedConstant,
  attentionOverPicked,
  detectorTail,
  compressed,
  computedTopK,
};

function expected(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const results = evaluateGraph(graph, given, noFiles);
  return graph.outputs.map(id => results.get(id) as Tensor);
}

describe.each(Object.entries(CASES))('%s', (_, build) => {
  const { graph, inputs, extents, kernels } = build();

  test.each([{}, { fusion: false }, { threads: 2 }, { layout: 'nchw', planner: 'off' }] as const)(
    '%j',
    async given => {
      const options = { ...DEFAULT_OPTIONS, ...given };
      const ports = { read: noFiles, clock: () => 0 };
      const { program } = compile(graph, options, ports);
      const run = program.steps.flatMap(step => (step.kind === 'kernel' ? step.fusedOps : []));
      expect(run).toEqual(expect.arrayContaining([...kernels]));
      let compiled = 0;
      const compiler = bodyCompiler(options, ports);
      const session = await Session.create(program, {
        ...{ clock: () => 0, cancel, read: noFiles },
        startThreads: () => Promise.resolve({ close() {} }),
        bodies: {
          ...compiler,
          compile: body => {
            compiled++;
            return compiler.compile(body);
          },
        },
      });
      for (const extent of extents) {
        const tensors = inputs(extent);
        session.setInputs(tensors);
        expect(session.run()).toBeDefined();
        expected(graph, tensors).forEach((wanted, i) => {
          expect(
            compareTensors(session.readOutput(i), wanted),
            `extent ${extent}, output ${i}`,
          ).toBeUndefined();
        });
      }
      expect(compiled).toBe(0);
      session.close();
    },
  );
});
