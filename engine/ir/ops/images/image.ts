// Resampling of images, and the operators of detectors. Input (N, C, spatial…).

import { floatsAttribute, intAttribute, intsAttribute, stringAttribute } from '../../attributes.ts';
import type { Shape } from '../../types.ts';
import {
  axisOf,
  fail,
  type InferContext,
  isPresent,
  numbersOfInput,
  operator,
  shapeOf,
} from '../definition.ts';

/** Per axis: output extent and the scale that maps coordinates. */
export interface ResizePlan {
  readonly shape: Shape;
  readonly scales: readonly number[];
}

function upsamplePlan(context: InferContext): ResizePlan {
  const input = shapeOf(context, 0);
  const scales = floatsAttribute(context.node, 'scales') ?? numbersOfInput(context, 1);
  return { scales, shape: input.map((extent, axis) => Math.floor(extent * (scales[axis] ?? 1))) };
}

/** Extents and scales along the resized axes, as given by sizes and the policy for the aspect ratio. */
function fromSizes(extents: readonly number[], sizes: readonly number[], policy: string): [number, number][] {
  const ratios = sizes.map((size, i) => size / (extents[i] ?? 1));
  if (policy === 'stretch') return sizes.map((size, i) => [size, ratios[i] ?? 1]);
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return extents.map(extent => [Math.round(scale * extent), scale]);
}

/** Resize (since opset 10) and Upsample: sizes or scales, for all axes or for `axes`. */
export function resizePlan(context: InferContext): ResizePlan {
  const { node } = context;
  const legacy = node.op === 'Upsample' || node.version < 11;
  if (legacy) return upsamplePlan(context);
  const input = shapeOf(context, 0);
  const axes =
    intsAttribute(node, 'axes')?.map(axis => axisOf(context, axis, input.length)) ??
    input.map((_, axis) => axis);
  const extents = axes.map(axis => input[axis] ?? 0);
  const scalesGiven = isPresent(context, 2) ? numbersOfInput(context, 2) : [];
  const sizes = isPresent(context, 3) ? numbersOfInput(context, 3) : [];
  if (scalesGiven.length + sizes.length === 0) fail(context, 'neither scales nor sizes are given');
  const pairs: [number, number][] =
    sizes.length > 0
      ? fromSizes(extents, sizes, stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch'))
      : scalesGiven.map((scale, i) => [Math.floor((extents[i] ?? 0) * scale), scale]);
  const shape = [...input];
  const scales = input.map(() => 1);
  for (const [i, axis] of axes.entries()) [shape[axis], scales[axis]] = pairs[i] ?? [0, 1];
  return { shape, scales };
}

function gridSampled(context: InferContext): Shape {
  const input = shapeOf(context, 0);
  const grid = shapeOf(context, 1);
  return [input[0] ?? 0, input[1] ?? 0, ...grid.slice(1, -1)];
}

/** theta (N, 2, 3) and size (N, C, H, W) → (N, H, W, 2); likewise in three dimensions. */
function affineGrid(context: InferContext): Shape {
  const size = numbersOfInput(context, 1);
  return [size[0] ?? 0, ...size.slice(2), size.length - 2];
}

/** One plane of pooled_shape per region. */
function roiPooled(context: InferContext): Shape {
  const extents = intsAttribute(context.node, 'pooled_shape') ?? fail(context, 'pooled_shape is missing');
  return [shapeOf(context, 1)[0] ?? 0, shapeOf(context, 0)[1] ?? 0, ...extents];
}

function roiAligned(context: InferContext): Shape {
  const channels = shapeOf(context, 0)[1] ?? 0;
  const rois = shapeOf(context, 1)[0] ?? 0;
  const height = intAttribute(context.node, 'output_height', 1);
  return [rois, channels, height, intAttribute(context.node, 'output_width', 1)];
}

/** One plane of the given size per region. */
function cropped(context: InferContext): Shape {
  const [height = 0, width = 0] = numbersOfInput(context, 3);
  return [shapeOf(context, 1)[0] ?? 0, shapeOf(context, 0)[1] ?? 0, height, width];
}

export const IMAGE = [
  operator('Resize', { kind: 'image', shapes: context => [resizePlan(context).shape] }),
  operator('Upsample', { kind: 'image', shapes: context => [resizePlan(context).shape] }),
  operator('GridSample', { kind: 'image', shapes: context => [gridSampled(context)] }),
  operator('AffineGrid', { kind: 'image', shapes: context => [affineGrid(context)] }),
  operator('MaxRoiPool', { kind: 'image', shapes: context => [roiPooled(context)] }),
  operator('com.microsoft.CropAndResize', { kind: 'image', shapes: context => [cropped(context)] }),
  operator('RoiAlign', { kind: 'image', shapes: context => [roiAligned(context)] }),
];
