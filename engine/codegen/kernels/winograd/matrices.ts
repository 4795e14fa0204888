// Minimal filtering F(m×m, 3×3): the matrices for one axis, and their products with vectors in registers. After Lavin &
// Gray, "Fast Algorithms for Convolutional Neural Networks" (2015); points that round less than the usual ±1, ±2 after
// Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution" (2020).

import type { Value, Vectors } from '../../vector/vector.ts';

type Matrix = readonly (readonly number[])[];

/** Outputs of one tile along an axis. */
export type OutputTile = 2 | 4;

interface Filtering {
  /** m + 2 × m + 2: input; rows of a pair of points p, −p differ in the sign of odd terms */
  readonly input: Matrix;
  /** m + 2 × 3: weights; rows of a pair differ in the sign of the middle term */
  readonly weights: Matrix;
  /** m × m + 2: results; columns of a pair of points differ in the sign of odd rows */
  readonly output: Matrix;
}

/**
 * Points are 0, ±p for every p, and ∞. With ±5/8 and ±3/2 results of F(4×4) are off by twice what direct summation
 * is off by, with ±1 and ±2 by four times.
 */
const POINTS: Readonly<Record<OutputTile, readonly number[]>> = { 2: [1], 4: [5 / 8, 3 / 2] };

const FILTERINGS: Readonly<Record<OutputTile, Filtering>> = { 2: filtering(2), 4: filtering(4) };

/** Evaluation at the points, Cook and Toom's way: coefficients of Π (x − q) over the other points, and 1 / Π (p − q). */
function filtering(outputs: OutputTile): Filtering {
  const points = [0, ...POINTS[outputs].flatMap(point => [point, -point])];
  const others = (point: number): number[] => points.filter(other => other !== point);
  const product = (roots: readonly number[]): number[] =>
    roots.reduce(
      (factors, root) =>
        Array.from(
          { length: factors.length + 1 },
          (_, k) => (factors[k - 1] ?? 0) - root * (factors[k] ?? 0),
        ),
      [1],
    );
  const scale = (point: number): number => others(point).reduce((s, other) => s * (point - other), 1);
  return {
    input: [...points.map(point => [...product(others(point)), 0]), product(points)],
    weights: [...points.map(point => [0, 1, 2].map(power => point ** power / scale(point))), [0, 0, 1]],
    output: Array.from({ length: outputs }, (_, power) => [
      ...points.map(point => point ** power),
      power === outputs - 1 ? 1 : 0,
    ]),
  };
}

/** Inputs that one tile reads, and products it takes, along an axis. */
export const tileExtent = (outputs: OutputTile): number => outputs + 2;

/** Writes the tileExtent² factors of the 3×3 weights [row][column] at source[from] to target[to + product · step]. */
export type WeightTransform = (
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  step: number,
) => void;

/** Millions of them are transformed when a model is loaded, hence no arrays and no calls within. */
export function weightTransform(outputs: OutputTile): WeightTransform {
  const { weights } = FILTERINGS[outputs];
  const extent = tileExtent(outputs);
  const scale = weights[0]?.[0] ?? 0;
  // The first row of each pair of points; with one pair the second is not used.
  const [a1 = 0, b1 = 0, c1 = 0] = weights[1] ?? [];
  const [a2 = 0, b2 = 0, c2 = 0] = weights[3] ?? [];
  const two = outputs === 4;
  const last = extent - 1;
  const rows = new Float64Array(3 * extent);
  return (source, from, target, to, step) => {
    for (let row = 0; row < 3; row++) {
      const a = source[from + row * 3] ?? 0;
      const b = source[from + row * 3 + 1] ?? 0;
      const c = source[from + row * 3 + 2] ?? 0;
      const even = a1 * a + c1 * c;
      const odd = b1 * b;
      rows[row] = scale * a;
      rows[3 + row] = even + odd;
      rows[6 + row] = even - odd;
      if (two) {
        const even2 = a2 * a + c2 * c;
        const odd2 = b2 * b;
        rows[9 + row] = even2 + odd2;
        rows[12 + row] = even2 - odd2;
      }
      rows[3 * last + row] = c;
    }
    const down = extent * step;
    for (let x = 0; x < extent; x++) {
      const a = rows[3 * x] ?? 0;
      const b = rows[3 * x + 1] ?? 0;
      const c = rows[3 * x + 2] ?? 0;
      const even = a1 * a + c1 * c;
      const odd = b1 * b;
      const at = to + x * step;
      target[at] = scale * a;
      target[at + down] = even + odd;
      target[at + 2 * down] = even - odd;
      if (two) {
        const even2 = a2 * a + c2 * c;
        const odd2 = b2 * b;
        target[at + 3 * down] = even2 + odd2;
        target[at + 4 * down] = even2 - odd2;
      }
      target[at + last * down] = c;
    }
  };
}

/** What is transformed: floats, integers of 16 bits two to a word, or integers of 32. Of integers only F(2×2). */
export type Elements = 'f32' | 'i16' | 'i32';

const combine = (v: Vectors, elements: Elements, op: 'add' | 'sub', a: Value, b: Value): Value =>
  elements === 'i16' ? v.map('i32', [a, b], () => v.f.op(`i16x8.${op}`)) : v.op(`${elements}.${op}`, a, b);

/** The transform of tileExtent inputs along an axis. In locals of the caller's scope. */
export function transformInputs(
  v: Vectors,
  elements: Elements,
  outputs: OutputTile,
  inputs: readonly Value[],
): Value[] {
  const { input } = FILTERINGS[outputs];
  const last = input.length - 1;
  const terms = (row: number, keep: (term: number) => boolean): Value =>
    weightedSum(
      v,
      elements,
      (input[row] ?? []).map((factor, term) => (keep(term) ? factor : 0)),
      inputs,
    );
  const results = [terms(0, () => true)];
  for (let row = 1; row < last; row += 2) {
    const even = terms(row, term => term % 2 === 0);
    const odd = terms(row, term => term % 2 === 1);
    results.push(combine(v, elements, 'add', even, odd), combine(v, elements, 'sub', even, odd));
  }
  return [...results, terms(last, () => true)];
}

/** The outputs along an axis from tileExtent sums of products. In locals of the caller's scope. */
export function transformOutputs(
  v: Vectors,
  elements: Elements,
  outputs: OutputTile,
  products: readonly Value[],
): Value[] {
  const { output } = FILTERINGS[outputs];
  const pair = (first: number, op: 'add' | 'sub'): Value =>
    combine(v, elements, op, at(products, first), at(products, first + 1));
  const firsts = Array.from({ length: outputs / 2 }, (_, k) => 2 * k + 1);
  const combined = [firsts.map(first => pair(first, 'add')), firsts.map(first => pair(first, 'sub'))];
  const ends = [at(products, 0), at(products, products.length - 1)];
  return output.map((factors, row) =>
    weightedSum(
      v,
      elements,
      [...firsts.map(first => factors[first] ?? 0), factors[0] ?? 0, factors.at(-1) ?? 0],
      [...(combined[row % 2] ?? []), ...ends],
    ),
  );
}

function at(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (!value) throw new Error(`a transform expects a value ${index}`);
  return value;
}

/** Σ factor · value; starts from a term of factor 1 where there is one, which costs nothing. */
function weightedSum(
  v: Vectors,
  elements: Elements,
  factors: readonly number[],
  values: readonly Value[],
): Value {
  const terms = factors.flatMap((factor, k) => (factor === 0 ? [] : [{ factor, value: at(values, k) }]));
  const [first, ...rest] = terms.toSorted((a, b) => Number(b.factor === 1) - Number(a.factor === 1));
  if (!first) throw new Error('a sum expects terms');
  if (first.factor !== 1 && elements !== 'f32') throw new Error('a sum of integers starts with a factor 1');
  const start = first.factor === 1 ? first.value : v.op('f32.mul', first.value, v.f32(first.factor));
  return rest.reduce((sum, { factor, value }) => {
    if (factor === 1) return combine(v, elements, 'add', sum, value);
    if (factor === -1) return combine(v, elements, 'sub', sum, value);
    if (elements !== 'f32') throw new Error('a transform of integers has factors 1 and −1 only');
    return v.madd(value, v.f32(factor), sum);
  }, start);
}
