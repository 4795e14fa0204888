// Quantised operators of com.microsoft against onnxruntime-web.

import { attr } from '../../../engine/ir/graph.ts';
import {
  bytes,
  fixed,
  floats,
  i32,
  i64,
  type OperatorCase,
  scale,
  testAsOther,
  zero,
} from '../../support/operator-case.ts';

const { ints, int, float } = attr;

const QUANTISED: readonly OperatorCase[] = [
  {
    op: 'com.microsoft.QGemm',
    inputs: [
      bytes('uint8', 3, 6),
      scale(0.02),
      zero('uint8', 120),
      bytes('int8', 6, 4),
      scale(0.05),
      zero('int8', 0),
      i32([4], [10, -300, 55, 900]),
      scale(0.4),
      zero('uint8', 100),
    ],
    steps: 1,
  },
  {
    op: 'com.microsoft.QGemm',
    inputs: [
      bytes('uint8', 3, 6),
      scale(0.02),
      zero('uint8', 120),
      bytes('int8', 4, 6),
      fixed('float32', [4], [0.1, 0.2, 0.05, 0.3]),
      fixed('int8', [4], [0, 0, 0, 0]),
      i32([4], [10, -300, 55, 900]),
    ],
    attributes: { transB: int(1), alpha: float(0.5) },
  },
  {
    op: 'com.microsoft.QLinearAveragePool',
    inputs: [bytes('uint8', 1, 3, 7, 6), scale(0.02), zero('uint8', 3), scale(0.03), zero('uint8', 10)],
    attributes: { kernel_shape: ints([3, 2]), strides: ints([2, 2]), pads: ints([1, 0, 1, 0]) },
    steps: 1,
  },
  {
    op: 'com.microsoft.QLinearAveragePool',
    inputs: [bytes('uint8', 1, 7, 6, 3), scale(0.02), zero('uint8', 3), scale(0.03), zero('uint8', 10)],
    attributes: { kernel_shape: ints([3, 2]), channels_last: int(1) },
    steps: 1,
  },
  {
    op: 'com.microsoft.QLinearSoftmax',
    inputs: [bytes('uint8', 2, 3, 5), scale(0.05), zero('uint8', 3), scale(1 / 256), zero('uint8', 0)],
    attributes: { axis: int(-1), opset: int(13) },
    steps: 1,
  },
  {
    op: 'com.microsoft.QLinearWhere',
    inputs: [
      fixed('bool', [2, 3], [1, 0, 1, 0, 0, 1]),
      bytes('uint8', 2, 3),
      scale(0.02),
      zero('uint8', 3),
      bytes('uint8', 1, 3),
      scale(0.04),
      zero('uint8', 30),
      scale(0.03),
      zero('uint8', 20),
    ],
    fed: [0, 1],
    steps: 1,
  },
  {
    op: 'com.microsoft.QLinearConv',
    inputs: [
      bytes('uint8', 1, 6, 5, 3),
      scale(0.02),
      zero('uint8', 120),
      bytes('int8', 4, 3, 3, 3),
      scale(0.03),
      zero('int8', 0),
      scale(0.2),
      zero('uint8', 110),
    ],
    attributes: { channels_last: int(1), pads: ints([1, 1, 1, 1]), kernel_shape: ints([3, 3]) },
    steps: 1,
  },
  {
    op: 'com.microsoft.QLinearGlobalAveragePool',
    inputs: [bytes('uint8', 2, 6, 5, 3), scale(0.02), zero('uint8', 120), scale(0.01), zero('uint8', 110)],
    attributes: { channels_last: int(1) },
    steps: 1,
  },
  {
    op: 'com.microsoft.NhwcMaxPool',
    inputs: [bytes('int8', 1, 6, 5, 3)],
    attributes: { kernel_shape: ints([2, 2]), strides: ints([2, 2]) },
  },
  {
    op: 'com.microsoft.MatMulNBits',
    inputs: [floats(2, 3, 40), bytes('uint8', 5, 3, 8), floats(15)],
    attributes: { K: int(40), N: int(5), bits: int(4), block_size: int(16) },
  },
  {
    op: 'com.microsoft.MatMulNBits',
    inputs: [floats(3, 48), bytes('uint8', 5, 3, 8), floats(15), bytes('uint8', 10)],
    attributes: { K: int(48), N: int(5), bits: int(4), block_size: int(16) },
  },
  {
    op: 'com.microsoft.MatMulNBits',
    inputs: [floats(3, 64), bytes('uint8', 5, 2, 32), floats(10), bytes('uint8', 10)],
    attributes: { K: int(64), N: int(5), bits: int(8), block_size: int(32) },
  },
  // Packed zero points are left out: where columns have groups, onnxruntime reads them and subtracts 8 all the same
  // (its matmul_nbits_impl.cc), against its own description, which test/engine/reference/contrib.test.ts holds us to.
  // Its groups are those of the first eight columns of a block for all of them: here they repeat every four.
  ...[undefined, floats(20)].map(
    (zeros): OperatorCase => ({
      op: 'com.microsoft.MatMulNBits',
      inputs: [
        floats(3, 64),
        bytes('uint8', 5, 4, 8),
        floats(20),
        zeros,
        i32(
          [64],
          Array.from({ length: 64 }, (_, column) => (column * 7) % 4),
        ),
      ],
      attributes: { K: int(64), N: int(5), bits: int(4), block_size: int(16) },
    }),
  ),
  ...[0, 1].map(
    (type): OperatorCase => ({
      op: 'com.microsoft.MatMulBnb4',
      inputs: [floats(3, 32), bytes('uint8', 80), floats(10)],
      attributes: { K: int(32), N: int(5), block_size: int(16), quant_type: int(type) },
    }),
  ),
  {
    op: 'com.microsoft.GatherBlockQuantized',
    inputs: [bytes('uint8', 6, 16), i64([2, 2], [0, 5, 3, 1]), floats(6, 2), bytes('uint8', 6, 1)],
    attributes: { bits: int(4), block_size: int(16), gather_axis: int(0), quantize_axis: int(1) },
    fed: [1],
  },
  {
    op: 'com.microsoft.DynamicQuantizeLSTM',
    inputs: [
      floats(4, 2, 6),
      bytes('int8', 1, 6, 20),
      bytes('int8', 1, 5, 20),
      floats(1, 40),
      undefined,
      undefined,
      undefined,
      undefined,
      fixed('float32', [1], [0.005]),
      fixed('int8', [1], [0]),
      fixed('float32', [1], [0.004]),
      fixed('int8', [1], [0]),
    ],
    attributes: { hidden_size: int(5) },
    outputs: 3,
    steps: 0.02,
  },
  {
    op: 'com.microsoft.MatMulInteger16',
    inputs: [
      fixed('int16', [2, 3], [300, -2, 5, 7, 900, -32768]),
      fixed('int16', [3, 2], [1, 2, 3, -4, 5, 6]),
    ],
  },
  {
    op: 'com.microsoft.DynamicQuantizeMatMul',
    inputs: [floats(2, 6), bytes('int8', 6, 4), fixed('float32', [4], [0.1, 0.2, 0.05, 0.3])],
    steps: 1,
  },
];

/** Scales for which many results lie half way between two steps, and an odd zero point, which decides about them. */
const HALF_WAY: readonly OperatorCase[] = (['uint8', 'int8'] as const).flatMap(dtype => {
  const a = [bytes(dtype, 16, 40), scale(0.5), zero(dtype, 3)];
  const b = [bytes(dtype, 16, 40), scale(0.25), zero(dtype, 5)];
  const image = [bytes(dtype, 1, 3, 8, 9), scale(0.5), zero(dtype, 3)];
  const result = [scale(1), zero(dtype, 7)];
  const attributes = { kernel_shape: ints([2, 2]), strides: ints([1, 1]) };
  return [
    { op: 'com.microsoft.QLinearAdd', inputs: [...a, ...b, ...result], interpretedSteps: 0, steps: 1 },
    { op: 'com.microsoft.QLinearMul', inputs: [...a, ...b, ...result], interpretedSteps: 0, steps: 1 },
    {
      op: 'com.microsoft.QLinearAveragePool',
      inputs: [...image, ...result],
      attributes,
      interpretedSteps: 0,
      steps: 1,
    },
    {
      op: 'com.microsoft.QLinearGlobalAveragePool',
      inputs: [...image, ...result],
      attributes: { channels_last: int(0) },
      steps: 1,
    },
    {
      op: 'com.microsoft.QLinearConcat',
      inputs: [...result, ...a, ...b],
      attributes: { axis: int(0) },
      interpretedSteps: 0,
      steps: 0,
    },
  ];
});

/** A table of 8 bits, its scale and zero point. */
const TABLES: readonly (readonly number[])[] = [[5, 8], [6, 8], [2, 8], [8], [8]];

const EMBEDDING: readonly OperatorCase[] = [
  {
    op: 'com.microsoft.QEmbedLayerNormalization',
    inputs: [
      i32([2, 3], [1, 0, 4, 2, 2, 3]),
      i32([2, 3], [0, 0, 1, 0, 1, 1]),
      ...TABLES.map(shape => bytes('uint8', ...shape)),
      i32([2, 3], [1, 1, 0, 1, 1, 1]),
      ...TABLES.map((_, i) => scale(0.01 + 0.005 * i)),
      ...TABLES.map((_, i) => zero('uint8', 120 + i)),
    ],
    outputs: 2,
  },
  {
    op: 'com.microsoft.QuantizeLinear',
    inputs: [floats(3, 4), scale(0.02), zero('int8', 3)],
  },
  {
    op: 'com.microsoft.DequantizeLinear',
    inputs: [bytes('int8', 3, 4), scale(0.02), zero('int8', 3)],
  },
];

testAsOther([...QUANTISED, ...EMBEDDING, ...HALF_WAY]);
