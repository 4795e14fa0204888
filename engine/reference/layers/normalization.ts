// Softmax and normalisation: statistics in double precision, one rounding at the end.

import { boolAttribute, floatAttribute, intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { normalizesElements } from '../../ir/ops/layers/normalization.ts';
import { elementCount, normalizeAxis } from '../../ir/tensor.ts';
import type { Shape, Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { aroundAxis, broadcastIndices, fromNumbers, numbers } from '../elements.ts';
import { reductionMap } from '../reduction.ts';

/** Rows that softmax normalises: along one axis, or before opset 13 over everything from `axis` on. */
function softmaxRows(call: Call): readonly [outer: number, along: number, inner: number] {
  const { shape } = inputOf(call, 0);
  if (call.node.version >= 13) {
    return aroundAxis(shape, normalizeAxis(intAttribute(call.node, 'axis', -1), shape.length));
  }
  const axis = intAttribute(call.node, 'axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  return [elementCount(shape.slice(0, at)), elementCount(shape.slice(at)), 1];
}

/** Hands every row to `compute`, which overwrites it. */
function alongRows(call: Call, compute: (row: Float64Array) => void): readonly Tensor[] {
  const input = inputOf(call, 0);
  const [outer, along, inner] = softmaxRows(call);
  const data = numbers(input);
  const result = new Float64Array(data.length);
  const row = new Float64Array(along);
  for (let i = 0; i < outer * inner; i++) {
    const base = Math.floor(i / inner) * along * inner + (i % inner);
    for (let j = 0; j < along; j++) row[j] = data[base + j * inner] as number;
    compute(row);
    for (let j = 0; j < along; j++) result[base + j * inner] = row[j] as number;
  }
  return [fromNumbers(outputDtype(call), input.shape, result)];
}

const largestIn = (row: Float64Array): number =>
  row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

/** exp(x − max) / Σ; a row of −∞ is NaN, as everywhere. Overwrites the row. */
export function softmaxRow(row: Float64Array): void {
  const largest = largestIn(row);
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    row[i] = Math.exp((row[i] as number) - largest);
    sum += row[i] as number;
  }
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / sum;
}

function logSoftmaxRow(row: Float64Array): void {
  const largest = largestIn(row);
  let sum = 0;
  for (const x of row) sum += Math.exp(x - largest);
  const log = Math.log(sum) + largest;
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) - log;
}

/** 1 at the first largest element. */
function hardmaxRow(row: Float64Array): void {
  const at = row.indexOf(largestIn(row));
  row.fill(0);
  row[at] = 1;
}

/** Mean and variance of every set of elements that `axes` collapse. */
function statistics(data: ArrayLike<number>, shape: Shape, axes: readonly number[]) {
  const { bases, offsets } = reductionMap(shape, axes);
  const mean = new Float64Array(bases.length);
  const variance = new Float64Array(bases.length);
  for (let i = 0; i < bases.length; i++) {
    const base = bases[i] as number;
    let sum = 0;
    for (let j = 0; j < offsets.length; j++) sum += data[base + (offsets[j] as number)] as number;
    const average = sum / offsets.length;
    let squares = 0;
    for (let j = 0; j < offsets.length; j++) {
      squares += ((data[base + (offsets[j] as number)] as number) - average) ** 2;
    }
    mean[i] = average;
    variance[i] = squares / offsets.length;
  }
  return { mean, variance, bases, offsets };
}

const axesFrom = (first: number, rank: number): number[] =>
  Array.from({ length: rank - first }, (_, i) => first + i);

/** Channel of every element of (N, C, …). */
function channelOf(shape: Shape): (at: number) => number {
  const inner = elementCount(shape.slice(2));
  const channels = shape[1] ?? 1;
  return at => Math.floor(at / inner) % channels;
}

/** Inference uses the given statistics; in training mode those of the batch, and updates the running ones. */
const batchNormalization: Reference = call => {
  const input = inputOf(call, 0);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map(i => numbers(inputOf(call, i)));
  const epsilon = floatAttribute(call.node, 'epsilon', 1e-5);
  const data = numbers(input);
  const sample = elementCount(input.shape.slice(1));
  const channel = normalizesElements(call.node) ? (i: number) => i % sample : channelOf(input.shape);
  const training = boolAttribute(call.node, 'training_mode', false);
  const axes = input.shape.map((_, axis) => axis).filter(axis => axis !== 1);
  const batch = training ? statistics(data, input.shape, axes) : undefined;
  const means = batch?.mean ?? mean;
  const variances = batch?.variance ?? variance;
  const factors = Array.from(scale ?? [], (s, c) => s / Math.sqrt((variances?.[c] ?? 0) + epsilon));
  const result = new Float64Array(data.length);
  for (let i = 0; i < result.length; i++) {
    const c = channel(i);
    result[i] = ((data[i] as number) - (means?.[c] ?? 0)) * (factors[c] ?? 1) + (bias?.[c] ?? 0);
  }
  const y = fromNumbers(outputDtype(call), input.shape, result);
  if (batch === undefined) {
    // Files made for training name the statistics as outputs too: they stay what they are.
    const kept = [1, 2, 3, 4].map(index => inputOf(call, index % 2 === 1 ? 3 : 4));
    return [y, ...kept].slice(0, call.node.outputs.length);
  }
  const momentum = floatAttribute(call.node, 'momentum', 0.9);
  const running = (old: ArrayLike<number> | undefined, now: Float64Array, index: number) =>
    fromNumbers(
      outputDtype(call, index),
      [now.length],
      now.map((x, c) => (old?.[c] ?? 0) * momentum + x * (1 - momentum)),
    );
  return [y, running(mean, batch.mean, 1), running(variance, batch.variance, 2)];
};

/** (x − mean) / √(variance + ε) over each set, before scale and bias. */
function standardize(data: ArrayLike<number>, shape: Shape, axes: readonly number[], epsilon: number) {
  const { mean, variance, bases, offsets } = statistics(data, shape, axes);
  const result = new Float64Array(elementCount(shape));
  const inverse = variance.map(v => 1 / Math.sqrt(v + epsilon));
  for (let i = 0; i < bases.length; i++) {
    for (const offset of offsets) {
      const at = (bases[i] as number) + offset;
      result[at] = ((data[at] as number) - (mean[i] as number)) * (inverse[i] as number);
    }
  }
  return { result, mean, inverse };
}

const instanceNormalization: Reference = call => {
  const input = inputOf(call, 0);
  const [scale, bias] = [numbers(inputOf(call, 1)), numbers(inputOf(call, 2))];
  const channel = channelOf(input.shape);
  const axes = axesFrom(2, input.shape.length);
  const { result } = standardize(
    numbers(input),
    input.shape,
    axes,
    floatAttribute(call.node, 'epsilon', 1e-5),
  );
  const scaled = result.map((x, i) => x * (scale[channel(i)] ?? 1) + (bias[channel(i)] ?? 0));
  return [fromNumbers(outputDtype(call), input.shape, scaled)];
};

/** Scale and bias are per channel since opset 21, per group before. The compiler leaves out those that do nothing. */
const groupNormalization: Reference = call => {
  const input = inputOf(call, 0);
  const [scale = [], bias = []] = call.inputs.slice(1).map(given => given && numbers(given));
  const groups = intAttribute(call.node, 'num_groups');
  const [n = 0, c = 0] = input.shape;
  const grouped = [n, groups, elementCount(input.shape.slice(1)) / groups];
  const { result } = standardize(numbers(input), grouped, [2], floatAttribute(call.node, 'epsilon', 1e-5));
  const channel = channelOf(input.shape);
  const per = scale.length === groups && groups !== c ? c / groups : 1;
  const scaled = result.map((x, i) => {
    const at = Math.floor(channel(i) / per);
    return x * (scale[at] ?? 1) + (bias[at] ?? 0);
  });
  return [fromNumbers(outputDtype(call), input.shape, scaled)];
};

/** y · scale + bias, broadcast from the right. */
function scaleAndShift(values: Float64Array, shape: Shape, scale: Tensor, bias: Tensor | undefined): void {
  const factors = numbers(scale);
  const terms = bias && numbers(bias);
  const factorMap = broadcastIndices(scale.shape, shape);
  const termMap = bias && broadcastIndices(bias.shape, shape);
  for (let i = 0; i < values.length; i++) {
    const factor = factors[factorMap ? (factorMap[i] as number) : i] as number;
    const term = terms ? (terms[termMap ? (termMap[i] as number) : i] as number) : 0;
    values[i] = (values[i] as number) * factor + term;
  }
}

const layerNormalization: Reference = call => {
  const input = inputOf(call, 0);
  const { shape } = input;
  const axes = axesFrom(normalizeAxis(intAttribute(call.node, 'axis', -1), shape.length), shape.length);
  const epsilon = floatAttribute(call.node, 'epsilon', 1e-5);
  const { result, mean, inverse } = standardize(numbers(input), shape, axes, epsilon);
  scaleAndShift(result, shape, inputOf(call, 1), call.inputs[2]);
  const outputs = [fromNumbers(outputDtype(call), shape, result)];
  if (call.node.outputs.length > 1)
    outputs.push(fromNumbers(outputDtype(call, 1), outputShape(call, 1), mean));
  if (call.node.outputs.length > 2)
    outputs.push(fromNumbers(outputDtype(call, 2), outputShape(call, 2), inverse));
  return outputs;
};

/** x / √(mean of squares + ε) over each set, before the scale. */
function rootMeanSquare(data: ArrayLike<number>, shape: Shape, axes: readonly number[], epsilon: number) {
  const { bases, offsets } = reductionMap(shape, axes);
  const result = new Float64Array(elementCount(shape));
  const inverse = new Float64Array(bases.length);
  for (const [i, base] of bases.entries()) {
    let squares = 0;
    for (const offset of offsets) squares += (data[base + offset] as number) ** 2;
    inverse[i] = 1 / Math.sqrt(squares / offsets.length + epsilon);
    for (const offset of offsets)
      result[base + offset] = (data[base + offset] as number) * (inverse[i] as number);
  }
  return { result, mean: new Float64Array(bases.length), inverse };
}

const rmsNormalization: Reference = call => {
  const input = inputOf(call, 0);
  const { shape } = input;
  const axes = axesFrom(normalizeAxis(intAttribute(call.node, 'axis', -1), shape.length), shape.length);
  const epsilon = floatAttribute(call.node, 'epsilon', 1e-5);
  const { result, inverse } = rootMeanSquare(numbers(input), shape, axes, epsilon);
  scaleAndShift(result, shape, inputOf(call, 1), undefined);
  const outputs = [fromNumbers(outputDtype(call), shape, result)];
  if (call.node.outputs.length > 1)
    outputs.push(fromNumbers(outputDtype(call, 1), outputShape(call, 1), inverse));
  return outputs;
};

/**
 * Normalises input + skip (+ bias) over the last axis. Inputs: input, skip, scale, then shift where there is one,
 * bias.
 */
const skipNormalization =
  (rms: boolean): Reference =>
  call => {
    const input = inputOf(call, 0);
    const { shape } = input;
    const sum = Float64Array.from(numbers(input));
    for (const term of [call.inputs[1], call.inputs[rms ? 3 : 4]]) {
      if (term === undefined) continue;
      const [data, map] = [numbers(term), broadcastIndices(term.shape, shape)];
      for (let i = 0; i < sum.length; i++) {
        sum[i] = (sum[i] as number) + (data[map ? (map[i] as number) : i] as number);
      }
    }
    const axes = [shape.length - 1];
    const epsilon = floatAttribute(call.node, 'epsilon', 1e-12);
    const normal = rms ? rootMeanSquare(sum, shape, axes, epsilon) : standardize(sum, shape, axes, epsilon);
    scaleAndShift(normal.result, shape, inputOf(call, 2), rms ? undefined : call.inputs[3]);
    const all: readonly Float64Array[] = [normal.result, normal.mean, normal.inverse, sum];
    return all
      .slice(0, call.node.outputs.length)
      .map((values, i) => fromNumbers(outputDtype(call, i), outputShape(call, i), values));
  };

/** Across `size` neighbouring channels: x / (bias + alpha / size · Σ x²)^beta. */
const localResponse: Reference = call => {
  const input = inputOf(call, 0);
  const { node } = call;
  const size = intAttribute(node, 'size');
  const [alpha, beta] = [floatAttribute(node, 'alpha', 1e-4), floatAttribute(node, 'beta', 0.75)];
  const bias = floatAttribute(node, 'bias', 1);
  const [, channels, inner] = aroundAxis(input.shape, 1);
  const data = numbers(input);
  const result = new Float64Array(data.length);
  const before = Math.floor((size - 1) / 2);
  const after = Math.ceil((size - 1) / 2);
  for (let i = 0; i < result.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    let sum = 0;
    for (let c = Math.max(0, channel - before); c <= Math.min(channels - 1, channel + after); c++) {
      sum += (data[i + (c - channel) * inner] as number) ** 2;
    }
    result[i] = (data[i] as number) / (bias + (alpha / size) * sum) ** beta;
  }
  return [fromNumbers(outputDtype(call), input.shape, result)];
};

/** Divided by the norm of order p along an axis; a zero norm gives zero. */
const lpNormalization: Reference = call => {
  const input = inputOf(call, 0);
  const p = intAttribute(call.node, 'p', 2);
  const axis = normalizeAxis(intAttribute(call.node, 'axis', -1), input.shape.length);
  const { bases, offsets } = reductionMap(input.shape, [axis]);
  const data = numbers(input);
  const result = new Float64Array(data.length);
  for (const base of bases) {
    let sum = 0;
    for (const offset of offsets) sum += Math.abs(data[base + offset] as number) ** p;
    const norm = sum ** (1 / p);
    for (const offset of offsets) {
      result[base + offset] = norm === 0 ? 0 : (data[base + offset] as number) / norm;
    }
  }
  return [fromNumbers(outputDtype(call), input.shape, result)];
};

/** (x − mean) / (deviation + 1e-9) over `axes`, by default all but channels. */
const meanVariance: Reference = call => {
  const input = inputOf(call, 0);
  const axes = (intsAttribute(call.node, 'axes') ?? [0, 2, 3]).map(axis =>
    normalizeAxis(axis, input.shape.length),
  );
  const { mean, variance, bases, offsets } = statistics(numbers(input), input.shape, axes);
  const data = numbers(input);
  const result = new Float64Array(data.length);
  for (const [i, base] of bases.entries()) {
    const deviation = Math.sqrt(variance[i] ?? 0) + 1e-9;
    for (const offset of offsets) {
      result[base + offset] = ((data[base + offset] as number) - (mean[i] ?? 0)) / deviation;
    }
  }
  return [fromNumbers(outputDtype(call), input.shape, result)];
};

export const NORMALIZATION: References = {
  Softmax: call => alongRows(call, softmaxRow),
  LogSoftmax: call => alongRows(call, logSoftmaxRow),
  Hardmax: call => alongRows(call, hardmaxRow),
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  SimplifiedLayerNormalization: rmsNormalization,
  'com.microsoft.SkipLayerNormalization': skipNormalization(false),
  'com.microsoft.SkipSimplifiedLayerNormalization': skipNormalization(true),
  LRN: localResponse,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVariance,
};
