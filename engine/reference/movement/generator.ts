// Tensors made from attributes, shapes and a few scalars; random ones from the run's seeded generator.

import { boolAttribute, floatAttribute, intAttribute, tensorAttribute } from '../../ir/attributes.ts';
import { elementCount, makeTensor, tensorOf } from '../../ir/tensor.ts';
import type { Tensor } from '../../ir/types.ts';
import {
  allocateOutput,
  type Call,
  inputOf,
  outputDtype,
  outputOf,
  outputShape,
  type Reference,
  type References,
} from '../call.ts';
import {
  fromNumbers,
  isBigData,
  type NumberArray,
  numbers,
  numberTarget,
  scalarOf,
  settled,
} from '../elements.ts';
import { normal } from '../random.ts';

const constant: Reference = call => {
  const tensor = tensorAttribute(call.node, 'value');
  if (tensor) return [call.load(tensor)];
  const [attribute] = Object.entries(call.node.attributes).filter(([name]) => name.startsWith('value_'));
  const value = attribute?.[1].value;
  const list = (Array.isArray(value) ? value : [value]) as readonly (number | string)[];
  const dtype = outputDtype(call);
  if (dtype === 'string') return [makeTensor('string', outputShape(call), list.map(String))];
  return [tensorOf(dtype, outputShape(call), list.map(Number))];
};

const constantOfShape: Reference = call => {
  const value = tensorAttribute(call.node, 'value');
  const fill = value ? call.load(value) : tensorOf('float32', [1], [0]);
  const data = allocateOutput(call) as NumberArray;
  return [outputOf(call, data.fill(fill.data[0] as number))];
};

/** start + i · delta, exactly for 64-bit integers. */
const range: Reference = call => {
  const shape = outputShape(call);
  const [start, delta] = [inputOf(call, 0), inputOf(call, 2)];
  if (isBigData(start.data) && isBigData(delta.data)) {
    const [first, step] = [start.data[0] ?? 0n, delta.data[0] ?? 0n];
    const data = new BigInt64Array(shape[0] ?? 0);
    for (let i = 0; i < data.length; i++) data[i] = first + BigInt(i) * step;
    return [makeTensor(outputDtype(call), shape, data)];
  }
  const [first, step] = [scalarOf(start, 0), scalarOf(delta, 1)];
  const values = numberTarget(outputDtype(call), shape[0] ?? 0);
  for (let i = 0; i < values.length; i++) values[i] = first + i * step;
  return [settled(outputDtype(call), shape, values)];
};

const eyeLike: Reference = call => {
  const shape = outputShape(call);
  const k = intAttribute(call.node, 'k', 0);
  const columns = shape[1] ?? 1;
  const values = Array.from({ length: elementCount(shape) }, (_, i) =>
    (i % columns) - Math.floor(i / columns) === k ? 1 : 0,
  );
  return [fromNumbers(outputDtype(call), shape, values)];
};

/** Σ coefficient · cos(2π · k · i / N), signs alternating; N is one less when symmetric. */
const cosineWindow =
  (coefficients: readonly number[]): Reference =>
  call => {
    const shape = outputShape(call);
    const size = shape[0] ?? 0;
    const span = boolAttribute(call.node, 'periodic', true) ? size : size - 1;
    const values = Array.from({ length: size }, (_, i) =>
      coefficients.reduce((sum, c, k) => sum + (k % 2 ? -c : c) * Math.cos((2 * Math.PI * k * i) / span), 0),
    );
    return [fromNumbers(outputDtype(call), shape, values)];
  };

/** Triangular filters, equally spaced on the mel scale (2595 · log10(1 + f / 700)). */
const melWeightMatrix: Reference = call => {
  const [bands, length, rate, low, high] = [0, 1, 2, 3, 4].map(i => scalarOf(inputOf(call, i), 0));
  const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
  const hertz = (m: number) => 700 * (10 ** (m / 2595) - 1);
  const count = bands ?? 0;
  const step = (mel(high ?? 0) - mel(low ?? 0)) / (count + 2);
  const edges = Array.from({ length: count + 2 }, (_, i) =>
    Math.floor((((length ?? 0) + 1) * hertz(i * step + mel(low ?? 0))) / (rate ?? 1)),
  );
  const shape = outputShape(call);
  const values = new Float64Array(elementCount(shape));
  for (let band = 0; band < count; band++) {
    const [left = 0, centre = 0, right = 0] = edges.slice(band, band + 3);
    if (centre === left) values[centre * count + band] = 1;
    for (let i = left; i <= centre && centre > left; i++) {
      values[i * count + band] = (i - left) / (centre - left);
    }
    for (let i = centre; i < right; i++) values[i * count + band] = (right - i) / (right - centre);
  }
  return [fromNumbers(outputDtype(call), shape, values)];
};

const drawn =
  (draw: (call: Call, at: number) => number): Reference =>
  call => {
    const shape = outputShape(call);
    const values = Float64Array.from({ length: elementCount(shape) }, (_, at) => draw(call, at));
    return [fromNumbers(outputDtype(call), shape, values)];
  };

const uniform = drawn(call => {
  const [low, high] = [floatAttribute(call.node, 'low', 0), floatAttribute(call.node, 'high', 1)];
  return low + (high - low) * call.random();
});

const gaussian = drawn(
  call => floatAttribute(call.node, 'mean', 0) + floatAttribute(call.node, 'scale', 1) * normal(call.random),
);

const bernoulli: Reference = call => {
  const input: Tensor = inputOf(call, 0);
  const values = Float64Array.from(numbers(input), p => (call.random() < p ? 1 : 0));
  return [fromNumbers(outputDtype(call), input.shape, values)];
};

/** Draws classes from unnormalised log-probabilities (batch, classes). */
const multinomial: Reference = call => {
  const input = inputOf(call, 0);
  const classes = input.shape[1] ?? 1;
  const logits = numbers(input);
  const [batch = 0, samples = 0] = outputShape(call);
  const values = Float64Array.from({ length: batch * samples }, (_, at) => {
    const row = logits.subarray(Math.floor(at / samples) * classes, (Math.floor(at / samples) + 1) * classes);
    const weights = Array.from(row, Math.exp);
    let left = call.random() * weights.reduce((a, b) => a + b, 0);
    const found = weights.findIndex(weight => {
      left -= weight;
      return left < 0;
    });
    return found < 0 ? classes - 1 : found;
  });
  return [fromNumbers(outputDtype(call), outputShape(call), values)];
};

export const GENERATOR: References = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  EyeLike: eyeLike,
  HannWindow: cosineWindow([0.5, 0.5]),
  HammingWindow: cosineWindow([25 / 46, 21 / 46]),
  BlackmanWindow: cosineWindow([0.42, 0.5, 0.08]),
  MelWeightMatrix: melWeightMatrix,
  RandomUniform: uniform,
  RandomUniformLike: uniform,
  RandomNormal: gaussian,
  RandomNormalLike: gaussian,
  Bernoulli: bernoulli,
  Multinomial: multinomial,
};
