// Quantisation. Scaling is done in single precision and rounded to even, as hardware and other runtimes do it,
// because a result half way between two integers depends on it.

import { boolAttribute, floatAttribute, intAttribute } from '../../ir/attributes.ts';
import { integerRange, isFloat } from '../../ir/dtypes.ts';
import { partsOf } from '../../ir/ops/elementwise/quantization.ts';
import { broadcastShapes, elementCount, normalizeAxis } from '../../ir/tensor.ts';
import type { Dtype, Shape, Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import {
  aroundAxis,
  broadcastIndices,
  fromNumbers,
  numbers,
  numberTarget,
  scalarOf,
  settled,
} from '../elements.ts';
import { convolveIntegers } from '../layers/convolution.ts';
import { matmulIntegers } from '../linear-algebra/matmul.ts';
import { concatTensors, coordinateIndices } from '../movement/movement.ts';
import { castTensor } from './cast.ts';
import { clamp, roundEven, sigmoid } from './scalar.ts';

/** Element of the scale (and zero point) that belongs to each element of a tensor. */
function scaleIndices(call: Call, shape: Shape, scale: Tensor): (at: number) => number {
  if (scale.data.length === 1) return () => 0;
  const axis = normalizeAxis(intAttribute(call.node, 'axis', 1), shape.length);
  const block = intAttribute(call.node, 'block_size', 0);
  if (block === 0) {
    const [, along, inner] = aroundAxis(shape, axis);
    return at => Math.floor(at / inner) % along;
  }
  const lists = shape.map((extent, i) =>
    Int32Array.from({ length: extent }, (_, x) => (i === axis ? Math.floor(x / block) : x)),
  );
  const indices = coordinateIndices(scale.shape, lists);
  return at => indices[at] ?? 0;
}

/** Rounded, moved by the zero point, and held inside the type's range. */
function saturate(dtype: Dtype, scaled: number, zero: number): number {
  const [low, high] = integerRange(dtype);
  return clamp(roundEven(scaled) + zero, low, high);
}

const quantizeLinear: Reference = call => {
  const [input, scale] = [inputOf(call, 0), inputOf(call, 1)];
  const dtype = outputDtype(call);
  const at = scaleIndices(call, input.shape, scale);
  const [data, scales] = [numbers(input), numbers(scale)];
  const zeros = call.inputs[2] && numbers(call.inputs[2]);
  const scaled = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) scaled[i] = Math.fround((data[i] ?? 0) / (scales[at(i)] ?? 1));
  if (isFloat(dtype)) {
    const options = { saturate: boolAttribute(call.node, 'saturate', true), rounding: 'up' } as const;
    return [castTensor(fromNumbers('float32', input.shape, scaled), dtype, options)];
  }
  const stored = scaled.map((x, i) => saturate(dtype, x, zeros?.[at(i)] ?? 0));
  return [fromNumbers(dtype, input.shape, stored)];
};

const dequantizeLinear: Reference = call => {
  const [input, scale] = [inputOf(call, 0), inputOf(call, 1)];
  const at = scaleIndices(call, input.shape, scale);
  const [data, scales] = [numbers(input), numbers(scale)];
  const zeros = call.inputs[2] && numbers(call.inputs[2]);
  // Whole models store their weights so, and are opened through this: a plain loop, not a mapped copy.
  const dtype = outputDtype(call);
  const real = numberTarget(dtype, data.length);
  for (let i = 0; i < data.length; i++) {
    const place = at(i);
    real[i] = ((data[i] ?? 0) - (zeros?.[place] ?? 0)) * (scales[place] ?? 1);
  }
  return [settled(dtype, input.shape, real)];
};

/** Scale and zero point from the range of the data, widened to hold 0. */
function quantizeDynamically(input: Tensor): readonly [stored: Tensor, scale: Tensor, zero: Tensor] {
  const data = numbers(input);
  let [low, high] = [0, 0];
  for (const x of data) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  const scale = Math.fround(Math.fround(high - low) / 255) || 1;
  const zero = roundEven(clamp(Math.fround(-low / scale), 0, 255));
  const stored = Float64Array.from(data, x => saturate('uint8', Math.fround(x / scale), zero));
  return [
    fromNumbers('uint8', input.shape, stored),
    fromNumbers('float32', [], [scale]),
    fromNumbers('uint8', [], [zero]),
  ];
}

/** sum · (scale a · scale b / scale y), rounded and moved; scales by element. */
function requantize(
  call: Call,
  sums: Float64Array,
  factor: (at: number) => number,
  zero: Tensor | undefined,
): Tensor {
  const dtype = outputDtype(call);
  const offset = scalarOf(zero, 0);
  const stored = sums.map((sum, i) => saturate(dtype, Math.fround(Math.fround(sum) * factor(i)), offset));
  return fromNumbers(dtype, outputShape(call), stored);
}

/** x, its scale and zero point; weights, theirs; the output's; bias. Weights may have a scale per channel. */
const qLinearConv: Reference = call => {
  const [input, weights] = [inputOf(call, 0), inputOf(call, 3)];
  const zero = scalarOf(call.inputs[2], 0);
  const sums = convolveIntegers(call.node, input, weights, zero, call.inputs[5], call.inputs[8]);
  const [, channels, inner] = aroundAxis(outputShape(call), 1);
  const scales = numbers(inputOf(call, 4));
  const ratios = Float64Array.from(scales, scale =>
    Math.fround(Math.fround(scalarOf(inputOf(call, 1), 1) * scale) / scalarOf(inputOf(call, 6), 1)),
  );
  const channelOf = (at: number) => (ratios.length === 1 ? 0 : Math.floor(at / inner) % channels);
  return [requantize(call, sums, at => ratios[channelOf(at)] ?? 1, call.inputs[7])];
};

/** A's scale per tensor or row, B's per tensor or column. */
const qLinearMatMul: Reference = call => {
  const [a, b] = [inputOf(call, 0), inputOf(call, 3)];
  const sums = matmulIntegers(a, b, call.inputs[2], call.inputs[5]);
  const [rowScales, columnScales] = [numbers(inputOf(call, 1)), numbers(inputOf(call, 4))];
  const columns = b.shape.length === 1 ? 1 : (b.shape.at(-1) ?? 1);
  const scale = scalarOf(inputOf(call, 6), 1);
  const pick = (list: ArrayLike<number>, at: number) => list[list.length === 1 ? 0 : at % list.length] ?? 1;
  const factor = (at: number): number =>
    Math.fround(
      Math.fround(pick(rowScales, Math.floor(at / columns)) * pick(columnScales, at % columns)) / scale,
    );
  return [requantize(call, sums, factor, call.inputs[7])];
};

/** The real numbers that input `index` stands for; scale and zero point follow it. */
function realNumbers(call: Call, index: number): Float64Array {
  const scale = scalarOf(inputOf(call, index + 1), 1);
  const zero = scalarOf(call.inputs[index + 2], 0);
  return Float64Array.from(numbers(inputOf(call, index)), x => Math.fround((x - zero) * scale));
}

/**
 * Computes on real numbers and quantises with the scale and zero point at `scaleIndex`. `late`: onnxruntime's sums,
 * products and pools add the zero point before they round, so that it decides about numbers half way between two.
 */
function storeReal(call: Call, real: Float64Array, scaleIndex: number, late = false): Tensor {
  const scale = scalarOf(inputOf(call, scaleIndex), 1);
  const zero = scalarOf(call.inputs[scaleIndex + 1], 0);
  const dtype = outputDtype(call);
  const stored = real.map(x => {
    const scaled = Math.fround(Math.fround(x) / scale);
    return late ? saturate(dtype, Math.fround(scaled + zero), 0) : saturate(dtype, scaled, zero);
  });
  return fromNumbers(dtype, outputShape(call), stored);
}

const qLinearBinary =
  (apply: (a: number, b: number) => number): Reference =>
  call => {
    const [a, b] = [realNumbers(call, 0), realNumbers(call, 3)];
    const [shapeA, shapeB] = [inputOf(call, 0).shape, inputOf(call, 3).shape];
    const shape = broadcastShapes(shapeA, shapeB) ?? [];
    const [mapA, mapB] = [broadcastIndices(shapeA, shape), broadcastIndices(shapeB, shape)];
    const real = Float64Array.from({ length: elementCount(shape) }, (_, i) =>
      apply(a[mapA ? (mapA[i] ?? 0) : i] ?? 0, b[mapB ? (mapB[i] ?? 0) : i] ?? 0),
    );
    return [storeReal(call, real, 6, true)];
  };

const qLinearUnary =
  (make: (call: Call) => (x: number) => number): Reference =>
  call => [storeReal(call, realNumbers(call, 0).map(make(call)), 3)];

const qLinearGlobalAveragePool: Reference = call => {
  const { shape } = inputOf(call, 0);
  const last = intAttribute(call.node, 'channels_last', 0) !== 0;
  const [outer, channels, inner] = aroundAxis(shape, last ? shape.length - 1 : 1);
  const batch = shape[0] ?? 1;
  const perBatch = outer / batch;
  const real = realNumbers(call, 0);
  const means = new Float64Array(batch * channels);
  for (let i = 0; i < real.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    const at = Math.floor(i / (inner * channels * perBatch)) * channels + channel;
    means[at] = (means[at] ?? 0) + (real[i] ?? 0) / (perBatch * inner);
  }
  return [storeReal(call, means, 3)];
};

/** Real products of integers: (A − zero)(B − zero) · scale A · scale B + bias; B's scale per tensor or column. */
function realProduct(call: Call, a: Quantized, b: Quantized, bias: Tensor | undefined): Tensor {
  const sums = matmulIntegers(a.stored, b.stored, a.zero, b.zero);
  const [scaleA, scalesB] = [numbers(a.scale), numbers(b.scale)];
  const terms = bias && numbers(bias);
  const columns = b.stored.shape.at(-1) ?? 1;
  const real = sums.map((sum, i) => {
    const column = i % columns;
    const scale = (scaleA[0] ?? 1) * (scalesB[scalesB.length === 1 ? 0 : column] ?? 1);
    return sum * scale + (terms?.[column] ?? 0);
  });
  return fromNumbers(outputDtype(call), outputShape(call), real);
}

interface Quantized {
  readonly stored: Tensor;
  readonly scale: Tensor;
  readonly zero: Tensor | undefined;
}

/** A (quantised on the way), B, B's scale, its zero point, bias. */
const dynamicQuantizeMatMul: Reference = call => {
  const [stored, scale, zero] = quantizeDynamically(inputOf(call, 0));
  const b = { stored: inputOf(call, 1), scale: inputOf(call, 2), zero: call.inputs[3] };
  return [realProduct(call, { stored, scale, zero }, b, call.inputs[4])];
};

/** A, B, their scales, their zero points, bias. */
const matMulIntegerToFloat: Reference = call => {
  const a = { stored: inputOf(call, 0), scale: inputOf(call, 2), zero: call.inputs[4] };
  const b = { stored: inputOf(call, 1), scale: inputOf(call, 3), zero: call.inputs[5] };
  return [realProduct(call, a, b, call.inputs[6])];
};

/** Joins real numbers and quantises them again with the scale and zero point in front. */
const qLinearConcat: Reference = call => {
  const parts = partsOf(call.context).map(i => {
    const real = realNumbers(call, i);
    return fromNumbers('float64', inputOf(call, i).shape, real);
  });
  const joined = concatTensors(parts, intAttribute(call.node, 'axis'), outputShape(call));
  return [storeReal(call, Float64Array.from(numbers(joined)), 0)];
};

export const QUANTIZATION: References = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: call => quantizeDynamically(inputOf(call, 0)),
  'com.microsoft.QuantizeLinear': quantizeLinear,
  'com.microsoft.DequantizeLinear': dequantizeLinear,
  'com.microsoft.DynamicQuantizeMatMul': dynamicQuantizeMatMul,
  'com.microsoft.MatMulIntegerToFloat': matMulIntegerToFloat,
  'com.microsoft.QLinearConcat': qLinearConcat,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  'com.microsoft.QLinearAdd': qLinearBinary((a, b) => a + b),
  'com.microsoft.QLinearMul': qLinearBinary((a, b) => a * b),
  'com.microsoft.QLinearSigmoid': qLinearUnary(() => sigmoid),
  'com.microsoft.QLinearLeakyRelu': qLinearUnary(call => {
    const alpha = floatAttribute(call.node, 'alpha', 0.01);
    return x => (x < 0 ? alpha * x : x);
  }),
  'com.microsoft.QLinearGlobalAveragePool': qLinearGlobalAveragePool,
};
