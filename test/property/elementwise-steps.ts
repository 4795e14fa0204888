// Elementwise operators for random models, of floats, whole numbers and truth values, that broadcast and do not.

import { attr } from '../../engine/ir/graph.ts';
import { broadcastShapes, tensorOf } from '../../engine/ir/tensor.ts';
import type { Dtype, Shape } from '../../engine/ir/types.ts';
import type { RandomModel, Step } from './random-model.ts';

const { int } = attr;

const SMOOTH = [
  ...['Abs', 'Atan', 'Asinh', 'Celu', 'Cos', 'Elu', 'Erf', 'Exp', 'Gelu', 'HardSigmoid', 'HardSwish'],
  ...['LeakyRelu', 'Mish', 'Neg', 'Relu', 'Selu', 'Sigmoid', 'Sin', 'Softplus', 'Softsign', 'Tanh'],
  ...['com.microsoft.QuickGelu', 'com.microsoft.Gelu', 'Identity', 'Sinh', 'Cosh'],
];
const EXACT_UNARY = [
  'Ceil',
  'Floor',
  'Round',
  'Sign',
  'Neg',
  'Abs',
  'Relu',
  'Not',
  'Shrink',
  'ThresholdedRelu',
  'IsNaN',
];
const BINARY = ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Sum', 'Mean', 'Pow', 'Div', 'PRelu', 'Mod'];
const INTEGER_BINARY = ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Mod', 'Div', 'BitwiseAnd', 'BitwiseXor'];
const COMPARISONS = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'];

const isWhole = (dtype: Dtype): boolean => /int/.test(dtype);

/** Some extents 1, or leading axes dropped: a shape that broadcasts with another one. */
function broadcastable(m: RandomModel, shape: Shape): number[] {
  const kept = shape.slice(m.below(shape.length + 1));
  return kept.map(extent => (m.chance(0.3) ? 1 : extent));
}

const unary: Step = m => {
  const x = m.float();
  return x && { op: m.pick(SMOOTH), inputs: [x] };
};

const exactUnary: Step = m => {
  const op = m.pick(EXACT_UNARY);
  const x = m.value(({ dtype }, exact) =>
    op === 'Not'
      ? dtype === 'bool'
      : op === 'Neg' || op === 'Abs'
        ? isWhole(dtype) && !dtype.startsWith('u')
        : exact && dtype === 'float32',
  );
  return x && { op, inputs: [x], exact: true };
};

const binary: Step = m => {
  const a = m.float();
  if (!a) return undefined;
  const b =
    m.value(
      ({ dtype, shape }) =>
        dtype === 'float32' && m.chance(0.5) && broadcastShapes(shape, a.tensor.shape) !== undefined,
    ) ?? m.constant(m.floats(broadcastable(m, a.tensor.shape)));
  const op = m.pick(BINARY);
  if (op === 'Pow') return { op, inputs: [a, m.scalar('float32', m.pick([2, 1, 3, 0.5]))] };
  if (op === 'Mod') {
    const exact = a.exact
      ? { op, inputs: [a, m.scalar('float32', 1.5)], attributes: { fmod: int(1) }, exact: true }
      : undefined;
    return exact;
  }
  return { op, inputs: m.chance(0.3) && op !== 'PRelu' ? [b, a] : [a, b] };
};

const integers: Step = m => {
  const a = m.value(({ dtype }) => dtype === 'int64' || dtype === 'int32');
  if (!a) return undefined;
  const b = m.constant(m.integers(a.tensor.dtype, broadcastable(m, a.tensor.shape), 4));
  return { op: m.pick(INTEGER_BINARY), inputs: [a, b], exact: true };
};

const compare: Step = m => {
  const a = m.value(({ dtype }, exact) => exact && dtype !== 'bool');
  if (!a) return undefined;
  const { dtype, shape } = a.tensor;
  const other = broadcastable(m, shape);
  const b = m.constant(isWhole(dtype) ? m.integers(dtype, other, 3) : m.floats(other));
  if (!isWhole(dtype) && dtype !== 'float32') return undefined;
  return { op: m.pick(COMPARISONS), inputs: [a, b], exact: true };
};

const logic: Step = m => {
  const a = m.value(({ dtype }) => dtype === 'bool');
  if (!a) return undefined;
  const b = m.constant(m.integers('bool', broadcastable(m, a.tensor.shape), 2));
  return { op: m.pick(['And', 'Or', 'Xor']), inputs: [a, b], exact: true };
};

const where: Step = m => {
  const c = m.value(({ dtype }) => dtype === 'bool');
  const a =
    c &&
    m.value(({ dtype, shape }) => dtype !== 'bool' && broadcastShapes(shape, c.tensor.shape) !== undefined);
  if (!c || !a) return undefined;
  const b = m.constant(tensorOf(a.tensor.dtype, [], [m.below(3)]));
  return { op: 'Where', inputs: m.chance(0.5) ? [c, a, b] : [c, b, a], exact: true };
};

const CODES: Readonly<Record<string, number>> = {
  ...{ float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 },
};

const cast: Step = m => {
  const to = m.pick(Object.keys(CODES));
  const x = m.value(({ dtype }, exact) => (to === 'float32' ? dtype !== 'float32' : exact));
  if (!x || (to === 'uint8' && Array.from(x.tensor.data, Number).some(v => v < 0 || v > 255)))
    return undefined;
  if (to === 'int8' && Array.from(x.tensor.data, Number).some(v => Math.abs(v) > 127)) return undefined;
  return { op: 'Cast', inputs: [x], attributes: { to: int(CODES[to] ?? 1) }, exact: true };
};

const clip: Step = m => {
  const x = m.value(({ dtype }) => ['float32', 'int64', 'int8', 'uint8', 'int32'].includes(dtype));
  if (!x) return undefined;
  const { dtype } = x.tensor;
  const low = m.chance(0.7) ? m.scalar(dtype, dtype === 'uint8' ? 1 : -1) : undefined;
  return { op: 'Clip', inputs: [x, low, m.chance(0.7) ? m.scalar(dtype, 2) : undefined], exact: true };
};

export const ELEMENTWISE: readonly Step[] = [
  ...[unary, unary, unary, exactUnary, binary, binary, binary, integers, compare, logic, where, cast, clip],
];
