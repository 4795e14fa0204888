// Operators that the compiler makes of others, against their own references; all of it in kernels.

import { expect, it } from 'vitest';
import { attr } from '../../../engine/ir/graph.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Shape, Tensor } from '../../../engine/ir/types.ts';
import { seededRandom } from '../../../engine/random.ts';
import { inferred, randomTensor, TestGraph } from '../../support/build-graph.ts';
import { expectCompiled } from '../../support/expect-compiled.ts';

interface Case {
  readonly op: string;
  readonly x: Tensor;
  readonly others?: readonly Tensor[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly version?: number;
  readonly tolerance?: number;
}

function check({ op, x, others = [], attributes = {}, version = 21, tolerance = 0 }: Case): void {
  const graph = new TestGraph('made', { version });
  const inputs = [
    graph.input('x', x.dtype, x.shape),
    ...others.map((tensor, i) => graph.constant(`c${i}`, tensor)),
  ];
  graph.output(graph.node(op, inputs, { attributes }));
  const label = `${op} of ${x.dtype} [${x.shape}] ${JSON.stringify(attributes)}`;
  expectCompiled(inferred(graph), [x], label, (_, want) => tolerance * Math.max(1, Math.abs(want)));
}

const ints = (...values: readonly number[]): Tensor => tensorOf('int64', [values.length], values);

/** Few different numbers, so that extremes occur more than once. */
function repeated(dtype: Dtype, shape: Shape, seed: number): Tensor {
  const random = seededRandom(seed);
  const count = shape.reduce((a, b) => a * b, 1);
  const number = () => Math.floor(random() * 5) - 2;
  const element = () => (dtype === 'bool' ? Number(number() > 0) : number());
  return tensorOf(dtype, shape, Array.from({ length: count }, element));
}

it.each(['float32', 'int64', 'uint8', 'bool', 'float64'] as const)('Tile of %s', dtype => {
  for (const [shape, repeats] of [
    [[5], [3]],
    [
      [2, 3],
      [1, 1],
    ],
    [
      [2, 3],
      [4, 1],
    ],
    [
      [3, 1, 7],
      [2, 5, 3],
    ],
    [
      [1, 4, 1],
      [3, 1, 9],
    ],
    [
      [2, 1, 3, 2],
      [2, 2, 2, 2],
    ],
  ] as const)
    check({ op: 'Tile', x: repeated(dtype, shape, 4), others: [ints(...repeats)] });
});

it('Tile of strings and of nothing stays with the interpreter', () => {
  const graph = new TestGraph('none');
  graph.output(graph.node('Tile', [graph.input('x', 'float32', [2, 3]), graph.ints(2, 0)]));
  expect(() => expectCompiled(inferred(graph), [randomTensor([2, 3], 1)], 'Tile', () => 0)).toThrow(
    /Tile|Expand/,
  );
});

it.each(['float32', 'int64', 'uint8', 'float64'] as const)('Slice backwards of %s', dtype => {
  for (const [shape, start, end, axis, step] of [
    [[9], -1, -10, 0, -1],
    [[4, 7], 3, -20, 0, -1],
    [[4, 40], -1, -40, 1, -1],
    [[4, 40], 100, 2, 1, -3],
    [[2, 5, 33], 4, 0, 1, -2],
  ] as const) {
    const others = [start, end, axis, step].map(value => ints(value));
    check({ op: 'Slice', x: repeated(dtype, shape, 6), others });
  }
  const graph = new TestGraph('both');
  const x = repeated(dtype, [6, 17], 8);
  const bounds = [
    [-1, 1],
    [-100, 14],
    [0, 1],
    [-1, 2],
  ].map(list => graph.constant(`${list}`, ints(...list)));
  const sliced = graph.node('Slice', [graph.input('x', dtype, x.shape), ...bounds]);
  graph.output(graph.node('Concat', [sliced, sliced], { attributes: { axis: attr.int(1) } }));
  expectCompiled(inferred(graph), [x], `both axes of ${dtype}`, () => 0);
});

it('ReduceLogSumExp', () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  for (const [shape, axes] of [
    [[5, 7], [1]],
    [
      [4, 3, 6],
      [0, 2],
    ],
    [[33], [0]],
    [[2, 40, 3], [-2]],
  ] as const)
    for (const keep of [0, 1])
      for (const version of [13, 18]) {
        const x = randomTensor(shape, 7, 200);
        const list = version < 18 ? { axes: attr.ints(axes) } : {};
        const others = version < 18 ? [] : [ints(...axes)];
        const attributes = { keepdims: attr.int(keep), ...list };
        check({ op: 'ReduceLogSumExp', x, others, attributes, version, tolerance: 1e-5 });
      }
  const rows = [-infinity, -infinity, 1, infinity, 1, infinity, nan, 2, -infinity, 3];
  check({ op: 'ReduceLogSumExp', x: tensorOf('float32', [5, 2], rows), others: [ints(1)], tolerance: 1e-6 });
  check({ op: 'ReduceLogSumExp', x: randomTensor([3, 4], 2), tolerance: 1e-6 });
});

it.each(['ArgMax', 'ArgMin'])('%s: the last of equal ones', op => {
  for (const dtype of ['float32', 'int32'] as const)
    for (const [shape, axis] of [
      [[9], 0],
      [[4, 11], -1],
      [[3, 5, 7], 1],
    ] as const)
      for (const keep of [0, 1]) {
        const attributes = { axis: attr.int(axis), keepdims: attr.int(keep), select_last_index: attr.int(1) };
        check({ op, x: repeated(dtype, shape, 9), attributes });
      }
  const x = tensorOf('float32', [5], [1, Number.NaN, 3, Number.NaN, 3]);
  check({ op, x, attributes: { select_last_index: attr.int(1) } });
});

it('Hardmax, LpNormalization and MeanVarianceNormalization', () => {
  for (const axis of [0, 1, -1]) {
    check({ op: 'Hardmax', x: repeated('float32', [4, 3, 7], 3), attributes: { axis: attr.int(axis) } });
    for (const p of [1, 2]) {
      const attributes = { axis: attr.int(axis), p: attr.int(p) };
      check({ op: 'LpNormalization', x: randomTensor([4, 3, 9], 5), attributes, tolerance: 1e-5 });
      check({ op: 'LpNormalization', x: tensorOf('float32', [2, 2, 2], new Array(8).fill(0)), attributes });
    }
  }
  const x = randomTensor([2, 3, 5, 4], 6, 3);
  check({ op: 'MeanVarianceNormalization', x, tolerance: 1e-5 });
  check({ op: 'MeanVarianceNormalization', x, attributes: { axes: attr.ints([2, 3]) }, tolerance: 1e-5 });
});

it('LpPool and GlobalLpPool', () => {
  for (const p of [1, 2, 3]) {
    const x = randomTensor([2, 5, 9, 8], p, 2);
    for (const window of [{}, { strides: attr.ints([2, 3]) }, { pads: attr.ints([1, 0, 1, 1]) }]) {
      const attributes = { kernel_shape: attr.ints([3, 2]), p: attr.int(p), ...window };
      check({ op: 'LpPool', x, attributes, tolerance: 1e-5 });
    }
    check({ op: 'GlobalLpPool', x, attributes: { p: attr.int(p) }, tolerance: 1e-5 });
  }
});

it('CumProd', () => {
  for (const shape of [[17], [3, 5, 4]] as const)
    for (const exclusive of [0, 1])
      for (const reverse of [0, 1]) {
        const attributes = { exclusive: attr.int(exclusive), reverse: attr.int(reverse) };
        const others = [tensorOf('int64', [], [0])];
        check({
          op: 'CumProd',
          x: randomTensor(shape, 8, 1.5),
          others,
          attributes,
          version: 26,
          tolerance: 1e-5,
        });
      }
});

it.each(['float32', 'int64', 'uint8'] as const)('ReverseSequence of %s', dtype => {
  for (const shape of [
    [5, 3],
    [3, 5, 4],
    [4, 4, 2, 9],
  ] as const)
    for (const time of [0, 1]) {
      const entries = shape[1 - time] ?? 1;
      const lengths = Array.from({ length: entries }, (_, i) => i % ((shape[time] ?? 1) + 1));
      const attributes = { time_axis: attr.int(time), batch_axis: attr.int(1 - time) };
      check({ op: 'ReverseSequence', x: repeated(dtype, shape, 2), others: [ints(...lengths)], attributes });
    }
});

it('RoiAlign: regions inside, across borders, outside, tiny and turned', () => {
  const corners = [
    [2, 3, 9, 8],
    [-4, -6, 30, 5],
    [-50, -50, -40, -40],
    [200, 1, 260, 9],
    [5.5, 5.5, 5.6, 5.6],
    [9, 8, 2, 3],
    [0, 0, 31, 31],
  ];
  const rois = tensorOf('float32', [corners.length, 4], corners.flat());
  const entries = ints(0, 1, 0, 1, 1, 0, 1);
  for (const mode of ['half_pixel', 'output_half_pixel'])
    for (const [height, width, ratio, scale] of [
      [3, 2, 2, 1],
      [7, 7, 1, 0.5],
      [1, 5, 3, 0.25],
    ] as const)
      check({
        op: 'RoiAlign',
        x: randomTensor([2, 5, 12, 9], 3),
        others: [rois, entries],
        attributes: {
          coordinate_transformation_mode: attr.string(mode),
          output_height: attr.int(height),
          output_width: attr.int(width),
          sampling_ratio: attr.int(ratio),
          spatial_scale: attr.float(scale),
        },
        tolerance: 1e-5,
      });
});

it('an operand whose id is 0 is given', () => {
  const graph = new TestGraph('first', { version: 21 });
  const bias = graph.constant('bias', tensorOf('int32', [5], [100, -200, 300, 0, 50]));
  expect(bias).toBe(0);
  const x = graph.input('x', 'uint8', [3, 4]);
  const number = (dtype: Dtype, value: number) =>
    graph.constant(`${dtype}${value}`, tensorOf(dtype, [], [value]));
  const weights = graph.constant('w', repeated('int8', [4, 5], 3));
  const [a, b] = [number('float32', 0.02), number('float32', 0.03)];
  const [zeroA, zeroB] = [number('uint8', 128), number('int8', 1)];
  graph.output(graph.node('com.microsoft.QGemm', [x, a, zeroA, weights, b, zeroB, bias]));
  const given = tensorOf(
    'uint8',
    [3, 4],
    Array.from({ length: 12 }, (_, i) => (i * 37) % 256),
  );
  expectCompiled(inferred(graph), [given], 'QGemm', (_, want) => 1e-5 * Math.max(1, Math.abs(want)));
});

it.each([
  [0, 1, 0, 0, -1, 0],
  [1, 0, -1, -1, 0, 1],
])('padding by %i, %i, %i, %i, %i, %i moves what keeps its shape', (...amounts) => {
  const x = randomTensor([2, 5, 3], 6);
  check({ op: 'Pad', x, others: [ints(...amounts)], attributes: { mode: attr.string('constant') } });
});
