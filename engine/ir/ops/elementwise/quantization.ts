// Quantisation: real = (stored − zero point) · scale, per tensor, per axis or per block.

import { hasAttribute, intAttribute } from '../../attributes.ts';
import type { Dtype } from '../../types.ts';
import {
  always,
  dtypeOf,
  type InferContext,
  isPresent,
  operator,
  operators,
  shapeOf,
} from '../definition.ts';
import { convolutionShape } from '../layers/convolution.ts';
import { matmulShape } from '../linear-algebra/matmul.ts';
import { joinedShape } from '../movement/movement.ts';
import { dtypeAttribute } from './cast.ts';
import { broadcastInputsOf } from './elementwise.ts';

/** An element type code of 0 says nothing. */
const namedDtype = (context: InferContext, name: string): Dtype | undefined =>
  hasAttribute(context.node, name) && intAttribute(context.node, name) !== 0
    ? dtypeAttribute(context, name)
    : undefined;

function quantizedDtype(context: InferContext): Dtype | undefined {
  if (isPresent(context, 2)) return dtypeOf(context, 2);
  return namedDtype(context, 'output_dtype') ?? 'uint8';
}

/** Indices of the tensors that QLinearConcat joins: scale, zero point, then tensor, scale, zero point … */
export const partsOf = (context: InferContext): number[] =>
  [...context.inputs.keys()].filter(i => i >= 2 && (i - 2) % 3 === 0);

/** Few bits per weight, packed, with a scale per block: (K, N). Made by expansions only. */
const weightsOfBits = operator('WeightsOfBits', {
  kind: 'quantization',
  dtypes: context => [dtypeOf(context, 1)],
  shapes: ({ node }) => [[intAttribute(node, 'K'), intAttribute(node, 'N')]],
});

export const QUANTIZATION = [
  weightsOfBits,
  ...operators(['QuantizeLinear', 'com.microsoft.QuantizeLinear'], {
    kind: 'quantization',
    dtypes: context => [quantizedDtype(context)],
  }),
  ...operators(['DequantizeLinear', 'com.microsoft.DequantizeLinear'], {
    kind: 'quantization',
    dtypes: context => [namedDtype(context, 'output_dtype') ?? dtypeOf(context, 1)],
  }),
  operator('DynamicQuantizeLinear', {
    kind: 'quantization',
    dtypes: () => ['uint8', 'float32', 'uint8'],
    shapes: context => [shapeOf(context, 0), [], []],
  }),
  ...operators(['com.microsoft.DynamicQuantizeMatMul', 'com.microsoft.MatMulIntegerToFloat'], {
    kind: 'quantization',
    dtypes: always('float32'),
    shapes: context => [matmulShape(context, shapeOf(context, 0), shapeOf(context, 1))],
  }),
  operator('com.microsoft.QLinearConcat', {
    kind: 'quantization',
    dtypes: context => [dtypeOf(context, 2)],
    shapes: context => [
      joinedShape(
        context,
        partsOf(context).map(i => shapeOf(context, i)),
      ),
    ],
  }),
  operator('QLinearConv', {
    kind: 'quantization',
    dtypes: context => [dtypeOf(context, 7)],
    shapes: context => [convolutionShape(context, 3)],
  }),
  operator('QLinearMatMul', {
    kind: 'quantization',
    dtypes: context => [dtypeOf(context, 7)],
    shapes: context => [matmulShape(context, shapeOf(context, 0), shapeOf(context, 3))],
  }),
  ...operators(['com.microsoft.QLinearAdd', 'com.microsoft.QLinearMul'], {
    kind: 'quantization',
    shapes: context => [broadcastInputsOf(context, [0, 3])],
  }),
  ...operators(['com.microsoft.QLinearSigmoid', 'com.microsoft.QLinearLeakyRelu'], { kind: 'quantization' }),
  operator('com.microsoft.QLinearGlobalAveragePool', {
    kind: 'quantization',
    shapes: context => {
      const input = shapeOf(context, 0);
      const channel = intAttribute(context.node, 'channels_last', 0) ? input.length - 1 : 1;
      return [input.map((extent, axis) => (axis === 0 || axis === channel ? extent : 1))];
    },
  }),
];
