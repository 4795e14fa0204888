// Operators that compute each output element from the input elements at the same (broadcast) place.

import { boolAttribute, hasAttribute } from '../../attributes.ts';
import { broadcastShapes } from '../../tensor.ts';
import type { Shape } from '../../types.ts';
import {
  always,
  type DtypeRule,
  describe,
  dtypeOf,
  fail,
  type InferContext,
  operator,
  operators,
  type ShapeRule,
  sameDtype,
  shapeOf,
} from '../definition.ts';

/** NumPy broadcasting of some of the inputs. */
export function broadcastInputsOf(context: InferContext, indices: readonly number[]): Shape {
  const shapes = indices.map(i => shapeOf(context, i));
  return (
    broadcastShapes(...shapes) ??
    fail(context, `shapes ${shapes.map(describe).join(' and ')} do not broadcast`)
  );
}

/** NumPy broadcasting of all inputs; before opset 7 the second input was expanded to the first. */
export const broadcastInputs: ShapeRule = context => {
  if (context.node.version < 7 && hasAttribute(context.node, 'broadcast')) return [shapeOf(context, 0)];
  const given = [...context.inputs.keys()].filter(i => context.inputs[i] !== undefined);
  return [broadcastInputsOf(context, given)];
};

/** NumPy broadcasting of operators that have as many operands as this; none may be left out. */
const broadcastOf =
  (operands: number): ShapeRule =>
  context => {
    for (let i = 0; i < operands; i++) dtypeOf(context, i);
    return broadcastInputs(context);
  };

const UNARY = [
  'Abs',
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'Ceil',
  'Celu',
  'Clip',
  'Cos',
  'Cosh',
  'Elu',
  'Erf',
  'Exp',
  'Floor',
  'Gelu',
  'HardSigmoid',
  'HardSwish',
  'LeakyRelu',
  'Log',
  'Mish',
  'Neg',
  'Not',
  'BitwiseNot',
  'Reciprocal',
  'Relu',
  'Round',
  'Selu',
  'Shrink',
  'Sigmoid',
  'Sign',
  'Sin',
  'Sinh',
  'Softplus',
  'Softsign',
  'Sqrt',
  'Swish',
  'Tan',
  'Tanh',
  'ThresholdedRelu',
  'com.microsoft.Gelu',
  'com.microsoft.QuickGelu',
];

const BINARY = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Mod',
  'BitShift',
  'And',
  'Or',
  'Xor',
  'BitwiseAnd',
  'BitwiseOr',
  'BitwiseXor',
  'com.microsoft.BiasGelu',
];
/** One operand may do. */
const VARIADIC = ['Max', 'Min', 'Mean', 'Sum', 'SwiGLU', 'com.microsoft.FastGelu'];
const COMPARISONS = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'];

/** A condition, and two alternatives of one type. */
const chosenType: DtypeRule = context => {
  const [condition, first, second] = [0, 1, 2].map(i => dtypeOf(context, i));
  if (condition !== undefined && condition !== 'bool') fail(context, `expected a bool, found ${condition}`);
  if (first !== undefined && second !== undefined && first !== second) {
    fail(context, `expected alternatives of one type, found ${first} and ${second}`);
  }
  return [first ?? second];
};

/** Both outputs have the input's shape; the mask is bool since opset 10. Training draws what is dropped. */
const dropout = operator('Dropout', {
  kind: 'elementwise',
  dtypes: context => [dtypeOf(context, 0), context.node.version >= 10 ? 'bool' : dtypeOf(context, 0)],
  random: node => node.inputs[2] !== undefined || !boolAttribute(node, 'is_test', true),
});

export const ELEMENTWISE = [
  ...operators(UNARY, { kind: 'elementwise' }),
  ...operators(BINARY, { kind: 'elementwise', dtypes: sameDtype, shapes: broadcastOf(2) }),
  ...operators(VARIADIC, { kind: 'elementwise', dtypes: sameDtype, shapes: broadcastInputs }),
  ...operators(COMPARISONS, { kind: 'elementwise', dtypes: always('bool'), shapes: broadcastOf(2) }),
  ...operators(['IsInf', 'IsNaN'], { kind: 'elementwise', dtypes: always('bool') }),
  operator('PRelu', {
    kind: 'elementwise',
    // Before opset 7 a slope of one axis belonged to the channels.
    shapes: context => {
      const [x, slope] = [shapeOf(context, 0), shapeOf(context, 1)];
      const perChannel = context.node.version < 7 && slope.length === 1;
      return perChannel ? [x] : broadcastInputs(context);
    },
  }),
  operator('Where', {
    kind: 'elementwise',
    dtypes: chosenType,
    shapes: broadcastOf(3),
  }),
  dropout,
];
