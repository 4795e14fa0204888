// Control flow against onnxruntime-web: loops whose state grows, scans, sequences as state, nested branches, shapes
// that depend on what ran. Interpreted, compiled once and run for several inputs.

import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { attr, GraphBuilder } from '../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../engine/ir/tensor.ts';
import type { Dtype, Graph, Shape, Tensor, ValueId } from '../../engine/ir/types.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { DEFAULT_OPTIONS } from '../../engine/options.ts';
import { inferShapes } from '../../engine/passes/shapes/infer.ts';
import { compile } from '../../engine/pipeline.ts';
import { evaluateGraph } from '../../engine/reference/interpreter.ts';
import { compareTensors } from '../../engine/report/conformance.ts';
import { modelOf, noFiles } from '../support/build-graph.ts';
import { runProgram } from '../support/run-program.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

const { int, ints, graph: asGraph } = attr;

const wave = (shape: Shape, step = 1): Tensor =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(i * step)),
  );
const count = (value: number): Tensor => tensorOf('int64', [], [value]);
const flag = (value: boolean): Tensor => tensorOf('bool', [], [value ? 1 : 0]);

/** A graph or body, its values named after what makes them. */
class Sketch extends GraphBuilder {
  readonly opset: number;

  constructor(name: string, opset: number) {
    super(name, { version: opset });
    this.opset = opset;
  }

  parameter(name: string, dtype: Dtype, shape?: Shape): ValueId {
    return this.asInput(this.value({ name, dtype, ...(shape && { shape }) }));
  }

  call(op: string, inputs: readonly (ValueId | undefined)[], attributes = {}): ValueId {
    return this.node(op, inputs, { attributes, outputs: [`${this.name}_${op}`] });
  }

  whole(value: number): ValueId {
    return this.constant(`${this.name}_${value}`, count(value));
  }
}

interface ControlCase {
  readonly graph: Sketch;
  /** inputs of each run */
  readonly runs: readonly (readonly Tensor[])[];
}

/** state = concat(state, x) until the turn is 4; the sum of each turn is kept. */
function growingLoop(): ControlCase {
  const g = new Sketch('grow', 16);
  const [x, turns] = [g.input('x', 'float32', [1, 3]), g.input('turns', 'int64', [])];
  const body = new Sketch('turn', 16);
  const turn = body.parameter('i', 'int64', []);
  body.parameter('going', 'bool', []);
  const joined = body.call('Concat', [body.parameter('state', 'float32'), body.capture('x')], {
    axis: int(0),
  });
  const sum = body.call('ReduceSum', [joined], { keepdims: int(0) });
  body.output(body.call('Less', [turn, body.whole(4)]));
  body.output(joined);
  body.output(sum);
  const outputs = g.nodes('Loop', [turns, g.constant('yes', flag(true)), x], {
    attributes: { body: asGraph(body.build()) },
    outputs: ['state', 'sums'],
  });
  for (const id of outputs) if (id !== undefined) g.output(id);
  g.output(g.call('Neg', [outputs[1]]));
  return { graph: g, runs: [7, 2, 0].map(turnsGiven => [wave([1, 3]), count(turnsGiven)]) };
}

/** h = tanh(h · w + x[t]), time backwards. */
function backwardScan(): ControlCase {
  const g = new Sketch('scan', 16);
  const [first, x] = [g.input('first', 'float32', [4]), g.input('x', 'float32', [5, 4])];
  g.constant('w', wave([4, 4], 0.7));
  const body = new Sketch('step', 16);
  const [h, own] = [body.parameter('h', 'float32', [4]), body.parameter('own', 'float32', [4])];
  const next = body.call('Tanh', [body.call('Add', [body.call('MatMul', [h, body.capture('w')]), own])]);
  body.output(next);
  body.output(body.call('Neg', [next]));
  const outputs = g.nodes('Scan', [first, x], {
    attributes: {
      body: asGraph(body.build()),
      num_scan_inputs: int(1),
      scan_input_directions: ints([1]),
      scan_output_directions: ints([1]),
    },
    outputs: ['last', 'all'],
  });
  for (const id of outputs) if (id !== undefined) g.output(id);
  return { graph: g, runs: [[wave([4]), wave([5, 4], 2)]] };
}

/** The scan of opset 8, with a batch axis; a sequence may be shorter than others. */
function batchedScan(backwards = false, ...lengths: number[]): ControlCase {
  const g = new Sketch('batched', 8);
  const ends =
    lengths.length > 0 ? g.constant('lengths', tensorOf('int64', [lengths.length], lengths)) : undefined;
  const [first, x] = [g.input('first', 'float32', [2, 4]), g.input('x', 'float32', [2, 5, 4])];
  const body = new Sketch('step', 8);
  const sum = body.call('Add', [body.parameter('h', 'float32', [4]), body.parameter('own', 'float32', [4])]);
  body.output(sum);
  body.output(body.call('Neg', [sum]));
  const outputs = g.nodes('Scan', [ends, first, x], {
    attributes: {
      body: asGraph(body.build()),
      num_scan_inputs: int(1),
      directions: ints([backwards ? 1 : 0]),
    },
    outputs: ['last', 'all'],
  });
  for (const id of outputs) if (id !== undefined) g.output(id);
  g.output(g.call('Relu', [outputs[1]]));
  return { graph: g, runs: [[wave([2, 4]), wave([2, 5, 4], 2)]] };
}

/** Rows of x, each through exp, collected in a sequence. */
function sequenceState(): ControlCase {
  const g = new Sketch('sequence', 16);
  const x = g.input('x', 'float32', [4, 3]);
  const rows = g.node('SplitToSequence', [x, g.whole(1)], {
    attributes: { axis: int(0) },
    outputs: ['rows'],
  });
  const body = new Sketch('turn', 16);
  const turn = body.parameter('i', 'int64', []);
  const going = body.parameter('going', 'bool', []);
  const state = body.asInput(body.value({ name: 'state', dtype: 'float32', container: 'sequence' }));
  const row = body.call('Exp', [body.call('SequenceAt', [body.capture('rows'), turn])]);
  body.output(body.call('Identity', [going]));
  body.output(body.call('SequenceInsert', [state, row]));
  const empty = g.call('SequenceEmpty', [], { dtype: int(1) });
  const collected = g.node('Loop', [g.call('SequenceLength', [rows]), g.constant('yes', flag(true)), empty], {
    attributes: { body: asGraph(body.build()) },
    outputs: ['collected'],
  });
  g.output(g.call('ConcatFromSequence', [collected], { axis: int(0) }));
  return { graph: g, runs: [[wave([4, 3])]] };
}

/** Branches inside branches, all reading x. */
function nestedBranches(): ControlCase {
  const g = new Sketch('nested', 16);
  g.input('x', 'float32', [2, 3]);
  const outerCondition = g.input('c', 'bool', []);
  g.input('d', 'bool', []);
  const inner = (op: string): Graph => {
    const body = new Sketch(`inner${op}`, 16);
    body.output(body.call(op, [body.capture('x')]));
    return body.build();
  };
  const outer = (yes: string, no: string): Graph => {
    const body = new Sketch(`outer${yes}`, 16);
    const [x, condition] = [body.capture('x'), body.capture('d')];
    const chosen = body.call('If', [condition], {
      then_branch: asGraph(inner(yes)),
      else_branch: asGraph(inner(no)),
    });
    body.output(body.call('Add', [chosen, x]));
    return body.build();
  };
  const branchesGiven = {
    then_branch: asGraph(outer('Exp', 'Neg')),
    else_branch: asGraph(outer('Sin', 'Abs')),
  };
  g.output(g.call('If', [outerCondition], branchesGiven));
  const pairs = [
    [true, false],
    [false, true],
    [true, true],
  ];
  return { graph: g, runs: pairs.map(([c = false, d = false]) => [wave([2, 3]), flag(c), flag(d)]) };
}

/** A squeeze that only one branch does, and a product behind it. */
function branchesOfOtherRank(): ControlCase {
  const g = new Sketch('rank', 16);
  g.input('x', 'float32', [1, 3]);
  const condition = g.input('c', 'bool', []);
  const branch = (op: string): Graph => {
    const body = new Sketch(`branch${op}`, 16);
    body.output(body.call(op, [body.capture('x')]));
    return body.build();
  };
  const chosen = g.call('If', [condition], {
    then_branch: asGraph(branch('Squeeze')),
    else_branch: asGraph(branch('Identity')),
  });
  g.output(g.call('MatMul', [chosen, g.constant('w', wave([3, 2]))]));
  return { graph: g, runs: [true, false].map(value => [wave([1, 3]), flag(value)]) };
}

/** Rows that have something above 0, a product of them, and shapes made from how many there are. */
function foundRows(): ControlCase {
  const g = new Sketch('found', 16);
  const x = g.input('x', 'float32', [6, 4]);
  const above = g.call('Greater', [x, g.constant('zero', tensorOf('float32', [], [0]))]);
  const places = g.call('Gather', [g.call('NonZero', [above]), g.whole(0)]);
  const rows = g.node('Gather', [x, places], { outputs: ['picked'] });
  const product = g.call('MatMul', [rows, g.constant('w', wave([4, 5]))]);
  const soft = g.call('Softmax', [product], { axis: int(-1) });
  g.output(g.call('Add', [soft, g.call('ConstantOfShape', [g.call('Shape', [soft])])]));
  g.output(g.call('ReduceMax', [product], { keepdims: int(0) }));
  return { graph: g, runs: [[wave([6, 4])], [wave([6, 4], 3)], [wave([6, 4], 0)]] };
}

const CASES = {
  growingLoop,
  backwardScan,
  batchedScan: () => batchedScan(),
  unequalScan: () => batchedScan(false, 5, 3),
  unequalBackwardScan: () => batchedScan(true, 2, 5),
  sequenceState,
  nestedBranches,
  branchesOfOtherRank,
  foundRows,
};

/** Without the shapes and constants we inferred, so that the other side computes them too. */
function plain(graph: Graph): Graph {
  const computed = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const values = graph.values.map(value => {
    if (!value || !computed.has(value.id)) return value;
    const { constant: _, shape, ...rest } = value;
    return shape ? { ...rest, declared: shape.map(() => undefined) } : rest;
  });
  return { ...graph, values };
}

test.each(Object.entries(CASES))('%s', async (_, make) => {
  const { graph: sketch, runs } = make();
  const model = modelOf(sketch.build(), { opsets: { '': sketch.opset } });
  const { graph } = inferShapes(model, {}, noFiles);
  const { program } = compile(graph, DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const bytes = writeOnnx({ ...model, graph: plain(graph) });
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
  try {
    for (const inputs of runs) {
      const feeds = graph.inputs.map((id, i): [string, ort.Tensor] => {
        const { dtype, shape, data } = inputs[i] as Tensor;
        return [
          graph.values[id]?.name ?? '',
          new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
        ];
      });
      const theirs = await session.run(Object.fromEntries(feeds));
      const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
      const interpreted = evaluateGraph(graph, given, noFiles);
      const compiled = runProgram(program, inputs);
      for (const [i, id] of graph.outputs.entries()) {
        const other = theirs[graph.values[id]?.name ?? ''];
        if (!other) throw new Error(`no output ${i}`);
        const wanted: Tensor = {
          dtype: other.type as Dtype,
          shape: [...other.dims],
          data: other.data as Tensor['data'],
        };
        expect(compareTensors(interpreted.get(id), wanted), `interpreted, output ${i}`).toBeUndefined();
        expect(compareTensors(compiled[i], wanted), `compiled, output ${i}`).toBeUndefined();
      }
    }
  } finally {
    await session.release();
  }
});
