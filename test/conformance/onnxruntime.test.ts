// Operators against onnxruntime-web, where the backend tests have no case: odd sizes, and combinations of attributes.
// Inputs are seeded; the seed stands in the test's name.

import { attr } from '../../engine/ir/graph.ts';
import {
  bytes,
  fixed,
  floats,
  i32,
  i64,
  type OperatorCase,
  positive,
  quantized,
  scale,
  testAsOther,
  zero,
} from '../support/operator-case.ts';

const { ints, int, float, string } = attr;

const CASES: readonly OperatorCase[] = [
  {
    op: 'Conv',
    inputs: [floats(2, 6, 9, 7), floats(4, 3, 3, 2), floats(4)],
    attributes: { group: int(2), strides: ints([2, 1]), dilations: ints([1, 2]), pads: ints([1, 0, 2, 1]) },
  },
  {
    op: 'ConvTranspose',
    inputs: [floats(1, 4, 5, 6), floats(4, 3, 3, 3), floats(6)],
    attributes: {
      group: int(2),
      strides: ints([2, 2]),
      pads: ints([1, 0, 0, 1]),
      output_padding: ints([1, 0]),
    },
  },
  {
    op: 'MaxPool',
    inputs: [floats(1, 3, 11, 10)],
    attributes: {
      kernel_shape: ints([3, 2]),
      strides: ints([2, 2]),
      ceil_mode: int(1),
      pads: ints([1, 0, 1, 1]),
    },
  },
  {
    op: 'AveragePool',
    inputs: [floats(1, 3, 11, 10)],
    attributes: {
      kernel_shape: ints([3, 2]),
      strides: ints([2, 3]),
      pads: ints([1, 0, 1, 1]),
      count_include_pad: int(1),
    },
  },
  {
    op: 'Gemm',
    inputs: [floats(5, 3), floats(4, 5), floats(4)],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.5), beta: float(2) },
  },
  { op: 'MatMul', inputs: [floats(2, 1, 3, 5), floats(4, 5, 2)] },
  {
    op: 'BatchNormalization',
    inputs: [floats(2, 3, 4), floats(3, 4), floats(3, 4), floats(3, 4), positive(3, 4)],
    attributes: { spatial: int(0) },
    version: 7,
  },
  {
    op: 'Conv',
    inputs: [floats(1, 2, 8, 7), floats(3, 2, 4, 2)],
    attributes: { auto_pad: string('SAME_LOWER'), strides: ints([3, 2]) },
  },
  {
    op: 'ConvTranspose',
    inputs: [floats(1, 2, 5, 4), floats(2, 3, 3, 4)],
    attributes: { auto_pad: string('SAME_UPPER'), strides: ints([2, 3]) },
  },
  {
    op: 'ConvTranspose',
    inputs: [floats(1, 2, 5, 4), floats(2, 3, 3, 4)],
    attributes: { auto_pad: string('SAME_LOWER'), strides: ints([2, 3]), output_shape: ints([10, 13]) },
  },
  {
    op: 'AveragePool',
    inputs: [floats(1, 2, 7, 8)],
    attributes: {
      kernel_shape: ints([3, 3]),
      strides: ints([2, 2]),
      ceil_mode: int(1),
      count_include_pad: int(1),
      pads: ints([1, 1, 1, 1]),
    },
    version: 19,
  },
  {
    op: 'Resize',
    inputs: [floats(1, 2, 5, 7), undefined, fixed('float32', [4], [1, 1, 2, 0.6])],
    attributes: { mode: string('nearest'), nearest_mode: string('ceil') },
    version: 18,
  },
  {
    op: 'Resize',
    inputs: [floats(1, 1, 6, 6), undefined, fixed('float32', [4], [1, 1, 0.5, 0.7])],
    attributes: { mode: string('linear'), antialias: int(1) },
    version: 18,
  },
  {
    op: 'Resize',
    inputs: [floats(1, 2, 4, 4), undefined, fixed('float32', [4], [1, 1, 2, 2])],
    attributes: { mode: string('linear'), coordinate_transformation_mode: string('pytorch_half_pixel') },
    version: 13,
  },
  ...['nearest', 'linear'].flatMap(mode =>
    [
      [0.6, 0.35],
      [0.75, 1.3],
      [2.4, 0.5],
    ].map(
      (scales): OperatorCase => ({
        op: 'Resize',
        inputs: [floats(1, 2, 7, 9), fixed('float32', [4], [1, 1, ...scales])],
        attributes: { mode: string(mode) },
        version: 10,
      }),
    ),
  ),
  ...['nearest', 'linear'].flatMap(mode =>
    [
      [1, 1.3],
      [2.4, 3],
    ].map(
      (scales): OperatorCase => ({
        op: 'Upsample',
        inputs: [floats(1, 2, 7, 9), fixed('float32', [4], [1, 1, ...scales])],
        attributes: { mode: string(mode) },
        version: 9,
      }),
    ),
  ),
  ...(['float32', 'float64'] as const).map(
    (dtype): OperatorCase => ({
      op: 'Cast',
      inputs: [
        fixed(
          dtype,
          [20],
          [
            ...[
              0,
              -0,
              Number.NaN,
              Number.POSITIVE_INFINITY,
              -2.25,
              0.1,
              1 / 3,
              1.00390625,
              1.01171875,
              12345678,
            ],
            ...[123456789, 1e7, 1e8, 1e10, 1e16, 1e-4, 1e-5, -1e-7, 1.17549435e-38, 3.4028235e38],
          ],
        ),
      ],
      attributes: { to: int(8) },
    }),
  ),
  { op: 'Softmax', inputs: [floats(2, 3, 4)], attributes: { axis: int(1) }, version: 11 },
  { op: 'InstanceNormalization', inputs: [floats(2, 3, 4, 5), floats(3), floats(3)] },
  {
    op: 'LayerNormalization',
    inputs: [floats(2, 3, 4), floats(3, 4), floats(3, 4)],
    attributes: { axis: int(1) },
  },
  { op: 'Einsum', inputs: [floats(2, 3, 4), floats(4, 3)], attributes: { equation: string('bij,ji->b') } },
  { op: 'ReduceLogSumExp', inputs: [floats(2, 3, 4)], attributes: { axes: ints([0, -1]), keepdims: int(0) } },
  {
    op: 'Resize',
    inputs: [floats(1, 2, 5, 7), undefined, fixed('float32', [4], [1, 1, 1.6, 0.7])],
    attributes: { mode: string('cubic'), coordinate_transformation_mode: string('half_pixel') },
    version: 18,
  },
  {
    op: 'Resize',
    inputs: [floats(1, 2, 5, 7), undefined, undefined, i64([4], [1, 2, 8, 4])],
    attributes: { mode: string('linear'), coordinate_transformation_mode: string('align_corners') },
    version: 18,
  },
  {
    op: 'LSTM',
    inputs: [floats(5, 2, 3), floats(2, 16, 3), floats(2, 16, 4), floats(2, 32), i32([2], [5, 3])],
    attributes: { hidden_size: int(4), direction: string('bidirectional') },
    outputs: 3,
    version: 14,
  },
  {
    op: 'GRU',
    inputs: [floats(5, 2, 3), floats(2, 12, 3), floats(2, 12, 4), floats(2, 24)],
    attributes: { hidden_size: int(4), direction: string('bidirectional'), linear_before_reset: int(1) },
    outputs: 2,
    version: 14,
  },
  {
    op: 'LRN',
    inputs: [floats(2, 7, 3, 3)],
    attributes: { size: int(5), alpha: float(0.3), bias: float(1.5) },
  },
  {
    op: 'QLinearConv',
    inputs: [
      ...quantized('uint8', 1, 3, 6, 5),
      bytes('int8', 4, 3, 3, 3),
      fixed('float32', [4], [0.01, 0.02, 0.03, 0.005]),
      fixed('int8', [4], [0, 0, 0, 0]),
      scale(0.2),
      zero('uint8', 120),
      i32([4], [100, -200, 0, 50]),
    ],
    attributes: { pads: ints([1, 1, 1, 1]) },
    version: 10,
  },
  {
    op: 'QLinearMatMul',
    inputs: [...quantized('uint8', 3, 5), ...quantized('int8', 5, 4), scale(0.05), zero('uint8', 128)],
    version: 10,
  },
  { op: 'DynamicQuantizeLinear', inputs: [floats(3, 7)], outputs: 3, version: 11 },
  {
    op: 'com.microsoft.QLinearAdd',
    inputs: [...quantized('uint8', 2, 3, 4), ...quantized('uint8', 3, 1), scale(0.05), zero('uint8', 10)],
  },
  {
    op: 'com.microsoft.QLinearMul',
    inputs: [...quantized('uint8', 2, 3, 4), ...quantized('uint8', 3, 1), scale(0.1), zero('uint8', 10)],
  },
  {
    op: 'com.microsoft.QLinearSigmoid',
    inputs: [...quantized('uint8', 40), scale(1 / 256), zero('uint8', 0)],
  },
  {
    op: 'com.microsoft.QLinearLeakyRelu',
    inputs: [...quantized('int8', 40), scale(0.03), zero('int8', 0)],
    attributes: { alpha: float(0.1) },
  },
  {
    op: 'com.microsoft.QLinearGlobalAveragePool',
    inputs: [...quantized('uint8', 2, 3, 4, 5), scale(0.03), zero('uint8', 7)],
    attributes: { channels_last: int(0) },
  },
  {
    op: 'com.microsoft.QLinearConcat',
    inputs: [scale(0.03), zero('uint8', 5), ...quantized('uint8', 2, 3), ...quantized('uint8', 2, 2)],
    attributes: { axis: int(1) },
  },
  {
    op: 'com.microsoft.FusedConv',
    inputs: [floats(1, 3, 5, 5), floats(4, 3, 3, 3), floats(4), floats(1, 4, 3, 3)],
    attributes: { activation: string('LeakyRelu'), activation_params: attr.floats([0.2]) },
  },
  {
    op: 'com.microsoft.FusedMatMul',
    inputs: [floats(2, 5, 3), floats(2, 4, 5)],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.3) },
  },
  {
    op: 'com.microsoft.FusedMatMul',
    inputs: [floats(3, 2, 4), floats(2, 4, 5)],
    attributes: { transBatchA: int(1) },
  },
  {
    op: 'com.microsoft.FusedMatMul',
    inputs: [floats(4, 2, 3), floats(5, 2, 4)],
    attributes: { transBatchA: int(1), transA: int(1), transBatchB: int(1), transB: int(1) },
  },
  {
    op: 'com.microsoft.SkipLayerNormalization',
    inputs: [floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8), floats(8)],
    attributes: { epsilon: float(1e-5) },
  },
  { op: 'com.microsoft.BiasGelu', inputs: [floats(2, 3, 8), floats(8)] },
  { op: 'com.microsoft.FastGelu', inputs: [floats(2, 3, 8), floats(8)] },
  { op: 'com.microsoft.QuickGelu', inputs: [floats(2, 9)], attributes: { alpha: float(1.702) } },
  {
    op: 'com.microsoft.DynamicQuantizeMatMul',
    inputs: [
      floats(3, 6),
      bytes('int8', 6, 4),
      fixed('float32', [1], [0.02]),
      fixed('int8', [1], [0]),
      floats(4),
    ],
  },
  {
    op: 'com.microsoft.MatMulIntegerToFloat',
    inputs: [
      bytes('uint8', 3, 6),
      bytes('int8', 6, 4),
      scale(0.02),
      fixed('float32', [4], [0.1, 0.2, 0.05, 0.3]),
      zero('uint8', 120),
      fixed('int8', [4], [0, 0, 0, 0]),
    ],
  },
];

testAsOther(CASES);
