// Between values of run-time extents and those of fixed capacity.

import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { isTypedArray, makeTensor, rowMajorStrides } from '../../ir/tensor.ts';
import type { Node, Shape, TensorData } from '../../ir/types.ts';
import {
  allocateOutput,
  inputOf,
  outputOf,
  outputShape,
  placeOutput,
  type Reference,
  type References,
} from '../call.ts';
import { scalarOf } from '../elements.ts';

/** What a bounded.Extent makes of its input's shape. */
export function extentAlong(node: Node): (shape: Shape) => number {
  const axis = intAttribute(node, 'axis');
  const growths = intsAttribute(node, 'growths') ?? [];
  return shape => {
    let count = shape[axis] ?? 0;
    for (let i = 0; i < growths.length; i += 3) {
      const [multiply = 1, add = 0, divide = 1] = [growths[i], growths[i + 1], growths[i + 2]];
      count = Math.max(0, Math.floor((multiply * count + add) / divide));
    }
    return count;
  };
}

const extent: Reference = call => {
  const count = extentAlong(call.node)(inputOf(call, 0).shape);
  return [makeTensor('int64', [], BigInt64Array.of(BigInt(count)))];
};

/** Whole runs are copied; beyond the input, slices repeat the one before. */
function fitInto(from: TensorData, shape: Shape, to: TensorData, target: Shape): void {
  if (!isTypedArray(from) || !isTypedArray(to)) throw new Error('strings have no capacity');
  const [source, result] = [from, to] as [Uint8Array, Uint8Array];
  const [steps, targetSteps] = [rowMajorStrides(shape), rowMajorStrides(target)];
  // Behind the last axis that differs, both have the same elements.
  const last = target.findLastIndex((count, axis) => count !== shape[axis]);
  const place = (axis: number, read: number, write: number): void => {
    const step = targetSteps[axis] ?? 1;
    if (axis > last) {
      const count = axis === 0 ? result.length : (targetSteps[axis - 1] ?? 0);
      result.set(source.subarray(read, read + count), write);
      return;
    }
    const [held = 0, wanted = 0] = [shape[axis], target[axis]];
    const copied = Math.min(held, wanted);
    for (let i = 0; i < copied; i++) place(axis + 1, read + i * (steps[axis] ?? 1), write + i * step);
    for (let i = copied; i < wanted && copied > 0; i++) {
      result.copyWithin(write + i * step, write + (i - 1) * step, write + i * step);
    }
  };
  if (source.length > 0 && result.length > 0) place(0, 0, 0);
}

const fitted: Reference = call => {
  const { data, shape } = inputOf(call, 0);
  const target = outputShape(call);
  const beyond = call.inputs.length === 1 && shape.some((held, axis) => held > (target[axis] ?? 0));
  if (beyond) throw new Error(`${call.node.name}: [${shape}] is beyond its capacity [${target}]`);
  const result = allocateOutput(call);
  fitInto(data, shape, result, target);
  return [outputOf(call, result)];
};

const below: Reference = call => {
  const count = scalarOf(inputOf(call, 0), 0);
  const places = placeOutput(call) as Uint8Array;
  return [outputOf(call, places.fill(1, 0, count).fill(0, count))];
};

export const BOUNDED: References = {
  'bounded.Extent': extent,
  'bounded.Fit': fitted,
  'bounded.Below': below,
};
