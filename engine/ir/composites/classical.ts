// Operators of ai.onnx.ml that are arithmetic on features.

import {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
} from '../attributes.ts';
import { attr } from '../graph.ts';
import { tensorOf } from '../tensor.ts';
import type { Composer } from './composer.ts';
import type { Composite } from './composite.ts';

const vector = <V>(c: Composer<V>, values: readonly number[]): V =>
  c.constant(tensorOf('float32', [values.length], values));

/** (x − offset) · scale, each one number or one per feature. */
function scaler<V>(c: Composer<V>): V[] {
  const x = c.cast(c.input(0), 'float32');
  const offset = vector(c, floatsAttribute(c.node, 'offset') ?? [0]);
  return [c.mul(c.apply('Sub', [x, offset]), vector(c, floatsAttribute(c.node, 'scale') ?? [1]))];
}

/** Rows divided by their norm; rows of zeros stay. */
function normalizer<V>(c: Composer<V>): V[] {
  const x = c.cast(c.input(0), 'float32');
  const last = c.ints(-1);
  const norm = stringAttribute(c.node, 'norm', 'MAX');
  const op = { MAX: 'ReduceMax', L1: 'ReduceL1', L2: 'ReduceL2' }[norm] ?? c.fail(`unknown norm ${norm}`);
  const size = c.apply(op, [x, last], { keepdims: attr.int(1) });
  const one = c.number(1, x);
  const divisor = c.apply('Where', [c.apply('Equal', [size, c.number(0, x)]), one, size]);
  return [c.apply('Div', [x, divisor])];
}

/** What equals the replaced value becomes the imputed one: one number, or one per feature. */
function imputer<V>(c: Composer<V>): V[] {
  const x = c.input(0);
  const integral = c.dtype(x).includes('int');
  const values =
    (integral
      ? intsAttribute(c.node, 'imputed_value_int64s')
      : floatsAttribute(c.node, 'imputed_value_floats')) ?? c.fail('the imputed values are missing');
  const replaced = integral
    ? intAttribute(c.node, 'replaced_value_int64', 0)
    : floatAttribute(c.node, 'replaced_value_float', 0);
  const imputed = c.constant(tensorOf(c.dtype(x), [values.length], values));
  const found = Number.isNaN(replaced) ? c.apply('IsNaN', [x]) : c.apply('Equal', [x, c.number(replaced, x)]);
  return [c.apply('Where', [found, imputed, x])];
}

/** Features of all inputs side by side. */
function featureVectorizer<V>(c: Composer<V>): V[] {
  const parts = c.inputs.map((_, i) => {
    const x = c.cast(c.input(i), 'float32');
    const shape = c.shape(x);
    const rows = shape.length < 2 ? 1 : (shape[0] ?? 0);
    return c.reshape(x, [rows, shape.reduce((a, b) => a * b, 1) / Math.max(1, rows)]);
  });
  return [c.concat(1, ...parts)];
}

/** x · coefficientsᵀ + intercepts, transformed. */
function linearRegressor<V>(c: Composer<V>): V[] {
  const given = c.cast(c.input(0), 'float32');
  const shape = c.shape(given);
  const x = shape.length === 1 ? c.reshape(given, [1, shape[0] ?? 0]) : given;
  const targets = intAttribute(c.node, 'targets', 1);
  const coefficients = floatsAttribute(c.node, 'coefficients') ?? c.fail('the coefficients are missing');
  const weights = c.constant(tensorOf('float32', [targets, coefficients.length / targets], coefficients));
  const product = c.apply('Gemm', [x, weights], { transB: attr.int(1) });
  const intercepts = floatsAttribute(c.node, 'intercepts');
  const sum = c.add(product, intercepts && vector(c, intercepts));
  switch (stringAttribute(c.node, 'post_transform', 'NONE')) {
    case 'NONE':
      return [sum];
    case 'LOGISTIC':
      return [c.apply('Sigmoid', [sum])];
    case 'SOFTMAX':
      return [c.apply('Softmax', [sum], { axis: attr.int(-1) })];
    default:
      return c.fail('this post_transform is not supported');
  }
}

export const CLASSICAL_COMPOSITES: readonly Composite[] = [
  { op: 'ai.onnx.ml.Scaler', kind: 'elementwise', expand: scaler, dtypes: () => ['float32'] },
  { op: 'ai.onnx.ml.Normalizer', kind: 'normalization', expand: normalizer, dtypes: () => ['float32'] },
  {
    op: 'ai.onnx.ml.Imputer',
    kind: 'elementwise',
    expand: imputer,
    dtypes: context => [context.inputs[0]?.dtype],
  },
  {
    op: 'ai.onnx.ml.FeatureVectorizer',
    kind: 'movement',
    expand: featureVectorizer,
    dtypes: () => ['float32'],
  },
  { op: 'ai.onnx.ml.LinearRegressor', kind: 'matmul', expand: linearRegressor, dtypes: () => ['float32'] },
];
