// Chains of steps that run row by row compute what the steps compute one after the other: over random windows,
// residuals and resizes, with shares in any order and in pieces, on any number of workers.

import { describe, expect, test } from 'vitest';
import { attr, valueOf } from '../../../engine/ir/graph.ts';
import type { Graph, Shape, ValueId } from '../../../engine/ir/types.ts';
import { type CompileOptions, DEFAULT_OPTIONS, SIMD_CLASSES } from '../../../engine/options.ts';
import { type Compiled, compile } from '../../../engine/pipeline.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { Random } from '../../support/random.ts';
import { type Call, runProgram } from '../../support/run-program.ts';

const SEEDS = 30;
const TOLERANCE = 1e-4;

type Toggles = Partial<CompileOptions>;

const compiled = (graph: Graph, options: Toggles): Compiled =>
  compile(graph, { ...DEFAULT_OPTIONS, ...options }, { read: noFiles, clock: () => 0 });

/**
 * Random images through convolutions of all kinds, pools and resizes, with residuals; several of them are outputs, and
 * so is what some steps compute besides.
 */
class RandomImages {
  readonly #graph = new TestGraph();
  readonly #random: Random;
  #last: { readonly id: ValueId; readonly shape: Shape };
  readonly #values: { readonly id: ValueId; readonly shape: Shape }[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed);
    const shape = [
      1 + this.#random.below(2),
      this.#random.pick([1, 3, 8]),
      9 + this.#random.below(24),
      5 + this.#random.below(24),
    ];
    this.#last = { id: this.#graph.input('x', 'float32', shape), shape };
  }

  build(): Graph {
    const steps = 3 + this.#random.below(5);
    for (let step = 0; step < steps; step++) this.#push();
    this.#graph.output(this.#last.id);
    const [, kept] = this.#values;
    if (kept && kept.id !== this.#last.id && this.#random.below(4) === 0) this.#graph.output(kept.id);
    return inferred(this.#graph);
  }

  #push(): void {
    const [n = 1, channels = 1, height = 1, width = 1] = this.#last.shape;
    const kind = this.#random.pick([
      'pointwise',
      'depthwise',
      'plain',
      'pool',
      'resize',
      'pointwise',
      'depthwise',
    ]);
    if (kind === 'resize') {
      this.#resize();
      return;
    }
    const kernel = kind === 'pointwise' ? 1 : this.#random.pick([1, 2, 3, 5]);
    // Of some strides the last rows are read by nobody.
    const stride = this.#random.pick(kind === 'pointwise' ? [1, 1, 1, 2] : [1, 1, 2, 3]);
    const dilation = kind === 'pool' ? 1 : this.#random.pick([1, 1, 2]);
    const pads = [0, 1, 2, 3].map(() => (kernel === 1 ? 0 : this.#random.below(Math.min(3, kernel))));
    const extent = (size: number, axis: number): number =>
      Math.floor((size + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0) - (kernel - 1) * dilation - 1) / stride) +
      1;
    const size = [extent(height, 0), extent(width, 1)];
    if (size.some(rows => rows < 2)) return;
    const common = { pads: attr.ints(pads), strides: attr.ints([stride, stride]) };
    if (kind === 'pool') {
      const op = this.#random.pick(['MaxPool', 'AveragePool']);
      const attributes = { ...common, kernel_shape: attr.ints([kernel, kernel]) };
      this.#take(this.#graph.node(op, [this.#last.id], { attributes }), [n, channels, ...size]);
      return;
    }
    const out = kind === 'depthwise' ? channels : this.#random.pick([1, 4, 8, 17]);
    const groups =
      kind === 'depthwise'
        ? channels
        : this.#random.pick([1, 1, channels % 2 === 0 && out % 2 === 0 ? 2 : 1]);
    const weight = this.#graph.weight([out, channels / groups, kernel, kernel], 0.3);
    const bias = this.#graph.weight([out], 0.3);
    const attributes = { ...common, dilations: attr.ints([dilation, dilation]), group: attr.int(groups) };
    this.#take(this.#graph.node('Conv', [this.#last.id, weight, bias], { attributes }), [n, out, ...size]);
  }

  #resize(): void {
    const [n = 1, channels = 1, height = 1, width = 1] = this.#last.shape;
    const scales = this.#graph.constant(`scales${this.#values.length}`, {
      dtype: 'float32',
      shape: [4],
      data: Float32Array.of(1, 1, 2, 2),
    });
    const attributes = { mode: attr.string(this.#random.pick(['nearest', 'linear'])) };
    const id = this.#graph.node('Resize', [this.#last.id, undefined, scales], { attributes });
    this.#take(id, [n, channels, 2 * height, 2 * width]);
  }

  /** Then an activation, or a sum with an older image of the same size. */
  #take(id: ValueId, shape: Shape): void {
    const same = this.#values.filter(value => String(value.shape) === String(shape));
    const other = same[this.#random.below(same.length)];
    let result = id;
    if (other && this.#random.below(2) === 0) result = this.#graph.node('Add', [id, other.id]);
    else if (this.#random.below(2) === 0) result = this.#graph.node('Relu', [id]);
    // One step then writes an output of the model beside what the next one reads.
    if (this.#random.below(4) === 0) {
      this.#graph.output(this.#graph.node('Tanh', [result]));
      if (this.#random.below(2) === 0) result = this.#graph.node('Sigmoid', [result]);
    }
    this.#last = { id: result, shape };
    this.#values.push(this.#last);
  }
}

/** Every worker's share, the last one's first, in two pieces; shares as the runtime makes them. */
const sharesOf =
  (threads: number, stealing: boolean) =>
  (units: number): Call[] =>
    Array.from({ length: threads }, (_, t) => threads - 1 - t).flatMap(share => {
      const begin = Math.floor((units * share) / threads);
      const end = Math.floor((units * (share + 1)) / threads);
      const middle = Math.floor((begin + end) / 2);
      const worker = stealing ? 0 : share;
      return [
        { begin, end: middle, worker },
        { begin: middle, end, worker },
      ].filter(call => call.begin < call.end);
    });

/** Largest difference of two runs, in parts of the largest value. */
function difference(a: readonly number[], b: readonly number[]): number {
  const scale = a.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return (
    a.reduce((most, value, i) => {
      const distance = Math.abs(value - (b[i] ?? Number.NaN));
      return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(most, distance);
    }, 0) / scale
  );
}

test('of a chain that is switched off every step runs alone, and other chains stay', () => {
  const g = new TestGraph();
  const conv = (x: ValueId, channels: number, from: number): ValueId =>
    g.node('Relu', [g.node('Conv', [x, g.weight([channels, from, 3, 3])])]);
  let image = g.input('x', 'float32', [1, 4, 40, 40]);
  const channels = [4, 16, 16, 4, 16, 16, 4];
  for (const [at, made] of channels.slice(1).entries()) image = conv(image, made, channels[at] ?? 0);
  g.output(image);
  const graph = inferred(g);
  const options = { depthFirst: 'memory', threads: 1 } as const;
  const { report } = compiled(graph, options);
  const [first, ...others] = report.chains ?? [];
  if (!first) throw new Error('expected a chain');
  expect(first.members.length).toBeGreaterThan(2);
  const without = compiled(graph, { ...options, disabledGroups: [first.id] }).report;
  expect(without.chains ?? []).toEqual(others);
  const alone = without.asExecuted.steps.map(({ name }) => name);
  for (const member of first.members) expect(alone).toContain(member);
});

describe('random images, as with every step apart', () => {
  for (const simd of SIMD_CLASSES) {
    test(simd, () => {
      let chains = 0;
      let stages = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        const graph = new RandomImages(seed).build();
        const inputs = graph.inputs.map(id => randomTensor(valueOf(graph, id).shape ?? [], seed));
        const plain = runProgram(
          compiled(graph, { simd, depthFirst: 'off', overlap: false }).program,
          inputs,
        );
        for (const threads of [1, 2, 3]) {
          const toggles = {
            simd,
            threads,
            depthFirst: 'memory',
            // The runtime runs steps as small as these on one worker, in order: results may lie over what is read.
            overlap: threads === 1,
            winograd: seed % 2 === 0,
            lean: seed % 3 > 0 ? 'full' : 'off',
          } as const;
          const { program, report } = compiled(graph, toggles);
          chains += report.chains?.length ?? 0;
          stages += report.chains?.reduce((sum, { members }) => sum + members.length, 0) ?? 0;
          for (const { extraMultiplyAdds } of report.chains ?? [])
            expect(extraMultiplyAdds).toBeGreaterThanOrEqual(0);
          for (const stealing of [false, true]) {
            const outputs = runProgram(program, inputs, sharesOf(threads, stealing));
            const worst = outputs.map((tensor, i) =>
              difference([...(plain[i]?.data ?? [])].map(Number), [...tensor.data].map(Number)),
            );
            expect(Math.max(...worst), `seed ${seed}, ${threads} threads`).toBeLessThan(TOLERANCE);
          }
        }
      }
      expect(chains).toBeGreaterThan(SEEDS);
      expect(stages).toBeGreaterThan(3 * SEEDS);
    });
  }
});
