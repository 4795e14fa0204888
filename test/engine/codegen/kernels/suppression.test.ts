// Non-maximum suppression against the interpreter: ties, thresholds that are met exactly, boxes that are empty, turned
// around, infinite or no boxes, and scores in any order in memory.

import { expect, it } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Graph, Tensor } from '../../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS } from '../../../../engine/options.ts';
import { compile } from '../../../../engine/pipeline.ts';
import { seededRandom } from '../../../../engine/random.ts';
import { evaluateGraph } from '../../../../engine/reference/interpreter.ts';
import { inferred, noFiles, TestGraph } from '../../../support/build-graph.ts';
import { runProgram } from '../../../support/run-program.ts';

const VARIANTS: readonly Partial<CompileOptions>[] = [
  { simd: 'scalar', fma: false },
  { simd: '128', fusion: false },
  { simd: '128', threads: 2 },
  { simd: '256', threads: 2 },
];
const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
/** Smallest and largest float32. */
const FAR = [1.4e-45, -1.4e-45, 3e38, -3e38, -0, 1e-30];
const SCORES = [0, -0, 0.25, 0.5, 0.5, 0.75, 0.8, -1, ...NO_NUMBERS];
const OVERLAPS = [0, 0.5, 1 / 3, 0.25, 0.3, 1, -0.5, Number.NaN, Number.POSITIVE_INFINITY];
const LEAST_SCORES = [0, 0.25, 0.5, -1, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const LIMITS = [1, 2, 3, 5, 17, 100, 2 ** 52];

const halves = (units: number) => {
  const half = Math.ceil(units / 2);
  return [
    { begin: 0, end: half, worker: 0 },
    { begin: half, end: units, worker: 1 },
  ];
};

/** Fails where an output differs. How many programs, of one for each variant, keep boxes in a kernel. */
function expectSame(graph: Graph, inputs: readonly Tensor[], label: string): number {
  const results = evaluateGraph(
    graph,
    new Map(graph.inputs.map((id, i) => [id, inputs[i] as Tensor])),
    noFiles,
  );
  const expected = graph.outputs.map(id => results.get(id) as Tensor);
  let kernels = 0;
  for (const options of VARIANTS) {
    const all = { ...DEFAULT_OPTIONS, overlap: false, ...options };
    const { program } = compile(graph, all, { read: noFiles, clock: () => 0 });
    const found = options.threads === 2 ? runProgram(program, inputs, halves) : runProgram(program, inputs);
    for (const [i, { shape, data }] of found.entries()) {
      const where = `${label} ${JSON.stringify(options)}, output ${i}`;
      expect(shape, where).toEqual(expected[i]?.shape);
      expect([...data], where).toEqual([...(expected[i]?.data ?? [])]);
    }
    const kept = program.steps.filter(step => step.kind === 'kernel' && step.fusedOps.includes('boxes.Keep'));
    kernels += kept.length;
  }
  return kernels;
}

/** A seeded graph around one suppression, and its inputs. */
function randomCase(seed: number, limit: number) {
  const random = seededRandom(seed);
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const oneOf = (list: readonly number[]) => list[whole(0, list.length - 1)] ?? 0;
  const [images, classes, count] = [
    whole(1, 3),
    whole(1, 5),
    random() < 0.2 ? whole(200, 600) : whole(1, 50),
  ];
  const span = whole(2, 12);
  const rare = seed % 3 === 0 ? 0.1 : 0;
  const coordinates = Array.from({ length: images * count * 4 }, () => {
    if (random() < rare) return random() < 0.5 ? oneOf(NO_NUMBERS) : oneOf(FAR);
    return whole(0, span) * (seed % 2 ? 1 : 0.1);
  });
  const marks = Array.from({ length: images * classes * count }, () =>
    random() < 0.3 ? oneOf(SCORES) : whole(0, 50) / 50,
  );
  const graph = new TestGraph('suppression');
  const boxes = graph.input('boxes', 'float32', [images, count, 4]);
  const isTurned = random() < 0.5;
  const given = isTurned ? [images, count, classes] : [images, classes, count];
  const input = graph.input('scores', 'float32', given);
  const perm = attr.ints([0, 2, 1]);
  const scores = isTurned ? graph.node('Transpose', [input], { attributes: { perm } }) : input;
  const inputs = [tensorOf('float32', [images, count, 4], coordinates), tensorOf('float32', given, marks)];
  const threshold = (name: string, value: number) => {
    const tensor = tensorOf('float32', [1], [value]);
    if (random() < 0.5) return graph.constant(name, tensor);
    inputs.push(tensor);
    return graph.input(name, 'float32', [1]);
  };
  const most = graph.constant('most', tensorOf('int64', [1], [limit]));
  const overlap = random() < 0.1 ? undefined : threshold('overlap', oneOf(OVERLAPS));
  const least = random() < 0.3 ? undefined : threshold('least', oneOf(LEAST_SCORES));
  const attributes = { center_point_box: attr.int(seed % 4 > 1 ? 1 : 0) };
  graph.output(graph.node('NonMaxSuppression', [boxes, scores, most, overlap, least], { attributes }));
  return { graph: inferred(graph), inputs };
}

it('keeps the boxes that the interpreter keeps', () => {
  for (let seed = 1; seed <= 160; seed++) {
    const { graph, inputs } = randomCase(seed, LIMITS[seed % LIMITS.length] ?? 1);
    expect(expectSame(graph, inputs, `seed ${seed}`), `seed ${seed}`).toBe(VARIANTS.length);
  }
});

it('keeps none where none is allowed', () => {
  for (const limit of [0, -3]) {
    const { graph, inputs } = randomCase(7, limit);
    expectSame(graph, inputs, `limit ${limit}`);
  }
});

it('keeps a box that overlaps exactly as much as is allowed', () => {
  const graph = new TestGraph('thirds');
  const boxes = graph.input('boxes', 'float32', [1, 6, 4]);
  const scores = graph.input('scores', 'float32', [1, 1, 6]);
  const overlap = graph.input('overlap', 'float32', [1]);
  graph.output(graph.node('NonMaxSuppression', [boxes, scores, graph.ints(6), overlap]));
  const made = inferred(graph);
  // Each shares two of four rows with the one before, one of five with the one before that.
  const rows = Array.from({ length: 6 }, (_, i) => [i, 0, i + 3, 1]).flat();
  for (const allowed of [0.5, 0.5 - 2 ** -25, 0.5 + 2 ** -24, 0.2]) {
    const ranks = [6, 5, 4, 3, 2, 1];
    const given = [[1, 6, 4] as const, [1, 1, 6] as const, [1] as const];
    const tensors = [rows, ranks, [allowed]].map((data, i) => tensorOf('float32', given[i] ?? [], data));
    expect(expectSame(made, tensors, `allowed ${allowed}`)).toBe(VARIANTS.length);
  }
});
