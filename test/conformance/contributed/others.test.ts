// What else com.microsoft and the experimental operators of ai.onnx have, against onnxruntime-web.

import { attr } from '../../../engine/ir/graph.ts';
import {
  fixed,
  floats,
  i32,
  i64,
  type OperatorCase,
  testAsOther,
  zero,
} from '../../support/operator-case.ts';

const { ints, int, float, string, floats: list } = attr;

const OTHERS: readonly OperatorCase[] = [
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
  { op: 'com.microsoft.Gelu', inputs: [floats(2, 3, 4)] },
  { op: 'com.microsoft.Unique', inputs: [fixed('float32', [6], [2, 1, 1, 3, 4, 3])], outputs: 3 },
];

testAsOther(OTHERS);
