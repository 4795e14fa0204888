// Operators that make tensors from attributes, shapes and a few scalars.

import { hasAttribute, intAttribute, intsAttribute, tensorAttribute } from '../../attributes.ts';
import { constantDtype, constantShape } from '../../constants/constant.ts';
import type { Dtype, Shape } from '../../types.ts';
import {
  dtypeOf,
  fail,
  type InferContext,
  numberOfInput,
  numbersOfInput,
  operator,
  operators,
  shapeOf,
  type ValueType,
} from '../definition.ts';
import { dtypeAttribute } from '../elementwise/cast.ts';

/** Constant has one of several attributes; each fixes type and shape. */
function constantType(context: InferContext): ValueType {
  const { node } = context;
  const tensor = tensorAttribute(node, 'value') ?? tensorAttribute(node, 'sparse_value');
  if (tensor) return { dtype: constantDtype(tensor), shape: constantShape(tensor) };
  const lists: readonly [string, Dtype][] = [
    ['value_int', 'int64'],
    ['value_ints', 'int64'],
    ['value_float', 'float32'],
    ['value_floats', 'float32'],
    ['value_string', 'string'],
    ['value_strings', 'string'],
  ];
  for (const [name, dtype] of lists) {
    const attribute = node.attributes[name];
    if (attribute === undefined) continue;
    return { dtype, shape: Array.isArray(attribute.value) ? [attribute.value.length] : [] };
  }
  return fail(context, 'no value');
}

function filledType(context: InferContext): Dtype {
  const value = tensorAttribute(context.node, 'value');
  return value ? constantDtype(value) : 'float32';
}

/** ⌈(limit − start) / delta⌉, never negative; delta must not be 0. */
function rangeShape(context: InferContext): Shape {
  const [start, limit, delta] = [0, 1, 2].map(i => numberOfInput(context, i, Number.NaN));
  if (delta === 0) fail(context, 'expected a delta other than 0, found 0');
  const count = Math.ceil(((limit ?? 0) - (start ?? 0)) / (delta ?? 1));
  return [Math.max(0, count)];
}

const dtypeOr =
  (otherwise: (context: InferContext) => Dtype | undefined) =>
  (context: InferContext): (Dtype | undefined)[] => [
    hasAttribute(context.node, 'dtype') ? dtypeAttribute(context, 'dtype') : otherwise(context),
  ];

const windows = operators(['BlackmanWindow', 'HannWindow', 'HammingWindow'], {
  kind: 'generator',
  dtypes: context => [dtypeAttribute(context, 'output_datatype', 'float32')],
  shapes: context => [[numberOfInput(context, 0, 0)]],
});

export const GENERATOR = [
  operator('Constant', {
    kind: 'generator',
    dtypes: context => [constantType(context).dtype],
    shapes: context => [constantType(context).shape],
  }),
  operator('ConstantOfShape', {
    kind: 'generator',
    dtypes: context => [filledType(context)],
    shapes: context => [numbersOfInput(context, 0)],
  }),
  operator('Range', { kind: 'generator', shapes: context => [rangeShape(context)] }),
  operator('EyeLike', { kind: 'generator', dtypes: dtypeOr(context => dtypeOf(context, 0)) }),
  ...windows,
  operator('MelWeightMatrix', {
    kind: 'generator',
    dtypes: context => [dtypeAttribute(context, 'output_datatype', 'float32')],
    shapes: context => [[Math.floor(numberOfInput(context, 1, 0) / 2) + 1, numberOfInput(context, 0, 0)]],
  }),
  ...operators(['RandomNormalLike', 'RandomUniformLike'], {
    kind: 'generator',
    random: () => true,
    dtypes: dtypeOr(context => dtypeOf(context, 0)),
  }),
  ...operators(['RandomNormal', 'RandomUniform'], {
    kind: 'generator',
    random: () => true,
    dtypes: dtypeOr(() => 'float32'),
    shapes: context => [intsAttribute(context.node, 'shape') ?? fail(context, 'attribute shape is missing')],
  }),
  operator('Bernoulli', {
    kind: 'generator',
    random: () => true,
    dtypes: dtypeOr(context => dtypeOf(context, 0)),
  }),
  operator('Multinomial', {
    kind: 'generator',
    random: () => true,
    dtypes: dtypeOr(() => 'int32'),
    shapes: context => [[shapeOf(context, 0)[0] ?? 0, intAttribute(context.node, 'sample_size', 1)]],
  }),
];
