// Functions of one element that a node's attributes may shape. Floats only; computed in double.

import { boolAttribute, floatAttribute, stringAttribute } from '../../ir/attributes.ts';
import type { Node } from '../../ir/types.ts';
import { clamp, erf, roundEven, sigmoid, softplus } from './scalar.ts';

export type NumberFunction = (x: number) => number;

/** GELU, exact or by the tanh approximation (arXiv 1606.08415). */
export function gelu(approximate: string): NumberFunction {
  if (approximate === 'tanh') {
    return x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  }
  return x => 0.5 * x * (1 + erf(x / Math.SQRT2));
}

const hardSigmoid = (alpha: number, beta: number): NumberFunction => {
  return x => clamp(alpha * x + beta, 0, 1);
};

/** x where it is positive; NaN stays NaN. */
const positive = (x: number, otherwise: number): number => (x > 0 || Number.isNaN(x) ? x : otherwise);

/** Operator → the function its attributes select. */
export const ACTIVATIONS: Readonly<Record<string, (node: Node) => NumberFunction>> = {
  Acos: () => Math.acos,
  Acosh: () => Math.acosh,
  Asin: () => Math.asin,
  Asinh: () => Math.asinh,
  Atan: () => Math.atan,
  Atanh: () => Math.atanh,
  Ceil: () => Math.ceil,
  Celu: node => {
    const alpha = floatAttribute(node, 'alpha', 1);
    return x => positive(x, alpha * Math.expm1(x / alpha));
  },
  Cos: () => Math.cos,
  Cosh: () => Math.cosh,
  Elu: node => {
    const alpha = floatAttribute(node, 'alpha', 1);
    return x => positive(x, alpha * Math.expm1(x));
  },
  Erf: () => erf,
  Exp: () => Math.exp,
  Floor: () => Math.floor,
  Gelu: node => gelu(stringAttribute(node, 'approximate', 'none')),
  'com.microsoft.Gelu': () => gelu('none'),
  'com.microsoft.QuickGelu': node => {
    const alpha = floatAttribute(node, 'alpha', 1.702);
    return x => x * sigmoid(alpha * x);
  },
  HardSigmoid: node => hardSigmoid(floatAttribute(node, 'alpha', 0.2), floatAttribute(node, 'beta', 0.5)),
  HardSwish: () => x => x * clamp(x / 6 + 0.5, 0, 1),
  LeakyRelu: node => {
    const alpha = floatAttribute(node, 'alpha', 0.01);
    return x => (x < 0 ? alpha * x : x);
  },
  Log: () => Math.log,
  Mish: () => x => x * Math.tanh(softplus(x)),
  Reciprocal: () => x => 1 / x,
  Round: () => roundEven,
  Selu: node => {
    const alpha = floatAttribute(node, 'alpha', 1.6732632423543772);
    const gamma = floatAttribute(node, 'gamma', 1.0507009873554805);
    return x => gamma * positive(x, alpha * Math.expm1(x));
  },
  Shrink: node => {
    const bias = floatAttribute(node, 'bias', 0);
    const lambda = floatAttribute(node, 'lambd', 0.5);
    return x => (x < -lambda ? x + bias : x > lambda ? x - bias : Number.isNaN(x) ? x : 0);
  },
  Sigmoid: () => sigmoid,
  Sin: () => Math.sin,
  Sinh: () => Math.sinh,
  Softplus: () => softplus,
  Softsign: () => x => x / (1 + Math.abs(x)),
  Sqrt: () => Math.sqrt,
  Swish: node => {
    const alpha = floatAttribute(node, 'alpha', 1);
    return x => x * sigmoid(alpha * x);
  },
  Tan: () => Math.tan,
  Tanh: () => Math.tanh,
  ThresholdedRelu: node => {
    const alpha = floatAttribute(node, 'alpha', 1);
    return x => (x > alpha || Number.isNaN(x) ? x : 0);
  },
};

/** Operators on numbers of any type; 64-bit integers have their own in elementwise.ts. */
export const NUMERIC: Readonly<Record<string, (node: Node) => NumberFunction>> = {
  Abs: () => Math.abs,
  Neg: () => x => -x,
  Relu: () => x => positive(x, 0),
  Sign: () => Math.sign,
};

/** Operators whose result is a truth value. */
export const PREDICATES: Readonly<Record<string, (node: Node) => (x: number) => boolean>> = {
  Not: () => x => x === 0,
  IsNaN: () => Number.isNaN,
  IsInf: node => {
    const up = boolAttribute(node, 'detect_positive', true);
    const down = boolAttribute(node, 'detect_negative', true);
    return x => (up && x === Number.POSITIVE_INFINITY) || (down && x === Number.NEGATIVE_INFINITY);
  },
};
