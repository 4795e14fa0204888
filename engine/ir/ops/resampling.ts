// Where the pixels of a resized image come from: the rules of Resize and Upsample for one axis.

import { boolAttribute, floatAttribute, stringAttribute } from '../attributes.ts';
import type { Node } from '../types.ts';

export interface ResizeRule {
  readonly mode: string;
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubic: number;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
}

/**
 * Attributes with the meaning they have in the node's opset. Resize of opset 10 leaves open which pixel is the
 * nearest: 'outwards' is how onnxruntime reads it.
 */
export function resizeRule(node: Node): ResizeRule {
  const upsample = node.op === 'Upsample';
  const old = upsample || node.version < 11;
  const oldNearest = upsample ? 'floor' : 'outwards';
  return {
    mode: stringAttribute(node, 'mode', 'nearest'),
    coordinates: old ? 'asymmetric' : stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel'),
    nearest: old ? oldNearest : stringAttribute(node, 'nearest_mode', 'round_prefer_floor'),
    cubic: floatAttribute(node, 'cubic_coeff_a', -0.75),
    antialias: boolAttribute(node, 'antialias', false),
    excludeOutside: boolAttribute(node, 'exclude_outside', false),
  };
}

export interface ResizeAxis {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** start and end of the region of interest, in parts of the input */
  readonly roi: readonly [number, number];
}

const { fround } = Math;

/** (x + 0.5) / scale − 0.5 */
const halfPixel = (x: number, scale: number): number => fround(fround(fround(x + 0.5) / scale) - 0.5);

/**
 * Input coordinate of output coordinate x, rounded to single precision after every operation: which pixel is nearest
 * to one half way between two depends on it, and runtimes compute it so.
 */
export function originalCoordinate(
  x: number,
  mode: string,
  { input, output, scale, roi }: ResizeAxis,
): number {
  const factor = fround(scale);
  const exact = scale * input;
  switch (mode) {
    case 'align_corners':
      return output === 1 ? 0 : fround((x * (input - 1)) / (exact - 1));
    case 'asymmetric':
      return fround(x / factor);
    case 'pytorch_half_pixel':
      return output === 1 ? 0 : halfPixel(x, factor);
    case 'tf_half_pixel_for_nn':
      return fround((x + 0.5) / factor);
    case 'half_pixel_symmetric': {
      const adjustment = output / exact;
      const centre = input / 2;
      return centre * (1 - adjustment) + halfPixel(x, factor);
    }
    case 'tf_crop_and_resize': {
      const [start, end] = roi;
      if (output === 1) return 0.5 * (start + end) * (input - 1);
      return start * (input - 1) + (x * (end - start) * (input - 1)) / (exact - 1);
    }
    default:
      return halfPixel(x, factor);
  }
}

/** The pixel for coordinate x of the input; 'outwards' is down where the image grows and up where it shrinks. */
export function nearestIndex(x: number, mode: string, scale: number): number {
  switch (mode) {
    case 'outwards':
      return scale < 1 ? Math.ceil(x) : Math.floor(x);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    default:
      return Math.ceil(x - 0.5);
  }
}
