// Operators of com.microsoft against onnxruntime-web, interpreted and compiled.

import { test } from 'vitest';
import { attr } from '../../engine/ir/graph.ts';
import {
  bytes,
  expectAsOther,
  fixed,
  floats,
  type OperatorCase,
  SEED,
  scale,
  zero,
} from '../support/operator-case.ts';

const { ints, int, float, string, floats: list } = attr;

const i32 = (shape: readonly number[], values: readonly number[]) => fixed('int32', shape, values);
const i64 = (shape: readonly number[], values: readonly number[]) => fixed('int64', shape, values);

const ATTENTION: readonly OperatorCase[] = [
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(2, 5, 8), floats(8, 24), floats(24)],
    attributes: { num_heads: int(2) },
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(2, 5, 8), floats(8, 24), floats(24), i32([2], [3, 5])],
    attributes: { num_heads: int(4) },
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(2, 3, 8), floats(8, 24), floats(24), i32([2, 3], [1, 1, 0, 1, 1, 1])],
    attributes: { num_heads: int(2), unidirectional: int(1) },
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(2, 3, 8), floats(8, 24), floats(24), undefined, floats(2, 2, 2, 4, 4)],
    attributes: { num_heads: int(2), unidirectional: int(1) },
    outputs: 2,
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(1, 3, 6), floats(6, 20), floats(20), undefined, undefined, floats(1, 2, 3, 3)],
    attributes: { num_heads: int(2), qkv_hidden_sizes: ints([8, 8, 4]), scale: float(0.3) },
  },
  {
    op: 'com.microsoft.QAttention',
    inputs: [
      bytes('uint8', 2, 3, 8),
      bytes('int8', 8, 24),
      floats(24),
      scale(0.01),
      scale(0.01),
      i32([2], [3, 2]),
      zero('uint8', 128),
      zero('int8', 0),
    ],
    attributes: { num_heads: int(2) },
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [floats(2, 3, 8), floats(2, 5, 8), floats(2, 5, 12)],
    attributes: { num_heads: int(4) },
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [
      floats(2, 3, 8),
      floats(2, 3, 8),
      floats(2, 3, 8),
      floats(24),
      i32([2, 3], [1, 1, 0, 1, 1, 1]),
      floats(1, 2, 3, 3),
    ],
    attributes: { num_heads: int(2) },
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [
      floats(1, 1, 8),
      floats(1, 1, 8),
      floats(1, 1, 8),
      undefined,
      undefined,
      undefined,
      floats(1, 2, 4, 4),
      floats(1, 2, 4, 4),
    ],
    attributes: { num_heads: int(2), unidirectional: int(1) },
    outputs: 3,
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [floats(1, 3, 8), floats(1, 2, 5, 4), floats(1, 2, 5, 4)],
    attributes: { num_heads: int(2) },
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [
      floats(1, 5, 32),
      floats(1, 5, 16),
      floats(1, 5, 16),
      undefined,
      undefined,
      i32([1], [4]),
      i32([], [5]),
    ],
    attributes: { num_heads: int(4), kv_num_heads: int(2) },
    outputs: 3,
    fed: [0, 1, 2],
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [
      floats(1, 1, 64),
      floats(1, 1, 32),
      floats(1, 1, 32),
      floats(1, 2, 4, 16),
      floats(1, 2, 4, 16),
      i32([1], [4]),
      i32([], [5]),
      floats(9, 8),
      floats(9, 8),
    ],
    attributes: { num_heads: int(4), kv_num_heads: int(2), do_rotary: int(1), scale: float(0.25) },
    outputs: 3,
    fed: [0, 3, 4],
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [
      floats(2, 1, 128),
      undefined,
      undefined,
      floats(2, 2, 6, 16),
      floats(2, 2, 6, 16),
      i32([2], [5, 5]),
      i32([], [6]),
      floats(9, 8),
      floats(9, 8),
    ],
    attributes: {
      num_heads: int(4),
      kv_num_heads: int(2),
      do_rotary: int(1),
      rotary_interleaved: int(1),
      local_window_size: int(2),
      softcap: float(5),
    },
    outputs: 3,
    fed: [0, 3, 4],
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [floats(2, 4, 64), undefined, undefined, undefined, undefined, i32([2], [3, 3]), i32([], [4])],
    attributes: { num_heads: int(4), kv_num_heads: int(2), smooth_softmax: int(1) },
    outputs: 3,
  },
  {
    op: 'com.microsoft.RotaryEmbedding',
    inputs: [floats(2, 3, 16), i64([1], [2]), floats(8, 4), floats(8, 4)],
  },
  {
    op: 'com.microsoft.RotaryEmbedding',
    inputs: [floats(1, 2, 3, 8), i64([1, 3], [4, 0, 2]), floats(8, 4), floats(8, 4)],
    attributes: { interleaved: int(1) },
  },
  {
    op: 'com.microsoft.RotaryEmbedding',
    inputs: [floats(1, 3, 16), i64([1, 3], [4, 0, 2]), floats(8, 2), floats(8, 2)],
    attributes: { num_heads: int(2), rotary_embedding_dim: int(4) },
  },
];

const NORMALIZATION: readonly OperatorCase[] = [
  {
    op: 'com.microsoft.EmbedLayerNormalization',
    inputs: [
      i32([2, 3], [1, 0, 4, 2, 2, 3]),
      i32([2, 3], [0, 0, 1, 0, 1, 1]),
      floats(5, 8),
      floats(6, 8),
      floats(2, 8),
      floats(8),
      floats(8),
      i32([2, 3], [1, 1, 0, 1, 1, 1]),
    ],
    outputs: 2,
  },
  {
    op: 'com.microsoft.EmbedLayerNormalization',
    inputs: [
      i32([1, 3], [1, 0, 4]),
      undefined,
      floats(5, 8),
      floats(6, 8),
      undefined,
      floats(8),
      floats(8),
      undefined,
      i32([1, 3], [5, 0, 2]),
    ],
    attributes: { epsilon: float(1e-5) },
    outputs: 3,
  },
  {
    op: 'SimplifiedLayerNormalization',
    inputs: [floats(2, 3, 8), floats(8)],
    attributes: { axis: int(-1), epsilon: float(1e-6) },
  },
  {
    op: 'com.microsoft.SkipSimplifiedLayerNormalization',
    inputs: [floats(2, 3, 8), floats(2, 3, 8), floats(8)],
    outputs: 4,
    attributes: { epsilon: float(1e-6) },
  },
  {
    op: 'com.microsoft.SkipLayerNormalization',
    inputs: [floats(2, 3, 8), floats(1, 3, 8), floats(8), floats(8), floats(8)],
    attributes: { epsilon: float(1e-6) },
  },
];

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

const FEW_BITS: readonly OperatorCase[] = [
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
  { op: 'com.microsoft.Gelu', inputs: [floats(2, 3, 4)] },
  { op: 'com.microsoft.Unique', inputs: [fixed('float32', [6], [2, 1, 1, 3, 4, 3])], outputs: 3 },
];

const SHORT: readonly OperatorCase[] = [
  {
    op: 'com.microsoft.FusedGemm',
    inputs: [floats(3, 6), floats(4, 6), floats(4)],
    attributes: { transB: int(1), activation: string('LeakyRelu'), activation_alpha: float(0.2) },
  },
  {
    op: 'com.microsoft.FusedConv',
    inputs: [floats(1, 3, 6, 5), floats(4, 3, 3, 3), floats(4)],
    attributes: { activation: string('HardSigmoid'), activation_params: list([0.3, 0.4]) },
  },
  {
    op: 'com.microsoft.TransposeMatMul',
    inputs: [floats(2, 6, 3), floats(2, 6, 4)],
    attributes: { transA: int(1), alpha: float(0.5) },
  },
  { op: 'com.microsoft.ExpandDims', inputs: [floats(2, 3), i32([], [1])] },
  { op: 'com.microsoft.Trilu', inputs: [floats(3, 4), i64([], [1])], attributes: { upper: int(0) } },
  { op: 'com.microsoft.Inverse', inputs: [floats(2, 4, 4)] },
  {
    op: 'com.microsoft.CDist',
    inputs: [floats(3, 5), floats(4, 5)],
    attributes: { metric: string('euclidean') },
  },
  {
    op: 'com.microsoft.BiasGelu',
    inputs: [floats(2, 3, 4), floats(4)],
  },
  { op: 'com.microsoft.FastGelu', inputs: [floats(2, 3, 4), floats(4)] },
  { op: 'com.microsoft.QuickGelu', inputs: [floats(2, 3, 4)], attributes: { alpha: float(1.5) } },
  { op: 'com.microsoft.GatherND', inputs: [floats(3, 4, 2), i64([2, 2], [0, 1, 2, 3])] },
  {
    op: 'com.microsoft.GridSample',
    inputs: [floats(1, 2, 4, 5), floats(1, 3, 3, 2)],
    attributes: { mode: string('bilinear'), padding_mode: string('border') },
  },
  {
    op: 'com.microsoft.Pad',
    inputs: [floats(2, 3), i64([4], [1, 0, 0, 2]), zero('float32', 5)],
    attributes: { mode: string('constant') },
  },
  { op: 'com.microsoft.Range', inputs: [i32([], [2]), i32([], [11]), i32([], [3])], fed: [] },
  {
    op: 'com.microsoft.ConvTransposeWithDynamicPads',
    inputs: [floats(1, 2, 4, 4), floats(2, 3, 3, 3), i64([4], [1, 0, 1, 1])],
    attributes: { strides: ints([2, 2]) },
  },
  {
    op: 'com.microsoft.CropAndResize',
    inputs: [
      floats(1, 2, 6, 7),
      fixed('float32', [3, 4], [0, 0, 1, 1, 0.2, 0.1, 0.7, 0.9, -0.2, 0.3, 0.5, 1.3]),
      i32([3], [0, 0, 0]),
      i32([2], [3, 4]),
    ],
    attributes: { extrapolation_value: float(0.5) },
  },
  { op: 'ThresholdedRelu', inputs: [floats(3, 4)], attributes: { alpha: float(0.4) }, version: 10 },
  {
    op: 'ParametricSoftplus',
    inputs: [floats(3, 4)],
    attributes: { alpha: float(0.4), beta: float(2) },
    version: 7,
  },
  { op: 'ScaledTanh', inputs: [floats(3, 4)], attributes: { alpha: float(0.4), beta: float(2) }, version: 7 },
  { op: 'Affine', inputs: [floats(3, 4)], attributes: { alpha: float(0.4), beta: float(2) }, version: 7 },
  {
    op: 'ImageScaler',
    inputs: [floats(1, 3, 4, 5)],
    attributes: { scale: float(0.4), bias: list([1, 2, -3]) },
    version: 7,
  },
  {
    op: 'Crop',
    inputs: [floats(1, 3, 6, 7)],
    attributes: { border: ints([1, 2, 3, 1]) },
    version: 7,
  },
  {
    op: 'Crop',
    inputs: [floats(1, 3, 6, 7)],
    attributes: { border: ints([1, 2, 3, 1]), scale: ints([2, 3]) },
    version: 7,
  },
  {
    op: 'DynamicSlice',
    inputs: [floats(4, 6), i64([2], [1, 2]), i64([2], [3, 5])],
    version: 7,
  },
];

const CASES = [...ATTENTION, ...NORMALIZATION, ...QUANTISED, ...FEW_BITS, ...HALF_WAY, ...SHORT];

test.each(CASES.map((one, i) => [`${i} ${one.op} (seed ${SEED})`, one] as const))('%s', (_, one) =>
  expectAsOther(one),
);
