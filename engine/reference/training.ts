// Losses and optimisers.

import { floatAttribute, hasAttribute, intAttribute, stringAttribute } from '../ir/attributes.ts';
import type { Tensor } from '../ir/types.ts';
import { type Call, inputOf, outputDtype, outputShape, type Reference, type References } from './call.ts';
import { aroundAxis, fromNumbers, numbers, scalarOf } from './elements.ts';

/** −weight[target] · logProbability[target], reduced. Log-probabilities (N, C, …), target (N, …). */
function negativeLogLikelihood(call: Call, logProbabilities: ArrayLike<number>): Tensor {
  const { node } = call;
  const [, classes, inner] = aroundAxis(inputOf(call, 0).shape, 1);
  const target = numbers(inputOf(call, 1));
  const weights = call.inputs[2] && numbers(call.inputs[2]);
  const ignored = hasAttribute(node, 'ignore_index') ? intAttribute(node, 'ignore_index') : undefined;
  const losses = new Float64Array(target.length);
  let totalWeight = 0;
  for (let i = 0; i < target.length; i++) {
    const label = target[i] ?? 0;
    if (label === ignored) continue;
    const weight = weights?.[label] ?? 1;
    totalWeight += weight;
    const at = (Math.floor(i / inner) * classes + label) * inner + (i % inner);
    losses[i] = -weight * (logProbabilities[at] ?? 0);
  }
  const reduction = stringAttribute(node, 'reduction', 'mean');
  const dtype = outputDtype(call);
  if (reduction === 'none') return fromNumbers(dtype, outputShape(call), losses);
  const sum = losses.reduce((a, b) => a + b, 0);
  return fromNumbers(dtype, [], [reduction === 'sum' ? sum : sum / totalWeight]);
}

const negativeLogLikelihoodLoss: Reference = call => [negativeLogLikelihood(call, numbers(inputOf(call, 0)))];

const softmaxCrossEntropyLoss: Reference = call => {
  const scores = inputOf(call, 0);
  const [outer, classes, inner] = aroundAxis(scores.shape, 1);
  const data = numbers(scores);
  const result = new Float64Array(data.length);
  for (let row = 0; row < outer * inner; row++) {
    const base = Math.floor(row / inner) * classes * inner + (row % inner);
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, data[base + c * inner] ?? 0);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp((data[base + c * inner] ?? 0) - largest);
    const log = largest + Math.log(sum);
    for (let c = 0; c < classes; c++) result[base + c * inner] = (data[base + c * inner] ?? 0) - log;
  }
  return [negativeLogLikelihood(call, result), fromNumbers(scores.dtype, scores.shape, result)];
};

/** New values of one parameter from its elements in every group of inputs. */
type Update = (elements: readonly number[], rate: number, step: number) => readonly number[];

/** R, T, then groups of tensors; the update gives one value per output group. */
const optimizer =
  (groups: number, make: (call: Call) => Update): Reference =>
  call => {
    const update = make(call);
    const rate = scalarOf(inputOf(call, 0), 0);
    const step = scalarOf(inputOf(call, 1), 0);
    const count = (call.inputs.length - 2) / groups;
    const outputs: Tensor[] = [];
    for (let parameter = 0; parameter < count; parameter++) {
      const tensors = Array.from({ length: groups }, (_, g) => inputOf(call, 2 + g * count + parameter));
      const data = tensors.map(numbers);
      const first = tensors[0];
      if (first === undefined) continue;
      const updated = Array.from({ length: first.data.length }, (_, i) =>
        update(
          data.map(list => list[i] ?? 0),
          rate,
          step,
        ),
      );
      for (let g = 0; g < (updated[0]?.length ?? 0); g++) {
        outputs[g * count + parameter] = fromNumbers(
          first.dtype,
          first.shape,
          updated.map(values => values[g] ?? 0),
        );
      }
    }
    return outputs;
  };

const regularized = (call: Call) => {
  const factor = floatAttribute(call.node, 'norm_coefficient', 0);
  return (x: number, gradient: number): number => factor * x + gradient;
};

/** Duchi et al., 2011. */
const adagrad = optimizer(3, call => {
  const decay = floatAttribute(call.node, 'decay_factor', 0);
  const epsilon = floatAttribute(call.node, 'epsilon', 0);
  const slope = regularized(call);
  return ([x = 0, gradient = 0, squares = 0], rate, step) => {
    const g = slope(x, gradient);
    const sum = squares + g * g;
    return [x - ((rate / (1 + step * decay)) * g) / (Math.sqrt(sum) + epsilon), sum];
  };
});

/** arXiv 1412.6980. */
const adam = optimizer(4, call => {
  const alpha = floatAttribute(call.node, 'alpha', 0.9);
  const beta = floatAttribute(call.node, 'beta', 0.999);
  const epsilon = floatAttribute(call.node, 'epsilon', 0);
  const after = floatAttribute(call.node, 'norm_coefficient_post', 0);
  const slope = regularized(call);
  return ([x = 0, gradient = 0, first = 0, second = 0], rate, step) => {
    const g = slope(x, gradient);
    const v = alpha * first + (1 - alpha) * g;
    const h = beta * second + (1 - beta) * g * g;
    const adjusted = step > 0 ? (rate * Math.sqrt(1 - beta ** step)) / (1 - alpha ** step) : rate;
    return [(1 - after) * (x - (adjusted * v) / (Math.sqrt(h) + epsilon)), v, h];
  };
});

const momentum = optimizer(3, call => {
  const alpha = floatAttribute(call.node, 'alpha');
  const beta = floatAttribute(call.node, 'beta');
  const nesterov = stringAttribute(call.node, 'mode') === 'nesterov';
  const slope = regularized(call);
  return ([x = 0, gradient = 0, velocity = 0], rate, step) => {
    const g = slope(x, gradient);
    const v = alpha * velocity + (step > 0 ? beta : 1) * g;
    return [x - rate * (nesterov ? g + alpha * v : v), v];
  };
});

export const TRAINING: References = {
  NegativeLogLikelihoodLoss: negativeLogLikelihoodLoss,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropyLoss,
  'ai.onnx.preview.training.Adagrad': adagrad,
  'ai.onnx.preview.training.Adam': adam,
  'ai.onnx.preview.training.Momentum': momentum,
};
