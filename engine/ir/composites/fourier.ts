// Fourier transforms as products with their basis: what a transform of a known length does to its points is a matrix,
// so that kernels for products and convolutions compute it; long ones of composite length are two smaller products.
// Transforms whose matrix would be too large stay as they are.

import { boolAttribute, hasAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import type { InferContext } from '../ops/definition.ts';
import { Undetermined } from '../ops/errors.ts';
import { type DftPlan, dftPlan, frameLength } from '../ops/linear-algebra/signal.ts';
import { elementCount, tensorOf } from '../tensor.ts';
import type { Shape, Tensor } from '../types.ts';
import type { Composer, Expansion } from './composer.ts';
import { type Factors, factorsOf, type Transform, transformInFactors, unit } from './fourier-factors.ts';

/** elements: 32 MiB of float32, which transforms of some 2,900 points have as one matrix */
const LARGEST_BASIS = 2 ** 23;

/** The call as shape rules see it. */
function contextOf<V>(c: Composer<V>): InferContext {
  const at = (index: number): V | undefined => c.inputs[index];
  return {
    node: c.node,
    inputs: c.inputs.map(value =>
      value === undefined ? undefined : { dtype: c.dtype(value), shape: c.shape(value) },
    ),
    constant: index => {
      const value = at(index);
      return value === undefined ? undefined : c.known(value);
    },
    body: () => [],
  };
}

/** Kernels are for float32; the reference takes any type. */
function checkSize<V>(c: Composer<V>, elements: number): void {
  if (c.dtype(c.input(0)) !== 'float32' || elements === 0 || elements > LARGEST_BASIS)
    throw new Undetermined();
}

const matrixOf = (shape: Shape, data: Float64Array): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

/** The matrix of a transform: rows are the parts of `points` inputs, columns the parts of its outputs. */
function dftBasis(plan: DftPlan, points: number, parts: number, inverse: boolean): Float64Array {
  const { length, outputs, real } = plan;
  const width = real ? 1 : 2;
  const columns = outputs * width;
  const basis = new Float64Array(points * parts * columns);
  const add = (t: number, part: number, k: number, re: number, im: number): void => {
    const factor = inverse ? 1 / length : 1;
    const at = (t * parts + part) * columns + k * width;
    basis[at] = (basis[at] ?? 0) + re * factor;
    if (width === 2) basis[at + 1] = (basis[at + 1] ?? 0) + im * factor;
  };
  for (let t = 0; t < points; t++) {
    // The half that a one-sided transform left out is this half's conjugates, from the end.
    const mirrored = real && t > 0 && length - t >= points ? length - t : undefined;
    for (let k = 0; k < outputs; k++) {
      const [cos, sin] = unit(k, t, length, inverse);
      add(t, 0, k, cos, sin);
      if (parts === 2) add(t, 1, k, -sin, cos);
      if (mirrored === undefined) continue;
      const [cosM, sinM] = unit(k, mirrored, length, inverse);
      add(t, 0, k, cosM, sinM);
      if (parts === 2) add(t, 1, k, sinM, -cosM);
    }
  }
  return basis;
}

/** A product along the axis; points that are missing are 0, those beyond the length are not read. */
const dft = <V>(c: Composer<V>): V[] => {
  const x = c.input(0);
  const plan = dftPlan(contextOf(c));
  const { axis, length, outputs, real } = plan;
  const shape = c.shape(x);
  const [parts = 1, rank] = [shape.at(-1), shape.length];
  const points = Math.min(shape[axis] ?? 0, real ? Math.floor(length / 2) + 1 : length);
  const width = real ? 1 : 2;
  const inverse = boolAttribute(c.node, 'inverse', false);
  const transform: Transform = { length, outputs, parts, inverse };
  const factors = real || points < length ? undefined : factorsOf(transform);
  checkSize(c, factors?.elements ?? points * parts * outputs * width);
  const others = [...shape.keys()].filter(i => i !== axis && i !== rank - 1);
  const order = [...others, axis, rank - 1];
  const lines = c.transpose(c.slice(x, axis, 0, points), ...order);
  const kept = others.map(i => shape[i] ?? 1);
  const count = elementCount(kept);
  const direct = (): V => {
    const matrix = matrixOf([points * parts, outputs * width], dftBasis(plan, points, parts, inverse));
    return c.apply('MatMul', [c.reshape(lines, [count, points * parts]), c.constant(matrix)]);
  };
  const found = factors
    ? transformInFactors(c, c.reshape(lines, [count, points, parts]), transform, factors)
    : direct();
  const results = c.reshape(found, [...kept, outputs, width]);
  return [c.transpose(results, ...[...shape.keys()].map(i => order.indexOf(i)))];
};

/** Frames of a signal (batch, samples), one every `step` samples: (batch, frame, `length` samples). */
function framesOf<V>(c: Composer<V>, signal: V, length: number, step: number): V {
  const [batch = 1, samples = 0] = c.shape(signal);
  const frames = 1 + Math.floor((samples - length) / step);
  // What starts of frames and their length are multiples of is moved as one.
  const piece = commonDivisor(step, length);
  const pieces = c.reshape(c.slice(signal, 1, 0, Math.floor(samples / piece) * piece), [
    batch,
    Math.floor(samples / piece),
    piece,
  ]);
  const places = Array.from({ length: frames }, (_, frame) =>
    Array.from({ length: length / piece }, (_, i) => (frame * step) / piece + i),
  );
  const indices = c.constant(tensorOf('int64', [frames, length / piece], places.flat()));
  return c.reshape(c.apply('Gather', [pieces, indices], { axis: attr.int(1) }), [batch, frames, length]);
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

/** Frames by the window, each transformed. */
function transformFrames<V>(
  c: Composer<V>,
  signal: V,
  step: number,
  transform: Transform,
  factors: Factors,
): V {
  const window = c.inputs[2];
  const cut = framesOf(c, signal, transform.length, step);
  const frames = window === undefined ? cut : c.mul(cut, window);
  const [batch = 1, count = 0] = c.shape(frames);
  const rows = c.reshape(frames, [batch * count, transform.length, 1]);
  return c.reshape(transformInFactors(c, rows, transform, factors), [batch, count, transform.outputs, 2]);
}

/** Frames in factors, else a convolution of the samples with the windowed basis, a frame for every step. */
const stft = <V>(c: Composer<V>): V[] => {
  const [x, window] = [c.input(0), c.inputs[2]];
  const [batch = 1, samples = 0, parts = 1] = c.shape(x);
  const context = contextOf(c);
  const length = frameLength(context);
  const [step = 1] = c.numbers(c.input(1));
  const oneSided = !hasAttribute(c.node, 'onesided') || boolAttribute(c.node, 'onesided', true);
  const bins = oneSided ? Math.floor(length / 2) + 1 : length;
  const transform: Transform = { length, outputs: bins, parts, inverse: false };
  const factors = factorsOf(transform);
  checkSize(c, factors?.elements ?? 2 * bins * length);
  if (parts !== 1 || samples < length) throw new Undetermined();
  if (factors) return [transformFrames(c, c.reshape(x, [batch, samples]), step, transform, factors)];
  const basis = new Float64Array(2 * bins * length);
  for (let k = 0; k < bins; k++) {
    for (let t = 0; t < length; t++) {
      [basis[2 * k * length + t], basis[(2 * k + 1) * length + t]] = unit(k, t, length, false);
    }
  }
  const plain = c.constant(matrixOf([2 * bins, 1, length], basis));
  const kernel = window === undefined ? plain : c.mul(plain, c.reshape(window, [1, 1, length]));
  const signal = c.reshape(x, [batch, 1, samples]);
  const frames = c.apply('Conv', [signal, kernel], { strides: attr.ints([step]) });
  const count = c.shape(frames)[2] ?? 0;
  return [c.reshape(c.transpose(frames, 0, 2, 1), [batch, count, bins, 2])];
};

/** They keep a reference of their own, by their definition. */
export const FOURIER_EXPANSIONS: Readonly<Record<string, Expansion>> = { DFT: dft, STFT: stft };
