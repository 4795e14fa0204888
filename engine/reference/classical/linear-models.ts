// Linear classifiers and support vector machines (ai.onnx.ml). Source: spec; libsvm for the coupling of
// probabilities of pairs (Wu, Lin and Weng, JMLR 5, 2004).

import { floatsAttribute, intAttribute, intsAttribute, stringAttribute } from '../../ir/attributes.ts';
import { classLabels } from '../../ir/ops/classical/classical.ts';
import type { Node } from '../../ir/types.ts';
import { type Call, outputShape, type Reference, type References } from '../call.ts';
import { fromNumbers, type NumberArray } from '../elements.ts';
import { sigmoid } from '../elementwise/scalar.ts';
import { featureRows } from './feature-rows.ts';
import { bothScores, labelTensor, largestIndex, postTransform, transformScores } from './scores.ts';

type Row = ArrayLike<number>;

function dot(a: Row, b: Row, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

interface Decision {
  readonly label: number;
  readonly scores: readonly number[];
}

/** Labels and scores of all rows. */
function decisions(call: Call, decide: (row: NumberArray) => Decision) {
  const all = featureRows(call).map(decide);
  const labels = labelTensor(
    call.node,
    all.map(({ label }) => label),
  );
  const scores = fromNumbers(
    'float32',
    outputShape(call, 1),
    all.flatMap(({ scores: own }) => own),
  );
  return [labels, scores];
}

const linearClassifier: Reference = call => {
  const { node } = call;
  const coefficients = floatsAttribute(node, 'coefficients') ?? [];
  const { count: labels } = classLabels(node);
  const intercepts = floatsAttribute(node, 'intercepts') ?? new Array<number>(labels).fill(0);
  return decisions(call, row => {
    const raw = intercepts.map(
      (intercept, i) => intercept + dot(coefficients.slice(i * row.length), row, row.length),
    );
    const [only = 0] = raw;
    if (raw.length === 1 && labels === 2) {
      return { label: only > 0 ? 1 : 0, scores: bothScores(node, only, true) };
    }
    const label = raw.length === 1 ? (only > 0 ? 1 : 0) : largestIndex(raw);
    return { label, scores: transformScores(node, postTransform(node), raw) };
  });
};

/** The kernel of a machine: linear, polynomial, radial or sigmoid. */
function kernelOf(node: Node): (a: Row, b: Row, length: number) => number {
  const [gamma = 0, coef0 = 0, degree = 0] = floatsAttribute(node, 'kernel_params') ?? [];
  switch (stringAttribute(node, 'kernel_type', 'LINEAR')) {
    case 'POLY':
      return (a, b, n) => (gamma * dot(a, b, n) + coef0) ** degree;
    case 'SIGMOID':
      return (a, b, n) => Math.tanh(gamma * dot(a, b, n) + coef0);
    case 'RBF':
      return (a, b, n) => {
        let squares = 0;
        for (let i = 0; i < n; i++) squares += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
        return Math.exp(-gamma * squares);
      };
    default:
      return dot;
  }
}

const svmRegressor: Reference = call => {
  const { node } = call;
  const kernel = kernelOf(node);
  const coefficients = floatsAttribute(node, 'coefficients') ?? [];
  const vectors = floatsAttribute(node, 'support_vectors') ?? [];
  const count = intAttribute(node, 'n_supports', 0);
  const [rho = 0] = floatsAttribute(node, 'rho') ?? [];
  const oneClass = intAttribute(node, 'one_class', 0) !== 0;
  const values = featureRows(call).map(row => {
    let sum = rho;
    if (count === 0) sum += kernel(row, coefficients, row.length);
    for (let i = 0; i < count; i++) {
      sum +=
        (coefficients[i] ?? 0) * kernel(row, vectors.slice(i * row.length, (i + 1) * row.length), row.length);
    }
    if (oneClass) return sum > 0 ? 1 : -1;
    return transformScores(node, postTransform(node), [sum])[0] ?? sum;
  });
  return [fromNumbers('float32', outputShape(call), values)];
};

/** Probabilities of classes from those of pairs, r[i · k + j] of i against j. */
function coupled(k: number, r: readonly number[]): number[] {
  const at = (i: number, j: number) => r[i * k + j] ?? 0;
  const q = Array.from({ length: k }, (_, t) =>
    Array.from({ length: k }, (__, j) => {
      if (t !== j) return -at(j, t) * at(t, j);
      let sum = 0;
      for (let i = 0; i < k; i++) if (i !== t) sum += at(i, t) ** 2;
      return sum;
    }),
  );
  const p = new Array<number>(k).fill(1 / k);
  const entry = (t: number, j: number) => q[t]?.[j] ?? 0;
  for (let turn = 0; turn < Math.max(100, k); turn++) {
    const qp = p.map((_, t) => p.reduce((sum, value, j) => sum + entry(t, j) * value, 0));
    let pQp = p.reduce((sum, value, t) => sum + value * (qp[t] ?? 0), 0);
    if (Math.max(...qp.map(value => Math.abs(value - pQp))) < 0.005 / k) break;
    for (let t = 0; t < k; t++) {
      const step = (pQp - (qp[t] ?? 0)) / entry(t, t);
      p[t] = (p[t] ?? 0) + step;
      pQp = (pQp + step * (step * entry(t, t) + 2 * (qp[t] ?? 0))) / (1 + step) ** 2;
      for (let j = 0; j < k; j++) {
        qp[j] = ((qp[j] ?? 0) + step * entry(t, j)) / (1 + step);
        p[j] = (p[j] ?? 0) / (1 + step);
      }
    }
  }
  return p;
}

interface Machine {
  readonly kernel: (a: Row, b: Row, length: number) => number;
  readonly vectors: readonly number[];
  readonly perClass: readonly number[];
  readonly coefficients: readonly number[];
  readonly rho: readonly number[];
}

/** One score per pair of classes: above 0 speaks for the first. */
function pairScores(machine: Machine, row: NumberArray): number[] {
  const { kernel, vectors, perClass, coefficients, rho } = machine;
  const total = perClass.reduce((a, b) => a + b, 0);
  const width = row.length;
  const kernels = Array.from({ length: total }, (_, i) =>
    kernel(row, vectors.slice(i * width, (i + 1) * width), width),
  );
  const starts = perClass.map((_, i) => perClass.slice(0, i).reduce((a, b) => a + b, 0));
  const part = (own: number, other: number): number => {
    let sum = 0;
    const [start = 0, line] = [starts[own], other > own ? other - 1 : other];
    for (let i = start; i < start + (perClass[own] ?? 0); i++) {
      sum += (coefficients[line * total + i] ?? 0) * (kernels[i] ?? 0);
    }
    return sum;
  };
  const scores: number[] = [];
  for (let i = 0; i < perClass.length; i++) {
    for (let j = i + 1; j < perClass.length; j++) {
      scores.push(part(i, j) + part(j, i) + (rho[scores.length] ?? 0));
    }
  }
  return scores;
}

/** Wins of each class over the others. */
function votesOf(classes: number, scores: readonly number[]): number[] {
  const votes = new Array<number>(classes).fill(0);
  let at = 0;
  for (let i = 0; i < classes; i++) {
    for (let j = i + 1; j < classes; j++) {
      const winner = (scores[at++] ?? 0) > 0 ? i : j;
      votes[winner] = (votes[winner] ?? 0) + 1;
    }
  }
  return votes;
}

function probabilities(node: Node, classes: number, scores: readonly number[]): number[] {
  const [a, b] = [floatsAttribute(node, 'prob_a') ?? [], floatsAttribute(node, 'prob_b') ?? []];
  const pairs = new Array<number>(classes * classes).fill(0);
  let at = 0;
  for (let i = 0; i < classes; i++) {
    for (let j = i + 1; j < classes; j++) {
      const p = 1 - sigmoid((scores[at] ?? 0) * (a[at] ?? 0) + (b[at] ?? 0));
      pairs[i * classes + j] = Math.min(Math.max(p, 1e-7), 1 - 1e-7);
      pairs[j * classes + i] = 1 - (pairs[i * classes + j] ?? 0);
      at++;
    }
  }
  return coupled(classes, pairs);
}

const svmClassifier: Reference = call => {
  const { node } = call;
  const perClass = intsAttribute(node, 'vectors_per_class') ?? [];
  const coefficients = floatsAttribute(node, 'coefficients') ?? [];
  const rho = floatsAttribute(node, 'rho') ?? [];
  const kernel = kernelOf(node);
  const vectors = floatsAttribute(node, 'support_vectors') ?? [];
  const { count: labels } = classLabels(node);
  const transform = postTransform(node);
  const hasProbabilities = (floatsAttribute(node, 'prob_a') ?? []).length > 0;
  return decisions(call, row => {
    if (perClass.length === 0) {
      const raw = Array.from(
        { length: labels },
        (_, i) => kernel(row, coefficients.slice(i * row.length), row.length) + (rho[0] ?? 0),
      );
      return { label: largestIndex(raw), scores: transformScores(node, transform, raw) };
    }
    const pairs = pairScores({ kernel, vectors, perClass, coefficients, rho }, row);
    const label = largestIndex(votesOf(perClass.length, pairs));
    const [only = 0] = pairs;
    const scores = hasProbabilities ? probabilities(node, perClass.length, pairs) : pairs;
    return {
      label,
      scores:
        scores.length === 1 && labels === 2
          ? bothScores(node, only, false)
          : transformScores(node, transform, scores),
    };
  });
};

export const LINEAR_MODELS: References = {
  'ai.onnx.ml.LinearClassifier': linearClassifier,
  'ai.onnx.ml.SVMRegressor': svmRegressor,
  'ai.onnx.ml.SVMClassifier': svmClassifier,
};
