// Fourier transforms and linear algebra of small matrices. Complex numbers are a last axis of extent 2.

import { boolAttribute, hasAttribute, intAttribute } from '../../attributes.ts';
import type { Shape } from '../../types.ts';
import {
  axisOf,
  describe,
  fail,
  type InferContext,
  isPresent,
  numberOfInput,
  operator,
  shapeOf,
} from '../definition.ts';

/** What a DFT node computes, whichever opset it is of. */
export interface DftPlan {
  readonly axis: number;
  /** points transformed */
  readonly length: number;
  /** points that come out along the axis */
  readonly outputs: number;
  /** real result of an inverse one-sided transform */
  readonly real: boolean;
}

/** The axis was an attribute before opset 20, an input after. */
export function dftPlan(context: InferContext): DftPlan {
  const input = shapeOf(context, 0);
  const inverse = boolAttribute(context.node, 'inverse', false);
  const oneSided = boolAttribute(context.node, 'onesided', false);
  const given =
    context.node.version >= 20 ? numberOfInput(context, 2, -2) : intAttribute(context.node, 'axis', 1);
  const axis = axisOf(context, given, input.length);
  const extent = input[axis] ?? 0;
  const real = inverse && oneSided;
  const length = numberOfInput(context, 1, real ? 2 * (extent - 1) : extent);
  return { axis, length, outputs: oneSided && !inverse ? Math.floor(length / 2) + 1 : length, real };
}

function dftShape(context: InferContext): Shape {
  const { axis, outputs, real } = dftPlan(context);
  const shape = [...shapeOf(context, 0)];
  shape[axis] = outputs;
  shape[shape.length - 1] = real ? 1 : 2;
  return shape;
}

/** Extent of a frame: given, or the window's. */
export function frameLength(context: InferContext): number {
  if (isPresent(context, 3)) return numberOfInput(context, 3, 0);
  return isPresent(context, 2) ? (shapeOf(context, 2)[0] ?? 0) : (shapeOf(context, 0)[1] ?? 0);
}

function stftShape(context: InferContext): Shape {
  const [batch = 0, samples = 0] = shapeOf(context, 0);
  const length = frameLength(context);
  const frames = 1 + Math.floor((samples - length) / numberOfInput(context, 1, 1));
  const oneSided = !hasAttribute(context.node, 'onesided') || boolAttribute(context.node, 'onesided', true);
  return [batch, frames, oneSided ? Math.floor(length / 2) + 1 : length, 2];
}

/** The shape of input 0, which must hold square matrices. */
function squares(context: InferContext): Shape {
  const shape = shapeOf(context, 0);
  if (shape.length < 2 || shape.at(-1) !== shape.at(-2)) {
    fail(context, `expected square matrices, found ${describe(shape)}`);
  }
  return shape;
}

export const SIGNAL = [
  operator('DFT', { kind: 'signal', shapes: context => [dftShape(context)] }),
  operator('STFT', { kind: 'signal', shapes: context => [stftShape(context)] }),
  operator('com.microsoft.Inverse', { kind: 'signal', shapes: context => [squares(context)] }),
  operator('Det', { kind: 'signal', shapes: context => [squares(context).slice(0, -2)] }),
];
