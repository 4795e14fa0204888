// Convolutions over (N, C, spatial…), summed in double precision, one weight at a time over a plane of outputs.

import { floatsAttribute, intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { fusedActivation } from '../../ir/fused-activation.ts';
import { slidingWindow, transposedWindow } from '../../ir/ops/layers/window.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Node, Shape, Tensor } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from '../call.ts';
import { fromNumbers, type NumberArray, numbers } from '../elements.ts';
import { ACTIVATIONS, NUMERIC, type NumberFunction } from '../elementwise/activations.ts';
import { multiply } from '../linear-algebra/matmul.ts';
import { triple, validRange, type Window3, window3 } from './window.ts';

/** Sizes of one convolution. */
interface Channels {
  readonly batch: number;
  readonly groups: number;
  /** per group */
  readonly inputs: number;
  /** per group */
  readonly outputs: number;
}

const volume = ([a, b, c]: readonly [number, number, number]): number => a * b * c;

/** Most elements of a column matrix held at once. */
const COLUMN_ELEMENTS = 1 << 20;

/** Columns of one group's inputs: row (channel, tap), column one place of the output rows [begin, end); padding is 0. */
function columnsOf(
  input: NumberArray,
  base: number,
  inputs: number,
  window: Window3,
  [begin, end]: readonly [number, number],
): Float64Array {
  const [depth, rows, across] = window.input;
  const [, height, breadth] = window.output;
  const width = (end - begin) * breadth;
  const taps = volume(window.kernel);
  const columns = new Float64Array(inputs * taps * width);
  const step = window.strides[2];
  forEachTap(window, (tap, [dz, dy, dx]) => {
    const [first, last] = validRange(across, step, dx, breadth);
    for (let row = begin; row < end; row++) {
      const y = (row % height) * window.strides[1] + dy;
      const z = Math.floor(row / height) * window.strides[0] + dz;
      if (y < 0 || z < 0 || y >= rows || z >= depth) continue;
      for (let channel = 0; channel < inputs; channel++) {
        const from = base + ((channel * depth + z) * rows + y) * across + dx;
        const to = (channel * taps + tap) * width + (row - begin) * breadth;
        for (let x = first; x < last; x++) columns[to + x] = input[from + x * step] as number;
      }
    }
  });
  return columns;
}

/** Plain convolution of numbers; `bias` has one number per output channel. */
function convolve(
  input: NumberArray,
  weights: NumberArray,
  bias: NumberArray | undefined,
  { batch, groups, inputs, outputs }: Channels,
  window: Window3,
): Float64Array {
  const [layers, height, breadth] = window.output;
  const plane = volume(window.output);
  const depth = inputs * volume(window.kernel);
  const block = Math.max(1, Math.floor(COLUMN_ELEMENTS / Math.max(1, depth * breadth)));
  const result = new Float64Array(batch * groups * outputs * plane);
  for (let n = 0; n < batch * groups; n++) {
    const group = n % groups;
    const from = n * inputs * volume(window.input);
    for (let begin = 0; begin < layers * height; begin += block) {
      const end = Math.min(layers * height, begin + block);
      const columns = columnsOf(input, from, inputs, window, [begin, end]);
      const width = (end - begin) * breadth;
      const sums = new Float64Array(outputs * width);
      const filter = { data: weights, base: group * outputs * depth };
      multiply(sums, 0, filter, { data: columns, base: 0 }, [outputs, depth, width]);
      for (let o = 0; o < outputs; o++) {
        const offset = bias?.[group * outputs + o] ?? 0;
        const to = (n * outputs + o) * plane + begin * breadth;
        for (let i = 0; i < width; i++) result[to + i] = (sums[o * width + i] as number) + offset;
      }
    }
  }
  return result;
}

/** Visits kernel positions in row-major order with the input offset each adds to output · stride. */
function forEachTap(
  window: Window3,
  visit: (tap: number, offsets: readonly [number, number, number]) => void,
): void {
  const { kernel, dilations, pads } = window;
  let tap = 0;
  for (let z = 0; z < kernel[0]; z++) {
    for (let y = 0; y < kernel[1]; y++) {
      for (let x = 0; x < kernel[2]; x++) {
        visit(tap++, [z * dilations[0] - pads[0], y * dilations[1] - pads[1], x * dilations[2] - pads[2]]);
      }
    }
  }
}

export interface ConvolutionSetting {
  readonly channels: Channels;
  readonly window: Window3;
}

/** Sizes and window of a convolution node over these shapes. */
function convolutionSetting(node: Node, input: Shape, weights: Shape): ConvolutionSetting {
  const groups = intAttribute(node, 'group', 1);
  const kernel = intsAttribute(node, 'kernel_shape') ?? weights.slice(2);
  const spatial = input.slice(2);
  return {
    channels: {
      batch: input[0] ?? 0,
      groups,
      inputs: weights[1] ?? 0,
      outputs: (weights[0] ?? 0) / groups,
    },
    window: window3(slidingWindow(node, spatial, kernel), spatial),
  };
}

function convolutionOf(call: Call): Float64Array {
  const [input, weights, bias] = [inputOf(call, 0), inputOf(call, 1), call.inputs[2]];
  const { channels, window } = convolutionSetting(call.node, input.shape, weights.shape);
  return convolve(numbers(input), numbers(weights), bias && numbers(bias), channels, window);
}

const conv: Reference = call => [fromNumbers(outputDtype(call), outputShape(call), convolutionOf(call))];

/** The activation a fused operator names, with its parameters in order. */
function activationOf(node: Node): NumberFunction {
  const name = fusedActivation(node);
  const parameters = floatsAttribute(node, 'activation_params') ?? [];
  if (name === '') return x => x;
  if (name === 'Clip') {
    const [low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY] = parameters;
    return x => Math.min(Math.max(x, low), high);
  }
  const make = ACTIVATIONS[name] ?? NUMERIC[name];
  if (make === undefined) throw new Error(`${node.op}: no reference of the activation ${name}`);
  const names = name === 'HardSigmoid' ? ['alpha', 'beta'] : ['alpha'];
  const attributes = Object.fromEntries(
    names.flatMap((key, i) => {
      const value = parameters[i];
      return value === undefined ? [] : [[key, { type: 'float' as const, value }]];
    }),
  );
  return make({ ...node, op: name, attributes });
}

/** Convolution, then an optional residual (input 3), then an activation. */
const fusedConv: Reference = call => {
  const sums = convolutionOf(call);
  const residual = call.inputs[3] && numbers(call.inputs[3]);
  const activate = activationOf(call.node);
  const result = sums.map((sum, i) => activate(sum + (residual?.[i] ?? 0)));
  return [fromNumbers(outputDtype(call), outputShape(call), result)];
};

/** Weights (C, M / group, kernel…): every input element adds its weights to the outputs around it. */
const convTranspose: Reference = call => {
  const [input, weights, bias] = [inputOf(call, 0), inputOf(call, 1), call.inputs[2]];
  const groups = intAttribute(call.node, 'group', 1);
  const spatial = input.shape.slice(2);
  const kernel = intsAttribute(call.node, 'kernel_shape') ?? weights.shape.slice(2);
  const window = window3(transposedWindow(call.node, spatial, kernel), spatial);
  const shape = outputShape(call);
  const inputs = (input.shape[1] ?? 0) / groups;
  const outputs = weights.shape[1] ?? 0;
  const [planeIn, planeOut, taps] = [volume(window.input), volume(window.output), volume(window.kernel)];
  const result = new Float64Array(elementCount(shape));
  const [data, filter] = [numbers(input), numbers(weights)];
  const offset = bias && numbers(bias);
  for (let n = 0; n < (input.shape[0] ?? 0); n++) {
    for (let o = 0; o < groups * outputs; o++) {
      const to = (n * groups * outputs + o) * planeOut;
      result.fill(offset?.[o] ?? 0, to, to + planeOut);
      const group = Math.floor(o / outputs);
      for (let i = 0; i < inputs; i++) {
        const channel = group * inputs + i;
        const from = (n * groups * inputs + channel) * planeIn;
        forEachTap(window, (tap, offsets) => {
          const weight = filter[(channel * outputs + (o % outputs)) * taps + tap] ?? 0;
          scatterPlane(result, to, data, from, weight, offsets, window);
        });
      }
    }
  }
  return [fromNumbers(outputDtype(call), shape, result)];
};

/** out[i · stride + offset] += weight · in[i] for every input whose output is inside. */
function scatterPlane(
  to: Float64Array,
  toBase: number,
  from: NumberArray,
  fromBase: number,
  weight: number,
  offsets: readonly [number, number, number],
  window: Window3,
): void {
  const { strides, input, output } = window;
  const [z0, z1] = validRange(output[0], strides[0], offsets[0], input[0]);
  const [y0, y1] = validRange(output[1], strides[1], offsets[1], input[1]);
  const [x0, x1] = validRange(output[2], strides[2], offsets[2], input[2]);
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      const row = (z * strides[0] + offsets[0]) * output[1] + y * strides[1] + offsets[1];
      const source = fromBase + (z * input[1] + y) * input[2];
      for (let x = x0; x < x1; x++) {
        const at = toBase + row * output[2] + x * strides[2] + offsets[2];
        to[at] = (to[at] as number) + weight * (from[source + x] as number);
      }
    }
  }
}

/** Convolution of integers less their zero points (input per tensor, weights per tensor or output channel). */
export function convolveIntegers(
  node: Node,
  input: Tensor,
  weights: Tensor,
  inputZero: number,
  weightZero: Tensor | undefined,
  bias?: Tensor,
): Float64Array {
  const { channels, window } = convolutionSetting(node, input.shape, weights.shape);
  const data = Float64Array.from(numbers(input), x => x - inputZero);
  const zeros = weightZero ? numbers(weightZero) : [0];
  const perChannel = elementCount(weights.shape.slice(1));
  const filter = Float64Array.from(
    numbers(weights),
    (x, i) => x - (zeros[zeros.length === 1 ? 0 : Math.floor(i / perChannel)] ?? 0),
  );
  return convolve(data, filter, bias && numbers(bias), channels, window);
}

const convInteger: Reference = call => {
  const [input, weights] = [inputOf(call, 0), inputOf(call, 1)];
  const zero = Number(call.inputs[2]?.data[0] ?? 0);
  const sums = convolveIntegers(call.node, input, weights, zero, call.inputs[3]);
  return [fromNumbers('int32', outputShape(call), sums)];
};

/** Adds every column element to the place of the image it was taken from. */
const col2Im: Reference = call => {
  const columns = inputOf(call, 0);
  const image = Array.from(numbers(inputOf(call, 1)));
  const block = Array.from(numbers(inputOf(call, 2)));
  const window = window3(slidingWindow(call.node, image, block), image);
  const shape = outputShape(call);
  const [taps, places, plane] = [volume(window.kernel), volume(window.output), volume(window.input)];
  const data = numbers(columns);
  const result = new Float64Array(elementCount(shape));
  // Seen from the columns, the image is the output of a transposed convolution with weights 1.
  const spread: Window3 = { ...window, input: triple(window.output, 1), output: triple(window.input, 1) };
  for (let channel = 0; channel < (shape[0] ?? 0) * (shape[1] ?? 0); channel++) {
    forEachTap(window, (tap, offsets) => {
      scatterPlane(result, channel * plane, data, (channel * taps + tap) * places, 1, offsets, spread);
    });
  }
  return [fromNumbers(outputDtype(call), shape, result)];
};

export const CONVOLUTION: References = {
  Conv: conv,
  'com.microsoft.FusedConv': fusedConv,
  ConvTranspose: convTranspose,
  ConvInteger: convInteger,
  Col2Im: col2Im,
};
