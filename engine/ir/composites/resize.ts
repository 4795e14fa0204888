// Resizing of any axes as resizes of images: one axis at a time, or two that are neighbours where that takes few
// pixels for each result. Axes in front are images and channels, axes behind are channels.

import { floatAttribute, stringAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import type { InferContext } from '../ops/definition.ts';
import { resizePlan } from '../ops/images/image.ts';
import {
  ALMOST_WHOLE,
  KNOWN_COORDINATES,
  mostTaps,
  type ResizeRule,
  resizeRule,
} from '../ops/images/resampling.ts';
import { elementCount, tensorOf } from '../tensor.ts';
import type { Composer, Expansion } from './composer.ts';

/** Beyond so many pixels for one result, two sums one after the other are less work. */
const MOST_AT_ONCE = 16;

interface ResizedAxis {
  readonly axis: number;
  readonly output: number;
  readonly scale: number;
}

/** Axes that change, those together that are resized together. */
function stagesOf<V>(c: Composer<V>, rule: ResizeRule): ResizedAxis[][] {
  const types = c.inputs.map(value => (value === undefined ? undefined : { shape: c.shape(value) }));
  const constant = (index: number) => {
    const value = c.inputs[index];
    return value === undefined ? undefined : c.known(value);
  };
  const context: InferContext = { node: c.node, inputs: types, constant, body: () => [] };
  const { shape, scales } = resizePlan(context);
  const given = c.shape(c.input(0));
  const stages: ResizedAxis[][] = [];
  for (const [axis, output] of shape.entries()) {
    const scale = scales[axis] ?? 1;
    if (output === given[axis] && scale === 1) continue;
    const last = stages.at(-1);
    const [before] = last?.length === 1 ? last : [];
    const taps = mostTaps(rule, scale) * mostTaps(rule, before?.scale ?? 1);
    if (before?.axis === axis - 1 && taps <= MOST_AT_ONCE) last?.push({ axis, output, scale });
    else stages.push([{ axis, output, scale }]);
  }
  return stages;
}

/** One or two neighbouring axes as those of images [count, channels, height, width]. */
function resized<V>(c: Composer<V>, x: V, stage: readonly ResizedAxis[], rule: ResizeRule): V {
  const shape = c.shape(x);
  const axes = stage.map(({ axis }) => axis);
  const [from, to] = [axes[0] ?? 0, (axes.at(-1) ?? 0) + 1];
  const plane = shape.slice(from, to);
  const [images = 1, ...others] = shape.slice(0, from);
  const behind = elementCount(shape.slice(to));
  const square = (extents: readonly number[]) => (extents.length === 1 ? [...extents, 1] : extents);
  const first = behind === 1 ? [images, elementCount(others)] : [elementCount(shape.slice(0, from))];
  const image =
    behind === 1
      ? c.reshape(x, [...first, ...square(plane)])
      : c.transpose(c.reshape(x, [...first, ...square(plane), behind]), 0, 3, 1, 2);
  const scales = [1, 1, ...square(stage.map(({ scale }) => scale))];
  const outputs = square(stage.map(({ output }) => output));
  const given = c.inputs[2];
  const isGiven = c.node.version < 11 || (given !== undefined && elementCount(c.shape(given)) > 0);
  const factors = c.constant(tensorOf('float32', [4], scales));
  const sizes = c.ints(...c.shape(image).slice(0, 2), ...outputs);
  const y = c.apply('Resize', [image, undefined, ...(isGiven ? [factors] : [undefined, sizes])], {
    mode: attr.string(rule.mode),
    coordinate_transformation_mode: attr.string(rule.coordinates),
    nearest_mode: attr.string(rule.nearest),
    cubic_coeff_a: attr.float(floatAttribute(c.node, 'cubic_coeff_a', -0.75)),
    exclude_outside: attr.int(rule.excludeOutside ? 1 : 0),
    antialias: attr.int(rule.antialias ? 1 : 0),
  });
  const result = shape.with(from, outputs[0] ?? 1);
  const extents = stage.length === 2 ? result.with(to - 1, outputs[1] ?? 1) : result;
  return c.reshape(behind === 1 ? y : c.transpose(y, 0, 2, 3, 1), extents);
}

/** Integers of 8 bits are blended as real numbers. */
function blended<V>(c: Composer<V>, x: V): V {
  const real = c.apply('Resize', [c.cast(x, 'float32'), ...c.inputs.slice(1)], c.node.attributes);
  return c.cast(c.add(real, c.scaled(c.apply('Sign', [real]), ALMOST_WHOLE)), c.dtype(x));
}

function resize<V>(c: Composer<V>): V[] {
  const x = c.input(0);
  const rule = resizeRule(c.node);
  const isByte = c.dtype(x) === 'uint8' || c.dtype(x) === 'int8';
  if (isByte && rule.mode !== 'nearest' && c.node.version >= 11) return [blended(c, x)];
  const policy = stringAttribute(c.node, 'keep_aspect_ratio_policy', 'stretch');
  if (c.dtype(x) !== 'float32' || !KNOWN_COORDINATES.has(rule.coordinates) || policy !== 'stretch')
    c.fail('these coordinates are not expanded');
  const stages = stagesOf(c, rule);
  const [only] = stages;
  const axes = only?.map(({ axis }) => axis) ?? [];
  const plain = stages.length === 1 && c.rank(x) === 4 && axes.every(axis => axis >= 2);
  if (plain && !c.node.attributes.axes) c.fail('images have a kernel');
  return [stages.reduce((value, stage) => resized(c, value, stage, rule), x)];
}

/** Of operators that have facts and a reference of their own. */
export const RESIZE_EXPANSIONS: Readonly<Record<string, Expansion>> = { Resize: resize, Upsample: resize };
