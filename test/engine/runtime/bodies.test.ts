// Branches, loops and what waits for run-time extents run as programs of their own: compiled once for the extents they
// meet, and right for every one.

import { expect, test } from 'vitest';
import { bodyCompiler } from '../../../engine/body-compiler.ts';
import { loadConstant } from '../../../engine/ir/constants/constant.ts';
import { attr, GraphBuilder } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Graph, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { evaluateData, evaluateGraph } from '../../../engine/reference/interpreter.ts';
import { RandomStreams } from '../../../engine/reference/random.ts';
import { compareTensors } from '../../../engine/report/conformance.ts';
import { type BodyCompiler, CompiledBodies } from '../../../engine/runtime/bodies.ts';
import { Session } from '../../../engine/runtime/session.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';

const cancel = new Int32Array(new SharedArrayBuffer(4));

/** A session that tells how many bodies were compiled. */
async function sessionOf(graph: Graph) {
  const ports = { read: noFiles, clock: () => 0 };
  const { program } = compile(graph, DEFAULT_OPTIONS, ports);
  const compiled: Graph[] = [];
  const compiler = bodyCompiler(DEFAULT_OPTIONS, ports);
  const session = await Session.create(program, {
    clock: () => 0,
    cancel,
    read: noFiles,
    startThreads: () => Promise.resolve({ close() {} }),
    bodies: {
      ...compiler,
      compile: body => {
        compiled.push(body);
        return compiler.compile(body);
      },
    },
  });
  return { session, program, compiled };
}

function expectAsInterpreted(session: Session, graph: Graph, inputs: readonly Tensor[]): void {
  const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
  const wanted = evaluateGraph(graph, given, noFiles);
  session.setInputs(inputs);
  expect(session.run()).toBeDefined();
  graph.outputs.forEach((id, i) => {
    expect(compareTensors(session.readOutput(i), wanted.get(id) as Tensor)).toBeUndefined();
  });
}

/** conv(x[:, :, :length]), the length an input: its extent has no bound that is known. */
function cutConvolution(): Graph {
  const g = new TestGraph('cut');
  const x = g.input('x', 'float32', [1, 16, 300]);
  const count = g.input('count', 'int64', []);
  const places = g.node('Range', [
    g.constant('0', tensorOf('int64', [], [0])),
    count,
    g.constant('1', tensorOf('int64', [], [1])),
  ]);
  const cut = g.node('Gather', [x, places], { attributes: { axis: attr.int(2) } });
  const convolved = g.node('Conv', [cut, g.weight([32, 16, 5], 0.2), g.weight([32])], {
    attributes: { pads: attr.ints([2, 2]) },
  });
  const pooled = g.node('ReduceMean', [g.node('Relu', [convolved]), g.ints(2)]);
  g.output(g.node('Mul', [convolved, g.node('Sigmoid', [pooled])]));
  return inferred(g);
}

const count = (value: number): Tensor => tensorOf('int64', [], [value]);

test('what waits for an extent is one step, compiled for capacities', async () => {
  const graph = cutConvolution();
  const { session, program, compiled } = await sessionOf(graph);
  expect(program.steps.map(({ op }) => op)).toEqual(['Range', 'Block']);
  const x = randomTensor([1, 16, 300], 1);
  for (const length of [200, 200, 280, 200, 280, 200])
    expectAsInterpreted(session, graph, [x, count(length)]);
  expect(compiled.length).toBe(2);
  expect(compiled[0]?.nodes.some(({ op }) => op === 'Conv')).toBe(true);
  session.close();
});

/** A branch of the two that a run-time condition chooses between: a product with weights from outside. */
function branches(): Graph {
  const g = new TestGraph('branches');
  g.input('x', 'float32', [64, 128]);
  const condition = g.input('condition', 'bool', []);
  const weights = [g.weight([128, 128], 0.1), g.weight([128, 128], 0.1)];
  const bodies = weights.map((id, i) => {
    const body = new GraphBuilder(`branch ${i}`);
    const [own, matrix] = [body.capture('x'), body.capture(g.get(id).name)];
    body.output(body.node('Relu', [body.node('MatMul', [own, matrix])]));
    return attr.graph(body.build());
  });
  const [yes, no] = bodies;
  if (!yes || !no) throw new Error('two branches');
  g.output(g.node('If', [condition], { attributes: { then_branch: yes, else_branch: no } }));
  return inferred(g);
}

test('a branch is compiled when it is met again', async () => {
  const graph = branches();
  const { session, compiled } = await sessionOf(graph);
  const x = randomTensor([64, 128], 3);
  for (const value of [1, 0, 1, 0, 1, 0])
    expectAsInterpreted(session, graph, [x, tensorOf('bool', [], [value])]);
  expect(compiled.length).toBeLessThanOrEqual(2);
  session.close();
});

/** x / 2 + turn, so many times. */
function loop(): Graph {
  const g = new TestGraph('loop');
  const turns = g.input('turns', 'int64', []);
  const x = g.input('x', 'float32', [3]);
  const body = new GraphBuilder('body');
  const turn = body.asInput(body.value({ name: 'turn', dtype: 'int64', shape: [] }));
  const condition = body.asInput(body.value({ name: 'condition', dtype: 'bool', shape: [] }));
  const state = body.asInput(body.value({ name: 'state', dtype: 'float32', shape: [3] }));
  const half = body.constant('half', tensorOf('float32', [], [0.5]));
  const count = body.node('Cast', [turn], { attributes: { to: attr.int(1) } });
  body.output(body.node('Identity', [condition]));
  body.output(body.node('Add', [body.node('Mul', [state, half]), count]));
  g.output(g.node('Loop', [turns, undefined, x], { attributes: { body: attr.graph(body.build()) } }));
  return inferred(g);
}

test('a small body is compiled once its turns have cost as much', async () => {
  const graph = loop();
  const { session, compiled } = await sessionOf(graph);
  const x = randomTensor([3], 7);
  expectAsInterpreted(session, graph, [count(20), x]);
  expect(compiled.length).toBe(0);
  for (const turns of [2000, 30]) expectAsInterpreted(session, graph, [count(turns), x]);
  expect(compiled.length).toBe(1);
  session.close();
});

test('operations of a loop are those of all its turns, interpreted or compiled', async () => {
  const graph = loop();
  const { session, program, compiled } = await sessionOf(graph);
  const [at] = program.steps.filter(({ op }) => op === 'Loop').map(({ index }) => index);
  const x = randomTensor([3], 7);
  // A turn multiplies and adds three elements each, and casts one.
  for (const turns of [20, 2000, 30, 0]) {
    expectAsInterpreted(session, graph, [count(turns), x]);
    expect(session.bodyWork().get(at ?? -1)).toEqual({ turns, flops: turns * 7 });
  }
  expect(compiled.length).toBe(1);
  session.close();
});

test('a loop in a loop counts as often as it ran', async () => {
  const inner = new GraphBuilder('inner');
  const [, going] = ['inner turn', 'inner going'].map((name, i) =>
    inner.asInput(inner.value({ name, dtype: i === 0 ? 'int64' : 'bool', shape: [] })),
  );
  const held = inner.asInput(inner.value({ name: 'held', dtype: 'float32', shape: [3] }));
  inner.output(inner.node('Identity', [going]));
  inner.output(inner.node('Neg', [held]));
  const outer = new GraphBuilder('outer');
  const turn = outer.asInput(outer.value({ name: 'turn', dtype: 'int64', shape: [] }));
  const goes = outer.asInput(outer.value({ name: 'goes', dtype: 'bool', shape: [] }));
  const state = outer.asInput(outer.value({ name: 'state', dtype: 'float32', shape: [3] }));
  outer.output(outer.node('Identity', [goes]));
  // As many turns inside as there were before outside.
  outer.output(
    outer.node('Loop', [turn, undefined, state], { attributes: { body: attr.graph(inner.build()) } }),
  );
  const g = new TestGraph('nested');
  const turns = g.input('turns', 'int64', []);
  const x = g.input('x', 'float32', [3]);
  g.output(g.node('Loop', [turns, undefined, x], { attributes: { body: attr.graph(outer.build()) } }));
  const graph = inferred(g);
  const { session } = await sessionOf(graph);
  for (const turns of [5, 60]) {
    expectAsInterpreted(session, graph, [count(turns), randomTensor([3], 7)]);
    const inside = (turns * (turns - 1)) / 2;
    expect([...session.bodyWork().values()]).toEqual([{ turns, flops: inside * 3 }]);
  }
  session.close();
});

test('small bodies are left to the interpreter at first, and only so many programs are kept', () => {
  const body = new GraphBuilder('body');
  body.output(body.node('Neg', [body.asInput(body.value({ name: 'x', dtype: 'float32', shape: [1] }))]));
  const graph = body.build();
  let compiled = 0;
  const compiler = bodyCompiler(DEFAULT_OPTIONS, { read: noFiles, clock: () => 0 });
  const make = (worth?: { again: number; atOnce: number }) =>
    new CompiledBodies(
      {
        ...compiler,
        compile: inner => {
          compiled++;
          return compiler.compile(inner);
        },
      },
      { read: noFiles, cancel, random: new RandomStreams() },
      worth,
    );
  const run = (bodies: CompiledBodies, shape: readonly number[]) => {
    const [result] = bodies.run(graph, [randomTensor(shape, 1)], () => undefined) ?? [];
    return result;
  };
  expect(run(make(), [5])).toBeUndefined();
  const always = make({ again: 0, atOnce: 0 });
  for (const rank of [1, 2, 3, 4, 5, 5, 4, 1]) {
    const shape = new Array<number>(rank).fill(1);
    expect(run(always, shape)).toMatchObject({ shape });
  }
  // The first is forgotten when the fifth is met.
  expect(compiled).toBe(6);
  // As soon as an extent was seen to differ, one program does for several.
  for (const extent of [2, 3, 4, 3]) expect(run(always, [extent])).toMatchObject({ shape: [extent] });
  expect(compiled).toBe(8);
});

const MANY = 65536;

/** Products of the rows that a mask picks out of so many that memory for all of them would be waste. */
function pickedOfMany(): Graph {
  const g = new TestGraph('many');
  const mask = g.input('mask', 'float32', [MANY]);
  const x = g.input('x', 'float32', [MANY, 16]);
  const places = g.node('Squeeze', [g.node('NonZero', [mask]), g.ints(0)]);
  const picked = g.node('Gather', [x, places], { attributes: { axis: attr.int(0) } });
  const hidden = g.node('Relu', [g.node('MatMul', [picked, g.weight([16, 512], 0.1)])]);
  g.output(g.node('Softmax', [g.node('MatMul', [hidden, g.weight([512, 16], 0.1)])]));
  return inferred(g);
}

test('where all that there can be is too much, capacities are powers of two', async () => {
  const graph = pickedOfMany();
  const { session, compiled } = await sessionOf(graph);
  const x = randomTensor([MANY, 16], 1);
  const flags = (extent: number) =>
    tensorOf(
      'float32',
      [MANY],
      Array.from({ length: MANY }, (_, i) => ((i * 1001) % MANY < extent ? 1 : 0)),
    );
  for (const extent of [200, 256, 150, 257, 400, 200, 512, 300, 0, 201])
    expectAsInterpreted(session, graph, [flags(extent), x]);
  const capacities = compiled.map(({ inputs, values }) => values[inputs[0] ?? -1]?.shape);
  expect(capacities).toEqual([256, 512].map(capacity => [1, capacity]));
  session.close();
});

/** A product of what a loop gathers, whose number of turns is an input. */
function loopOutputs(): Graph {
  const g = new TestGraph('gathered');
  const rounds = g.input('rounds', 'int64', []);
  const first = g.input('first', 'float32', [96]);
  const body = new GraphBuilder('turn');
  body.input('turn', 'int64', []);
  const goesOn = body.input('goes on', 'bool', []);
  const x = body.input('x', 'float32', [96]);
  const next = body.node('Cos', [x]);
  for (const id of [body.node('Identity', [goesOn]), next, next]) body.output(id);
  const always = g.constant('always', tensorOf('bool', [], [1]));
  const [, all] = g.nodes('Loop', [rounds, always, first], {
    attributes: { body: attr.graph(body.build()) },
    outputs: ['last', 'all'],
  });
  g.output(g.node('Tanh', [g.node('MatMul', [all, g.weight([96, 2048], 0.1)])]));
  return inferred(g);
}

test('what a loop gathers is computed at capacity as soon as its length was seen to differ', async () => {
  const graph = loopOutputs();
  const { session, compiled } = await sessionOf(graph);
  for (const rounds of [70, 100, 128, 65, 90, 127, 200, 129, 70])
    expectAsInterpreted(session, graph, [count(rounds), randomTensor([96], rounds)]);
  expect(compiled.map(({ inputs, values }) => values[inputs[0] ?? -1]?.shape?.[0])).toEqual([70, 128, 256]);
  session.close();
});

/** A sequence that every turn makes longer, in front of or behind what it has; what is looked at is its third item. */
function gatheredSequence(): Graph {
  const g = new TestGraph('sequence');
  const rounds = g.input('rounds', 'int64', []);
  const first = g.input('first', 'float32', [1, 6]);
  const begun = g.node('SequenceConstruct', [first, first, first]);
  const body = new GraphBuilder('turn');
  const turn = body.input('turn', 'int64', []);
  const goesOn = body.input('goes on', 'bool', []);
  const items = body.asInput(body.value({ name: 'items', dtype: 'float32', container: 'sequence' }));
  const x = body.input('x', 'float32', [1, 6]);
  const two = body.constant('two', count(2));
  const next = body.node('Cos', [body.node('Add', [x, body.node('SequenceAt', [items, two])])]);
  const place = body.node('Mod', [turn, two]);
  for (const id of [
    body.node('Identity', [goesOn]),
    body.node('SequenceInsert', [items, next, place]),
    next,
    x,
  ]) {
    body.output(id);
  }
  const [all, last, each] = g.nodes('Loop', [rounds, undefined, begun, first], {
    attributes: { body: attr.graph(body.build()) },
    outputs: ['all', 'last', 'each'],
  });
  if (all === undefined || last === undefined || each === undefined) throw new Error('three results');
  g.output(g.node('ConcatFromSequence', [all], { attributes: { axis: attr.int(0) } }));
  for (const id of [last, each]) g.output(id);
  return inferred(g);
}

test('a loop over a growing sequence is compiled once', async () => {
  const graph = gatheredSequence();
  const { session, compiled } = await sessionOf(graph);
  for (const [seed, rounds] of [900, 70, 3].entries())
    expectAsInterpreted(session, graph, [count(rounds), randomTensor([1, 6], seed)]);
  expect(compiled.filter(({ nodes }) => nodes.some(({ op }) => op === 'SequenceInsert'))).toHaveLength(1);
  session.close();
});

const ROUNDS = 21;
const WIDTH = 48;

/** Attends to a cache that every turn of a loop makes longer by one row. */
function growingCache(): Graph {
  const g = new TestGraph('cache');
  const first = g.input('first', 'float32', [1, WIDTH]);
  const rounds = g.input('rounds', 'int64', []);
  const weights = [
    g.weight([WIDTH, WIDTH], 0.2),
    g.weight([WIDTH, 2 * WIDTH], 0.2),
    g.weight([2 * WIDTH, WIDTH], 0.2),
  ];
  const empty = g.constant('empty', tensorOf('float32', [0, WIDTH], []));
  const body = new GraphBuilder('turn');
  body.input('turn', 'int64', []);
  const goesOn = body.input('goes on', 'bool', []);
  const cache = body.input('cache');
  const x = body.input('x', 'float32', [1, WIDTH]);
  const [query = x, up = x, down = x] = weights.map(id => body.capture(g.get(id).name));
  const longer = body.node('Concat', [cache, x], { attributes: { axis: attr.int(0) } });
  const keys = body.node('Transpose', [longer], { attributes: { perm: attr.ints([1, 0]) } });
  const scores = body.node('MatMul', [body.node('MatMul', [x, query]), keys]);
  const shares = body.node('Softmax', [scores], { attributes: { axis: attr.int(-1) } });
  const seen = body.node('MatMul', [shares, longer]);
  const hidden = body.node('Relu', [body.node('MatMul', [seen, up])]);
  const next = body.node('Tanh', [body.node('Add', [x, body.node('MatMul', [hidden, down])])]);
  for (const id of [body.node('Identity', [goesOn]), longer, next, next]) body.output(id);
  const always = g.constant('always', tensorOf('bool', [], [1]));
  const results = g.nodes('Loop', [rounds, always, empty, first], {
    attributes: { body: attr.graph(body.build()) },
    outputs: ['all', 'last', 'each'],
  });
  for (const id of results) if (id !== undefined) g.output(id);
  return inferred(g);
}

test('a loop over a growing cache is compiled again only when its capacity grows', () => {
  const graph = growingCache();
  const ports = { read: noFiles, clock: () => 0 };
  const compiler = bodyCompiler(DEFAULT_OPTIONS, ports);
  const capacities: (readonly number[])[] = [];
  const counted: BodyCompiler = {
    ...compiler,
    compile: body => {
      capacities.push(body.values[body.inputs[2] ?? -1]?.shape ?? []);
      return compiler.compile(body);
    },
  };
  const bodies = new CompiledBodies(
    counted,
    { read: noFiles, cancel, random: new RandomStreams() },
    { again: 0, atOnce: 0 },
  );
  for (const [seed, rounds] of [3, 0, ROUNDS, 9, ROUNDS].entries()) {
    const inputs = [randomTensor([1, WIDTH], seed), count(rounds)];
    const given = new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor]));
    const wanted = evaluateGraph(graph, given, noFiles);
    const [loop] = graph.nodes;
    const data = loop?.inputs.map(id => {
      const { constant } = graph.values[id ?? -1] ?? {};
      return given.get(id as ValueId) ?? (constant && loadConstant(constant, noFiles));
    });
    const outer = (name: string) => {
      const constant = graph.values.find(value => value?.name === name)?.constant;
      return constant && loadConstant(constant, noFiles);
    };
    const results = loop ? evaluateData(loop, data ?? [], { read: noFiles, outer, bodies }) : [];
    graph.outputs.forEach((id, i) => {
      expect(
        compareTensors(results[i] as Tensor, wanted.get(id) as Tensor),
        `${rounds} rounds`,
      ).toBeUndefined();
    });
  }
  expect(capacities).toEqual([0, 1, 2, 4, 8, 16, 32].map(rows => [rows, WIDTH]));
});
