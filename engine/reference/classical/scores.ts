// What the classifiers of ai.onnx.ml make of raw scores: a label per row, and scores after the transform.
// Source: spec of ai.onnx.ml; where it is vague about two classes, what onnxruntime does.

import { AttributeError, intsAttribute, stringAttribute, stringsAttribute } from '../../ir/attributes.ts';
import { makeTensor } from '../../ir/tensor.ts';
import type { Node, Tensor } from '../../ir/types.ts';
import { sigmoid } from '../elementwise/scalar.ts';

/** Inverse of the error function (Winitzki's approximation), as onnxruntime has it. */
function inverseErf(x: number): number {
  const log = Math.log((1 - x) * (1 + x));
  const v = 2 / (Math.PI * 0.147) + 0.5 * log;
  return Math.sign(x) * Math.sqrt(-v + Math.sqrt(v * v - log / 0.147));
}

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const exponents = scores.map(score => Math.exp(score - largest));
  const sum = exponents.reduce((a, b) => a + b, 0);
  return exponents.map(x => x / sum);
}

/** Softmax in which scores of 0 stay 0. */
function softmaxZero(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const isZero = (score: number) => Math.abs(score) <= 1e-7;
  const exponents = scores.map(score =>
    isZero(score) ? score * Math.exp(-largest) : Math.exp(score - largest),
  );
  const sum = exponents.reduce((a, b) => a + b, 0);
  return exponents.map(x => x / sum);
}

/** Scores of one row after the node's post_transform. Throws an AttributeError for one that is unknown. */
export function transformScores(node: Node, name: string, scores: readonly number[]): number[] {
  switch (name) {
    case 'NONE':
      return [...scores];
    case 'LOGISTIC':
      return scores.map(sigmoid);
    case 'SOFTMAX':
      return softmax(scores);
    case 'SOFTMAX_ZERO':
      return softmaxZero(scores);
    case 'PROBIT':
      return scores.map(score => Math.SQRT2 * inverseErf(2 * score - 1));
    default:
      throw new AttributeError('post_transform', `unknown post_transform ${name}`, node);
  }
}

/** What the node does to its scores. */
export const postTransform = (node: Node): string => stringAttribute(node, 'post_transform', 'NONE');

/** The two scores of a row whose one score decides: probabilities add up to 1, others are opposite. */
export function bothScores(node: Node, score: number, isProbability: boolean): number[] {
  const transform = postTransform(node);
  if (transform === 'PROBIT') return transformScores(node, transform, [score]);
  if (transform === 'LOGISTIC') return [sigmoid(-score), sigmoid(score)];
  return isProbability ? [1 - score, score] : [-score, score];
}

/** A tensor of labels, by their index; without names the index is the label. */
export function labelTensor(node: Node, indices: readonly number[]): Tensor {
  const texts = stringsAttribute(node, 'classlabels_strings') ?? [];
  if (texts.length > 0)
    return makeTensor(
      'string',
      [indices.length],
      indices.map(i => texts[i] ?? ''),
    );
  const numbers = intsAttribute(node, 'classlabels_int64s') ?? intsAttribute(node, 'classlabels_ints') ?? [];
  const data = BigInt64Array.from(indices, i => BigInt(numbers[i] ?? i));
  return makeTensor('int64', [indices.length], data);
}

/** Index of the first largest. */
export const largestIndex = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores));
