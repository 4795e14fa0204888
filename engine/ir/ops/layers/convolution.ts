// Convolutions. Input (N, C, spatial…), weights (M, C / group, kernel…).

import { intAttribute, intsAttribute } from '../../attributes.ts';
import { fusedActivation } from '../../fused-activation.ts';
import type { Shape } from '../../types.ts';
import {
  always,
  describe,
  fail,
  type InferContext,
  numbersOfInput,
  operator,
  operators,
  shapeOf,
} from '../definition.ts';
import { slidingWindow, transposedWindow } from './window.ts';

/** `weightInput`: index of the weights among the inputs. */
export function convolutionShape(context: InferContext, weightInput: number): Shape {
  const input = shapeOf(context, 0);
  const weights = shapeOf(context, weightInput);
  const groups = intAttribute(context.node, 'group', 1);
  if (input.length < 3 || input.length !== weights.length) {
    fail(
      context,
      `input ${describe(input)} and weights ${describe(weights)} should have 3 or more equal axes`,
    );
  }
  if (input[1] !== (weights[1] ?? 0) * groups) {
    fail(context, `input ${describe(input)}, weights ${describe(weights)} and ${groups} groups do not fit`);
  }
  const kernel = intsAttribute(context.node, 'kernel_shape') ?? weights.slice(2);
  const window = slidingWindow(context.node, input.slice(2), kernel);
  return [input[0] ?? 0, weights[0] ?? 0, ...window.output];
}

function transposedShape(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const weights = shapeOf(context, 1);
  if (input.length < 3 || input.length !== weights.length || input[1] !== weights[0]) {
    fail(context, `input ${describe(input)} and weights ${describe(weights)} do not fit`);
  }
  const kernel = intsAttribute(context.node, 'kernel_shape') ?? weights.slice(2);
  const window = transposedWindow(context.node, input.slice(2), kernel);
  return [input[0] ?? 0, (weights[1] ?? 0) * intAttribute(context.node, 'group', 1), ...window.output];
}

/** Columns (N, C · kernel, blocks) back to an image (N, C, spatial…). */
function col2ImShape(context: InferContext): Shape {
  const columns = shapeOf(context, 0);
  const image = numbersOfInput(context, 1);
  const block = numbersOfInput(context, 2).reduce((a, b) => a * b, 1);
  return [columns[0] ?? 0, (columns[1] ?? 0) / block, ...image];
}

export const CONVOLUTION = [
  ...operators(['Conv', 'DeformConv'], {
    kind: 'convolution',
    shapes: context => [convolutionShape(context, 1)],
  }),
  operator('com.microsoft.FusedConv', {
    kind: 'convolution',
    shapes: context => {
      fusedActivation(context.node);
      return [convolutionShape(context, 1)];
    },
  }),
  operator('ConvInteger', {
    kind: 'convolution',
    dtypes: always('int32'),
    shapes: context => [convolutionShape(context, 1)],
  }),
  operator('ConvTranspose', { kind: 'convolution', shapes: context => [transposedShape(context)] }),
  operator('Col2Im', { kind: 'convolution', shapes: context => [col2ImShape(context)] }),
];
