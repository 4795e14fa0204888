// Long Fourier transforms as two products: of length P · Q they are transforms of P points each, then of Q points with
// the turns between the two in their bases (Cooley and Tukey, 1965).
// Invariant: a basis is computed in double precision from angles below one turn.

import { attr } from '../graph.ts';
import type { Composer } from './composer.ts';

/** A transform of `length` points, of which the first `outputs` results are wanted. */
export interface Transform {
  readonly length: number;
  readonly outputs: number;
  /** of a point: 2 when complex */
  readonly parts: number;
  readonly inverse: boolean;
}

/** Two lengths whose product is that of the transform. */
export interface Factors {
  readonly first: number;
  readonly second: number;
  /** of both bases */
  readonly elements: number;
}

/** Multiply-adds in which one element more is moved. */
const MOVE_COST = 32;

/** Real and imaginary part of e^(±2πi·k·t/n). */
export function unit(k: number, t: number, n: number, inverse: boolean): readonly [number, number] {
  const angle = (2 * Math.PI * ((k * t) % n)) / n;
  return [Math.cos(angle), (inverse ? 1 : -1) * Math.sin(angle)];
}

/** The factors of the length that cost the least; undefined where one product costs less. */
export function factorsOf({ length, outputs, parts }: Transform): Factors | undefined {
  // Points that go in and out of both products, beyond what one product reads and writes.
  const moved = MOVE_COST * length * (parts + 4);
  let least = length * parts * outputs * 2 - moved;
  let best: Factors | undefined;
  for (let first = 2; first <= length / 2; first++) {
    if (length % first !== 0) continue;
    const second = length / first;
    const firstBasis = first * 2 * first * parts;
    const secondBasis = first * 2 * second * 2 * Math.ceil(outputs / first);
    const cost = second * firstBasis + secondBasis;
    if (cost >= least) continue;
    least = cost;
    best = { first, second, elements: firstBasis + secondBasis };
  }
  return best;
}

/** (result k, part) by (point p, part): transforms of P points. */
function firstBasis({ parts, inverse }: Transform, { first }: Factors): Float32Array {
  const basis = new Float32Array(2 * first * first * parts);
  for (let k = 0; k < first; k++)
    for (let p = 0; p < first; p++) {
      const [cos, sin] = unit(k, p, first, inverse);
      const at = (part: number) => ((2 * k + part) * first + p) * parts;
      basis[at(0)] = cos;
      basis[at(1)] = sin;
      if (parts === 1) continue;
      basis[at(0) + 1] = -sin;
      basis[at(1) + 1] = cos;
    }
  return basis;
}

/** For each k₁ below P (k₂, part) by (part, q): the result k = k₁ + P · k₂ of the points q of transform k₁. */
function secondBasis({ length, outputs, inverse }: Transform, { first, second }: Factors): Float32Array {
  const blocks = Math.ceil(outputs / first);
  const basis = new Float32Array(first * blocks * 2 * 2 * second);
  const factor = inverse ? 1 / length : 1;
  for (let k1 = 0; k1 < first; k1++)
    for (let k2 = 0; k2 < blocks; k2++)
      for (let q = 0; q < second; q++) {
        const [cos, sin] = unit(k1 + first * k2, q, length, inverse);
        const row = (part: number) => ((k1 * blocks + k2) * 2 + part) * 2 * second + q;
        basis[row(0)] = cos * factor;
        basis[row(0) + second] = -sin * factor;
        basis[row(1)] = sin * factor;
        basis[row(1) + second] = cos * factor;
      }
  return basis;
}

/** Rows (row, point, part) transformed: (row, result, 2). */
export function transformInFactors<V>(c: Composer<V>, x: V, transform: Transform, factors: Factors): V {
  const { outputs, parts } = transform;
  const { first, second } = factors;
  const [rows = 0] = c.shape(x);
  const constant = (shape: readonly number[], data: Float32Array): V =>
    c.constant({ dtype: 'float32', shape, data });
  // Point p · Q + q is row p and column q.
  const lines = c.transpose(c.reshape(x, [rows, first, second, parts]), 0, 1, 3, 2);
  const columns = c.reshape(lines, [rows, first * parts, second]);
  const inner = c.apply('MatMul', [
    constant([2 * first, first * parts], firstBasis(transform, factors)),
    columns,
  ]);
  // A product of its own for every k₁ is a convolution in groups.
  const channels = c.transpose(c.reshape(inner, [1, rows, 2 * first * second]), 0, 2, 1);
  const blocks = Math.ceil(outputs / first);
  const weights = constant([first * blocks * 2, 2 * second, 1], secondBasis(transform, factors));
  const outer = c.apply('Conv', [channels, weights], { group: attr.int(first) });
  const results = c.reshape(c.transpose(outer, 0, 2, 1), [rows, first, blocks, 2]);
  const ordered = c.reshape(c.transpose(results, 0, 2, 1, 3), [rows, blocks * first, 2]);
  return c.slice(ordered, 1, 0, outputs);
}
