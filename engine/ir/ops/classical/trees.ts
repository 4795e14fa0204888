// Classical machine learning (domain ai.onnx.ml): trees, and what stands around them.

import { hasAttribute, intAttribute, tensorAttribute } from '../../attributes.ts';
import { constantDtype } from '../../constants/constant.ts';
import type { Dtype } from '../../types.ts';
import { dtypeOf, type InferContext, operator, shapeOf } from '../definition.ts';

/** The values' type, by the attribute that holds them. */
function labelDtype(context: InferContext): Dtype {
  const tensor = tensorAttribute(context.node, 'values_tensor');
  if (tensor) return constantDtype(tensor);
  const lists: readonly [string, Dtype][] = [
    ['values_strings', 'string'],
    ['values_int64s', 'int64'],
    ['values_floats', 'float32'],
  ];
  // Before version 2 the labels were numbered.
  if (hasAttribute(context.node, 'classes_strings')) {
    return dtypeOf(context, 0) === 'string' ? 'int64' : 'string';
  }
  return lists.find(([name]) => hasAttribute(context.node, name))?.[1] ?? 'string';
}

export const TREES = [
  /** made by expansions; see select/spec/trees.ts for its table */
  operator('trees.Sum', {
    kind: 'trees',
    shapes: context => [[shapeOf(context, 0)[0] ?? 0, intAttribute(context.node, 'targets')]],
  }),
  operator('ai.onnx.ml.ArrayFeatureExtractor', {
    kind: 'gather',
    shapes: context => {
      const input = shapeOf(context, 0);
      const count = shapeOf(context, 1).at(-1) ?? 0;
      return [input.length === 1 ? [1, count] : [...input.slice(0, -1), count]];
    },
  }),
  operator('ai.onnx.ml.LabelEncoder', { kind: 'trees', dtypes: context => [labelDtype(context)] }),
  operator('ai.onnx.ml.TreeEnsemble', {
    kind: 'trees',
    dtypes: context => [dtypeOf(context, 0)],
    shapes: context => [[shapeOf(context, 0)[0] ?? 0, intAttribute(context.node, 'n_targets')]],
  }),
];
