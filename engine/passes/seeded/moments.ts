// How large activations are, estimated through a graph without running it: mean and mean square of every value.
// Reseeding scales new weights by it, so that signals neither die nor run away over depth.

import { floatAttribute } from '../../ir/attributes.ts';
import { loadConstant } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { valueOf } from '../../ir/graph.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Graph, Node, Value, ValueId } from '../../ir/types.ts';

/** Elements below which a repeated value is taken for a number that means something. */
export const SMALLEST = 4;

/** Whether a stored parameter is one value over and over. */
export function isSplat({ constant, shape = [] }: Value, read: ReadBytes): boolean {
  if (!constant || constant.kind === 'computed' || elementCount(shape) < SMALLEST) return false;
  const { data } = loadConstant(constant, read);
  return (
    (data as ArrayLike<number>).length > 0 && Array.prototype.every.call(data, element => element === data[0])
  );
}

/** Mean and mean square of a value's elements. */
export interface Moment {
  readonly mean: number;
  readonly square: number;
}
/** By value. */
export type Moments = ReadonlyMap<ValueId, Moment>;
/** Of values that nothing is known of. */
export const STANDARD: Moment = { mean: 0, square: 1 };

/** Moments of values, roughly: enough that sums over residuals and rectifiers don't run away over depth. */
export function momentsOf(graph: Graph, read: ReadBytes): Moments {
  const moments = new Map<ValueId, Moment>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(id => moments.get(id ?? (-1 as ValueId)) ?? STANDARD);
    const moment = momentAfter(graph, node, inputs, read);
    for (const id of node.outputs) if (id !== undefined) moments.set(id, moment);
  }
  return moments;
}

function momentAfter(graph: Graph, node: Node, inputs: readonly Moment[], read: ReadBytes): Moment {
  const [first = STANDARD] = inputs;
  const total = (of: (moment: Moment) => number) => inputs.reduce((sum, moment) => sum + of(moment), 0);
  switch (node.op) {
    case 'Conv':
    case 'ConvTranspose':
    case 'Gemm':
    case 'MatMul':
      return STANDARD;
    case 'Relu':
      return rectified(first);
    case 'Add':
    case 'Sum': {
      const mean = total(moment => moment.mean);
      return { mean, square: mean ** 2 + total(moment => moment.square - moment.mean ** 2) };
    }
    case 'Concat':
      return {
        mean: total(moment => moment.mean) / inputs.length,
        square: total(moment => moment.square) / inputs.length,
      };
    case 'BatchNormalization':
      return normalized(graph, node, first, read);
    default:
      return first;
  }
}

/** max(x, 0) of normally distributed x; the distribution function by a logistic curve. */
function rectified({ mean, square }: Moment): Moment {
  const deviation = Math.sqrt(Math.max(1e-12, square - mean ** 2));
  const z = mean / deviation;
  const below = 1 / (1 + Math.exp(-1.702 * z));
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return {
    mean: mean * below + deviation * density,
    square: square * below + mean * deviation * density,
  };
}

/** With the parameters that stay, channel by channel; with those that are replaced, on average. */
function normalized(graph: Graph, node: Node, first: Moment, read: ReadBytes): Moment {
  const [scale, bias, mean, variance] = node.inputs.slice(1).map(id => {
    const value = id === undefined ? undefined : valueOf(graph, id);
    if (!value?.constant || value.dtype !== 'float32' || isSplat(value, read)) return undefined;
    return loadConstant(value.constant, read).data as Float32Array;
  });
  // E[factor²] · E[1 / variance] for factors and variances in [0.5, 1.5)
  if (!scale || !bias || !mean || !variance) {
    return { mean: first.mean, square: first.square * (13 / 12) * Math.log(3) };
  }
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  let sum = 0;
  let squares = 0;
  for (const [c, factor] of scale.entries()) {
    const slope = factor / Math.sqrt((variance[c] ?? 0) + epsilon);
    const center = (bias[c] ?? 0) + (first.mean - (mean[c] ?? 0)) * slope;
    sum += center;
    squares += center ** 2 + slope ** 2 * (first.square - first.mean ** 2);
  }
  return { mean: sum / scale.length, square: squares / scale.length };
}
