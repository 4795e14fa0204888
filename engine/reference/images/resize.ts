// Resize and Upsample: every output coordinate is a weighted sum of input coordinates, axis by axis.

import { floatAttribute, intsAttribute } from '../../ir/attributes.ts';
import { isFloat } from '../../ir/dtypes.ts';
import { type ResizePlan, resizePlan } from '../../ir/ops/images/image.ts';
import { ALMOST_WHOLE, axisTaps, type ResizeTap, resizeRule } from '../../ir/ops/images/resampling.ts';
import { normalizeAxis } from '../../ir/tensor.ts';
import type { Shape } from '../../ir/types.ts';
import { type Call, inputOf, outputDtype, type Reference, type References } from '../call.ts';
import { aroundAxis, fromNumbers, numbers } from '../elements.ts';

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
  const dtype = outputDtype(call);
  if (!isFloat(dtype)) data = data.map(number => number + Math.sign(number) * ALMOST_WHOLE);
  return [fromNumbers(dtype, shape, data)];
};

export const RESIZE: References = { Resize: resize, Upsample: resize };
