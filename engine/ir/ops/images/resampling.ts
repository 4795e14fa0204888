// Where the pixels of a resized image come from: the rules of Resize and Upsample for one axis.

import { boolAttribute, floatAttribute, stringAttribute } from '../../attributes.ts';
import type { Node } from '../../types.ts';

/** Attributes of Resize and Upsample, with their defaults. */
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

/**
 * Blended integers lose their fraction. What is so little below a whole number counts as it, so that no order of sums
 * decides where an image is even.
 */
export const ALMOST_WHOLE = 2 ** -13;

/** One axis that is resized: pixels before and after; `scale` may differ from their ratio. */
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
function originalCoordinate(x: number, mode: string, { input, output, scale, roi }: ResizeAxis): number {
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
function nearestIndex(x: number, mode: string, scale: number): number {
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

/** Weights of input coordinates for one output coordinate; `outside` takes the extrapolation value. */
export interface ResizeTap {
  readonly indices: readonly number[];
  readonly weights: readonly number[];
  readonly outside: boolean;
}

/** Keys' cubic convolution kernel (1981). */
function cubicWeight(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  if (d < 2) return a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a;
  return 0;
}

const linearWeight = (distance: number): number => Math.max(0, 1 - Math.abs(distance));

/** Weights around x of a kernel with this radius, widened by `stretch` when shrinking with antialiasing. */
function kernelTap(x: number, radius: number, stretch: number, weight: (d: number) => number) {
  const indices: number[] = [];
  const weights: number[] = [];
  const first = Math.floor(x - radius * stretch) + 1;
  const last = Math.ceil(x + radius * stretch) - 1;
  for (let i = Math.min(first, Math.floor(x)); i <= Math.max(last, Math.floor(x)); i++) {
    indices.push(i);
    weights.push(weight((i - x) / stretch));
  }
  return { indices, weights };
}

function tapOf(x: number, rule: ResizeRule, axis: ResizeAxis): ResizeTap {
  const outside = rule.coordinates === 'tf_crop_and_resize' && (x < 0 || x > axis.input - 1);
  const clampIndex = (i: number) => Math.min(Math.max(i, 0), axis.input - 1);
  if (rule.mode === 'nearest') {
    return { indices: [clampIndex(nearestIndex(x, rule.nearest, axis.scale))], weights: [1], outside };
  }
  const stretch = rule.antialias && axis.scale < 1 ? 1 / axis.scale : 1;
  const raw =
    rule.mode === 'cubic'
      ? kernelTap(x, 2, stretch, d => cubicWeight(d, rule.cubic))
      : kernelTap(x, 1, stretch, linearWeight);
  const weights = raw.weights.map((weight, i) => {
    const index = raw.indices[i] ?? 0;
    return rule.excludeOutside && (index < 0 || index >= axis.input) ? 0 : weight;
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  return { indices: raw.indices.map(clampIndex), weights: weights.map(weight => weight / sum), outside };
}

/** The taps of every output coordinate of one axis. */
export function axisTaps(rule: ResizeRule, axis: ResizeAxis): ResizeTap[] {
  return Array.from({ length: axis.output }, (_, x) =>
    tapOf(originalCoordinate(x, rule.coordinates, axis), rule, axis),
  );
}

/** Where an axis is read: neighbouring coordinates from a first one on, equally many everywhere, and their weights. */
export interface TapTable {
  readonly span: number;
  /** per output coordinate, with `span` weights */
  readonly entries: readonly { readonly first: number; readonly weights: readonly number[] }[];
}

/** Taps as runs of neighbours inside the axis; coordinates that were clamped to its ends are added up there. */
export function tapTable(taps: readonly ResizeTap[], extent: number): TapTable {
  const sums = taps.map(({ indices, weights }) => {
    const sum = new Map<number, number>();
    indices.forEach((index, t) => {
      const weight = weights[t] ?? 0;
      if (weight !== 0) sum.set(index, (sum.get(index) ?? 0) + weight);
    });
    return sum;
  });
  const ranges = sums.map(sum => [Math.min(...sum.keys()), Math.max(...sum.keys())] as const);
  const span = Math.max(1, ...ranges.map(([low, high]) => high - low + 1));
  const entries = sums.map((sum, at) => {
    const first = Math.min(ranges[at]?.[0] ?? 0, extent - span);
    return { first, weights: Array.from({ length: span }, (_, i) => sum.get(first + i) ?? 0) };
  });
  return { span, entries };
}

/** No tap table of the axis is wider. */
export function mostTaps({ mode, antialias }: ResizeRule, scale: number): number {
  if (mode === 'nearest') return 1;
  const radius = mode === 'cubic' ? 2 : 1;
  return antialias && scale < 1 ? Math.ceil((2 * radius) / scale) + 1 : 2 * radius;
}

/** Ways to find coordinates that look at nothing but extents and scales. */
export const KNOWN_COORDINATES: ReadonlySet<string> = new Set([
  'half_pixel',
  'asymmetric',
  'align_corners',
  'pytorch_half_pixel',
  'half_pixel_symmetric',
  'tf_half_pixel_for_nn',
]);
