// Transposed convolutions against the interpreter: strides, dilations, groups, padding, one and two dimensions.

import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { DEFAULT_OPTIONS } from '../../../engine/options.ts';
import { compile } from '../../../engine/pipeline.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, noFiles, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

it('any kernel, stride and dilation', () => {
  for (let seed = 1; seed <= 120; seed++) {
    const random = seededRandom(seed);
    const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
    const axes = Array.from({ length: whole(1, 2) }, () => {
      const [stride, dilation] = [whole(1, 4), whole(1, 5)];
      const kernel = whole(1, 4);
      const span = (kernel - 1) * dilation;
      const begin = whole(0, Math.min(span, 4));
      const end = whole(0, Math.min(span, 4));
      return { stride, dilation, kernel, begin, end, size: whole(4, 9) };
    });
    const list = (pick: (axis: (typeof axes)[number]) => number) => axes.map(pick);
    const [groups, perGroup, out] = [whole(1, 3), whole(1, 4), whole(1, 5)];
    const x = randomTensor([whole(1, 2), groups * perGroup, ...list(axis => axis.size)], seed);
    const graph = new TestGraph('transposed');
    const weight = graph.weight([groups * perGroup, out, ...list(axis => axis.kernel)]);
    const bias = whole(0, 1) ? [graph.weight([groups * out])] : [];
    const made = graph.node('ConvTranspose', [graph.input('x', 'float32', x.shape), weight, ...bias], {
      attributes: {
        strides: attr.ints(list(axis => axis.stride)),
        dilations: attr.ints(list(axis => axis.dilation)),
        pads: attr.ints([...list(axis => axis.begin), ...list(axis => axis.end)]),
        group: attr.int(groups),
      },
    });
    const scaled = graph.node('Mul', [
      graph.node('Relu', [made]),
      graph.weight([groups * out, ...axes.map(() => 1)]),
    ]);
    graph.output(graph.node('Cos', [scaled]));
    expectCompiled(inferred(graph), [x], `seed ${seed} ${JSON.stringify(axes)}`, () => 1e-4);
  }
});

it('few channels: pixels beside one another are one convolution', () => {
  const kernels = new Set<number>();
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
    const rank = whole(1, 2);
    const list = (make: () => number) => Array.from({ length: rank }, make);
    const [stride, kernel] = [whole(2, 4), whole(2, 6)];
    const [channels, out] = [whole(1, 9), whole(1, 4)];
    const pads = [...list(() => whole(0, 1)), ...list(() => whole(0, 1))];
    const x = randomTensor([whole(1, 2), channels, ...list(() => whole(4, 9))], seed);
    const graph = new TestGraph('few channels');
    const bias = whole(0, 1) ? [graph.weight([out])] : [];
    const made = graph.node(
      'ConvTranspose',
      [graph.input('x', 'float32', x.shape), graph.weight([channels, out, ...list(() => kernel)]), ...bias],
      { attributes: { strides: attr.ints(list(() => stride)), pads: attr.ints(pads) } },
    );
    const behind = whole(0, 2);
    const scaled = behind === 0 ? graph.node('Mul', [made, graph.number(0.5)]) : made;
    graph.output(behind === 1 ? graph.node('Mul', [made, graph.node('Cos', [made])]) : scaled);
    const found = inferred(graph);
    expectCompiled(found, [x], `seed ${seed}`, () => 1e-4);
    const { program } = compile(
      found,
      { ...DEFAULT_OPTIONS, simd: '256' },
      { read: noFiles, clock: () => 0 },
    );
    const [step] = program.steps;
    kernels.add(step?.kind === 'kernel' ? step.phases.length / stride ** rank : 0);
  }
  // Some have fewer kernels than there are remainders, some as many.
  expect(Math.min(...kernels)).toBeLessThan(1);
  expect(Math.max(...kernels)).toBeGreaterThanOrEqual(1);
});

// 5 pixels, stride 2, 3 taps: 11 in full. Less cuts one more at the beginning, or at the end; more adds at the end.
it.each([
  { wanted: 10, mode: 'VALID' },
  { wanted: 10, mode: 'SAME_UPPER' },
  { wanted: 8, mode: 'NOTSET' },
  { wanted: 12, mode: 'VALID' },
  { wanted: 12, mode: 'SAME_UPPER' },
])('a given output of $wanted, $mode', ({ wanted, mode }) => {
  const x = randomTensor([1, 2, 5, 5], wanted);
  const graph = new TestGraph('given output');
  const made = graph.node(
    'ConvTranspose',
    [graph.input('x', 'float32', x.shape), graph.weight([2, 3, 3, 3])],
    {
      attributes: {
        strides: attr.ints([2, 2]),
        output_shape: attr.ints([wanted, wanted]),
        auto_pad: attr.string(mode),
      },
    },
  );
  graph.output(made);
  expectCompiled(inferred(graph), [x], `${wanted} ${mode}`, () => 1e-4);
});
