// Losses and optimisers.

import { stringAttribute } from '../attributes.ts';
import type { Shape } from '../types.ts';
import { dtypeOf, type InferContext, operator, operators, shapeOf } from './definition.ts';

/** One loss per element of the target, or one in all. */
function lossShape(context: InferContext): Shape {
  return stringAttribute(context.node, 'reduction', 'mean') === 'none' ? shapeOf(context, 1) : [];
}

/** Optimisers take R, T, then groups of `count` tensors each; outputs are the groups that change. */
const optimizer = (op: string, outputGroups: readonly number[]) => {
  const source = (context: InferContext, i: number, groups: number): number => {
    const count = (context.inputs.length - 2) / groups;
    return 2 + (outputGroups[Math.floor(i / count)] ?? 0) * count + (i % count);
  };
  const groups = Math.max(...outputGroups) + 1;
  return operator(op, {
    kind: 'training',
    dtypes: context => context.node.outputs.map((_, i) => dtypeOf(context, source(context, i, groups))),
    shapes: context => context.node.outputs.map((_, i) => shapeOf(context, source(context, i, groups))),
  });
};

export const TRAINING = [
  ...operators(['NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss'], {
    kind: 'training',
    shapes: context => [lossShape(context), shapeOf(context, 0)],
  }),
  optimizer('ai.onnx.preview.training.Adagrad', [0, 2]),
  optimizer('ai.onnx.preview.training.Adam', [0, 2, 3]),
  optimizer('ai.onnx.preview.training.Momentum', [0, 2]),
];
