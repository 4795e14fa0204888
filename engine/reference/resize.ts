// Resize and Upsample: every output coordinate is a weighted sum of input coordinates, axis by axis.

import { floatAttribute, intsAttribute } from '../ir/attributes.ts';
import { type ResizePlan, resizePlan } from '../ir/ops/image.ts';
import {
  nearestIndex,
  originalCoordinate,
  type ResizeAxis,
  type ResizeRule,
  resizeRule,
} from '../ir/ops/resampling.ts';
import { normalizeAxis } from '../ir/tensor.ts';
import type { Shape } from '../ir/types.ts';
import { type Call, inputOf, outputDtype, type Reference, type References } from './call.ts';
import { aroundAxis, fromNumbers, numbers } from './elements.ts';

/** Weights of input coordinates for one output coordinate; `outside` takes the extrapolation value. */
export interface ResizeTap {
  readonly indices: readonly number[];
  readonly weights: readonly number[];
  readonly outside: boolean;
}

/** Keys' cubic convolution kernel (1981). */
function cubicWeight(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  if (d < 2) return a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a;
  return 0;
}

const linearWeight = (distance: number): number => Math.max(0, 1 - Math.abs(distance));

/** Weights around x of a kernel with this radius, widened by `stretch` when shrinking with antialiasing. */
function kernelTap(x: number, radius: number, stretch: number, weight: (d: number) => number) {
  const indices: number[] = [];
  const weights: number[] = [];
  const first = Math.floor(x - radius * stretch) + 1;
  const last = Math.ceil(x + radius * stretch) - 1;
  for (let i = Math.min(first, Math.floor(x)); i <= Math.max(last, Math.floor(x)); i++) {
    indices.push(i);
    weights.push(weight((i - x) / stretch));
  }
  return { indices, weights };
}

function tapOf(x: number, rule: ResizeRule, axis: ResizeAxis): ResizeTap {
  const outside = rule.coordinates === 'tf_crop_and_resize' && (x < 0 || x > axis.input - 1);
  const clampIndex = (i: number) => Math.min(Math.max(i, 0), axis.input - 1);
  if (rule.mode === 'nearest') {
    return { indices: [clampIndex(nearestIndex(x, rule.nearest, axis.scale))], weights: [1], outside };
  }
  const stretch = rule.antialias && axis.scale < 1 ? 1 / axis.scale : 1;
  const raw =
    rule.mode === 'cubic'
      ? kernelTap(x, 2, stretch, d => cubicWeight(d, rule.cubic))
      : kernelTap(x, 1, stretch, linearWeight);
  const weights = raw.weights.map((weight, i) => {
    const index = raw.indices[i] ?? 0;
    return rule.excludeOutside && (index < 0 || index >= axis.input) ? 0 : weight;
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  return { indices: raw.indices.map(clampIndex), weights: weights.map(weight => weight / sum), outside };
}

/** The taps of every output coordinate of one axis. */
export function axisTaps(rule: ResizeRule, axis: ResizeAxis): ResizeTap[] {
  return Array.from({ length: axis.output }, (_, x) =>
    tapOf(originalCoordinate(x, rule.coordinates, axis), rule, axis),
  );
}

/** Regions of interest per axis; the input lists all starts, then all ends. */
function roiOf(call: Call, rank: number): [number, number][] {
  const whole = Array.from({ length: rank }, (): [number, number] => [0, 1]);
  const roi = call.node.version >= 11 ? call.inputs[1] : undefined;
  if (roi === undefined || roi.data.length === 0) return whole;
  const list = numbers(roi);
  const axes =
    intsAttribute(call.node, 'axes')?.map(axis => normalizeAxis(axis, rank)) ?? whole.map((_, i) => i);
  for (const [i, axis] of axes.entries()) whole[axis] = [list[i] ?? 0, list[i + axes.length] ?? 1];
  return whole;
}

/** One axis at a time. */
function resizeAxis(
  data: Float64Array,
  shape: Shape,
  axis: number,
  taps: readonly ResizeTap[],
  outsideValue: number,
) {
  const [outer, along, inner] = aroundAxis(shape, axis);
  const result = new Float64Array(outer * taps.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [x, { indices, weights, outside }] of taps.entries()) {
      const to = (o * taps.length + x) * inner;
      if (outside) {
        result.fill(outsideValue, to, to + inner);
        continue;
      }
      for (let t = 0; t < indices.length; t++) {
        const from = (o * along + (indices[t] as number)) * inner;
        const weight = weights[t] as number;
        for (let i = 0; i < inner; i++) {
          result[to + i] = (result[to + i] as number) + weight * (data[from + i] as number);
        }
      }
    }
  }
  return result;
}

const resize: Reference = call => {
  const input = inputOf(call, 0);
  const plan: ResizePlan = resizePlan(call.context);
  const rule = resizeRule(call.node);
  const roi = roiOf(call, input.shape.length);
  const outsideValue = floatAttribute(call.node, 'extrapolation_value', 0);
  let data = Float64Array.from(numbers(input));
  let shape: number[] = [...input.shape];
  for (const [axis, output] of plan.shape.entries()) {
    const scale = plan.scales[axis] ?? 1;
    if (output === shape[axis] && scale === 1 && rule.coordinates !== 'tf_crop_and_resize') continue;
    const taps = axisTaps(rule, { input: shape[axis] ?? 1, output, scale, roi: roi[axis] ?? [0, 1] });
    data = resizeAxis(data, shape, axis, taps, outsideValue);
    shape = shape.map((extent, i) => (i === axis ? output : extent));
  }
  return [fromNumbers(outputDtype(call), shape, data)];
};

export const RESIZE: References = { Resize: resize, Upsample: resize };
