// Normalisation, softmax included: statistics over some axes, applied to every element.

import { boolAttribute, intAttribute } from '../../attributes.ts';
import { dtypeOfCode } from '../../dtypes.ts';
import type { Node, Shape } from '../../types.ts';
import {
  axisOf,
  dtypeOf,
  fail,
  type InferContext,
  operator,
  operators,
  type ShapeRule,
  shapeOf,
} from '../definition.ts';

/** Mean and inverse deviation: the input's shape with the normalised axes collapsed. */
function layerShapes(context: InferContext): Shape[] {
  const input = shapeOf(context, 0);
  const axis = axisOf(context, intAttribute(context.node, 'axis', -1), input.length);
  const statistics = input.map((extent, i) => (i < axis ? extent : 1));
  return [input, statistics, statistics];
}

/** Result; mean and inverse deviation over the last axis; the sum that was normalised. */
function skipShapes(context: InferContext): Shape[] {
  const shape = shapeOf(context, 0);
  const statistics = [...shape.slice(0, -1), 1];
  return [shape, statistics, statistics, shape];
}

/** Whether BatchNormalization has statistics [C, D…] per element of a sample, as it could before opset 9. */
export const normalizesElements = (node: Node): boolean =>
  node.version < 9 && !boolAttribute(node, 'spatial', true);

/** Y, then per channel: running mean, running variance (and before opset 14 the saved ones). */
function batchShapes(context: InferContext): Shape[] {
  const input = shapeOf(context, 0);
  const channels = shapeOf(context, 1);
  return context.node.outputs.map((_, i) => (i === 0 ? input : channels));
}

/** The input's shape; the axis the operator runs along must be one of it. */
const alongAxis: ShapeRule = context => {
  const input = shapeOf(context, 0);
  const { op, version } = context.node;
  const otherwise = version < 13 && op !== 'LpNormalization' && op !== 'RMSNormalization' ? 1 : -1;
  axisOf(context, intAttribute(context.node, 'axis', otherwise), input.length);
  return [input];
};

/** The input's shape; the window of channels must have one. */
const localResponse: ShapeRule = context => {
  const size = intAttribute(context.node, 'size');
  if (size < 1) fail(context, `expected a size from 1, found ${size}`);
  return [shapeOf(context, 0)];
};

export const NORMALIZATION = [
  ...operators(['InstanceNormalization', 'GroupNormalization', 'MeanVarianceNormalization'], {
    kind: 'normalization',
  }),
  ...operators(['Softmax', 'LogSoftmax', 'Hardmax', 'LpNormalization', 'RMSNormalization'], {
    kind: 'normalization',
    shapes: alongAxis,
  }),
  operator('LRN', { kind: 'normalization', shapes: localResponse }),
  operator('SimplifiedLayerNormalization', {
    kind: 'normalization',
    dtypes: context => [dtypeOf(context, 0), 'float32'],
    shapes: layerShapes,
  }),
  ...operators(['com.microsoft.SkipLayerNormalization', 'com.microsoft.SkipSimplifiedLayerNormalization'], {
    kind: 'normalization',
    dtypes: context => [dtypeOf(context, 0), 'float32', 'float32', dtypeOf(context, 0)],
    shapes: skipShapes,
  }),
  operator('BatchNormalization', {
    kind: 'normalization',
    dtypes: context => context.node.outputs.map((_, i) => dtypeOf(context, i === 0 ? 0 : 3)),
    shapes: batchShapes,
  }),
  operator('LayerNormalization', {
    kind: 'normalization',
    dtypes: context => {
      const statistics = dtypeOfCode(intAttribute(context.node, 'stash_type', 1));
      return [dtypeOf(context, 0), statistics, statistics];
    },
    shapes: layerShapes,
  }),
];
