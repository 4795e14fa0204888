// AffineGrid as a product: places of all pixels, which are known, times the transformation of each image.

import { boolAttribute } from '../attributes.ts';
import { elementCount, makeTensor } from '../tensor.ts';
import type { Composer, Expansion } from './composer.ts';

/** Pixels of a grid whose places are a constant of the model. */
const MOST_PIXELS = 2 ** 22;

/** Where pixel `at` of so many lies between −1 and 1: those are the outer pixels' centres, or the image's borders. */
const placeOf = (at: number, extent: number, centres: boolean): number => {
  if (!centres) return (2 * at + 1) / extent - 1;
  return extent === 1 ? 0 : (2 * at) / (extent - 1) - 1;
};

/** [x, y, (z,) 1] of every pixel, the last axis fastest. */
function placesOf(extents: readonly number[], centres: boolean): Float32Array {
  const width = extents.length + 1;
  const places = new Float32Array(elementCount(extents) * width).fill(1);
  let stride = 1;
  for (const [i, extent] of extents.toReversed().entries()) {
    for (let at = i, pixel = 0; at < places.length; at += width, pixel++)
      places[at] = placeOf(Math.floor(pixel / stride) % extent, extent, centres);
    stride *= extent;
  }
  return places;
}

const affineGrid: Expansion = <V>(c: Composer<V>): V[] => {
  const theta = c.input(0);
  const [images = 0, , ...extents] = c.numbers(c.input(1));
  const pixels = elementCount(extents);
  if (c.dtype(theta) !== 'float32' || pixels === 0 || pixels > MOST_PIXELS)
    c.fail('expected float32 and a grid of some pixels');
  const rank = extents.length;
  const places = placesOf(extents, boolAttribute(c.node, 'align_corners', false));
  const grid = c.constant(makeTensor('float32', [pixels, rank + 1], places));
  const points = c.apply('MatMul', [grid, c.transpose(theta, 0, 2, 1)]);
  return [c.reshape(points, [images, ...extents, rank])];
};

/** Of operators that have facts and a reference of their own. */
export const AFFINE_EXPANSIONS: Readonly<Record<string, Expansion>> = { AffineGrid: affineGrid };
