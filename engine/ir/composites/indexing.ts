// Operators that depend on where an element stands, as comparisons of places.

import { boolAttribute, intAttribute } from '../attributes.ts';
import { dtypeOfCode } from '../dtypes.ts';
import { attr } from '../graph.ts';
import { elementCount, makeTensor, normalizeAxis, tensorOf } from '../tensor.ts';
import type { Dtype } from '../types.ts';
import type { Composer, Expansion } from './composer.ts';

/** Elements of a mask that is made for a triangle: beyond it costs more memory than it saves time. */
const MOST_ELEMENTS = 2 ** 24;

/** What lies on the other side of a diagonal becomes 0. */
function trilu<V>(c: Composer<V>): V[] {
  const x = c.input(0);
  const [rows = 1, columns = 1] = c.shape(x).slice(-2);
  if (rows * columns > MOST_ELEMENTS) c.fail('the triangle is too large for a mask');
  const diagonal = c.inputs[1] === undefined ? 0 : (c.numbers(c.input(1))[0] ?? 0);
  const upper = boolAttribute(c.node, 'upper', true);
  const kept = Array.from({ length: rows * columns }, (_, at) => {
    const distance = (at % columns) - Math.floor(at / columns);
    return Number(upper ? distance >= diagonal : distance <= diagonal);
  });
  const mask = c.constant(tensorOf('bool', [rows, columns], kept));
  return [c.apply('Where', [mask, x, c.number(0, x)])];
}

/** Ones on a diagonal: known where the extents are. */
function eyeLike<V>(c: Composer<V>): V[] {
  const [rows = 1, columns = 1] = c.shape(c.input(0));
  if (rows * columns > MOST_ELEMENTS) c.fail('the matrix is too large for a constant');
  const diagonal = intAttribute(c.node, 'k', 0);
  const ones = new Uint8Array(rows * columns);
  for (let row = Math.max(0, -diagonal); row < rows && row + diagonal < columns; row++)
    ones[row * columns + row + diagonal] = 1;
  const matrix = c.constant(makeTensor('uint8', [rows, columns], ones));
  const dtype = dtypeOfCode(intAttribute(c.node, 'dtype', 0)) ?? c.dtype(c.input(0));
  return [c.cast(matrix, dtype)];
}

/** A list of all places is a constant of the model: not of ones that no result could have. */
const MOST_PLACES = 2 ** 20;

/** The one value where the place along a new axis is the index, which may count from the end; the other elsewhere. */
function oneHot<V>(c: Composer<V>): V[] {
  const depth = c.numbers(c.input(1))[0] ?? 0;
  const given = c.input(0);
  const shape = c.shape(given);
  const axis = normalizeAxis(intAttribute(c.node, 'axis', -1), shape.length + 1);
  if (depth < 1 || elementCount(shape) === 0) c.fail('expected a depth and elements');
  if (depth > MOST_PLACES) c.fail(`expected at most ${MOST_PLACES} places, found ${depth}`);
  const type = c.dtype(given) === 'int32' ? 'int32' : 'int64';
  const index = c.reshape(c.cast(given, type), shape.toSpliced(axis, 0, 1));
  const from = c.apply('Less', [index, c.number(0, index)]);
  const counted = c.apply('Where', [from, c.add(index, c.number(depth, index)), index]);
  const places = c.constant(
    tensorOf(
      type,
      [depth, ...shape.slice(axis).map(() => 1)],
      Array.from({ length: depth }, (_, i) => i),
    ),
  );
  const [off, on] = [0, 1].map(i => c.reshape(c.slice(c.input(2), 0, i, i + 1), []));
  return [c.apply('Where', [c.apply('Equal', [counted, places]), on, off])];
}

const ONE_BY_ONE: ReadonlySet<Dtype> = new Set(['float32', 'float64', 'int32', 'int64']);

/**
 * Running sums or products: so many shifted copies combined, each twice as far as the one before (Hillis and Steele
 * 1986). log₂(extent) operations on everything, and errors that grow with it: for types that no kernel goes through one
 * after the other. `neutral` changes nothing.
 */
const cumulated =
  (op: 'Add' | 'Mul', neutral: number) =>
  <V>(c: Composer<V>): V[] => {
    const x = c.input(0);
    const shape = c.shape(x);
    const axis = normalizeAxis(c.numbers(c.input(1))[0] ?? 0, shape.length);
    const extent = shape[axis] ?? 1;
    if (ONE_BY_ONE.has(c.dtype(x))) c.fail('a kernel goes through the elements one after the other');
    const backwards = boolAttribute(c.node, 'reverse', false);
    const shifted = (value: V, by: number): V => {
      const kept = backwards ? c.slice(value, axis, by, extent) : c.slice(value, axis, 0, extent - by);
      const pads = shape.flatMap((_, at) => (at === axis ? by : 0));
      const zeros = shape.map(() => 0);
      const around = backwards ? [...zeros, ...pads] : [...pads, ...zeros];
      return c.apply('Pad', [kept, c.ints(...around), c.number(neutral, value)], {
        mode: attr.string('constant'),
      });
    };
    let sum = x;
    if (boolAttribute(c.node, 'exclusive', false)) {
      if (extent === 1)
        return [c.constant(tensorOf(c.dtype(x), shape, new Array(elementCount(shape)).fill(neutral)))];
      sum = shifted(x, 1);
    }
    for (let by = 1; by < extent; by *= 2) sum = c.apply(op, [sum, shifted(sum, by)]);
    return [sum];
  };

/** Of operators that have facts and a reference of their own. */
export const INDEXING_EXPANSIONS: Readonly<Record<string, Expansion>> = {
  Trilu: trilu,
  EyeLike: eyeLike,
  OneHot: oneHot,
  CumSum: cumulated('Add', 0),
  CumProd: cumulated('Mul', 1),
};
