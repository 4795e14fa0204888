// Reductions, norms and places of extremes that are plain reductions with something before and behind them.

import { boolAttribute, intAttribute, intsAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import { elementCount, LARGEST_FLOAT, normalizeAxis, tensorOf } from '../tensor.ts';
import type { Composer, Expansion } from './composer.ts';

const KEPT = { keepdims: attr.int(1) };

function float<V>(c: Composer<V>, value: V): V {
  if (c.dtype(value) !== 'float32') c.fail('expected floats');
  return value;
}

/** max + log Σ exp(x − max): nothing overflows. The largest counts as finite, so that ∞ − ∞ does not come up. */
function logSumExp<V>(c: Composer<V>): V[] {
  const x = float(c, c.input(0));
  const rank = c.rank(x);
  const listed = intsAttribute(c.node, 'axes') ?? (c.inputs[1] === undefined ? [] : c.numbers(c.input(1)));
  if (listed.length === 0 && boolAttribute(c.node, 'noop_with_empty_axes', false)) return [x];
  const axes = c.ints(...(listed.length > 0 ? listed : Array.from({ length: rank }, (_, axis) => axis)));
  const bounds = [c.number(-LARGEST_FLOAT, x), c.number(LARGEST_FLOAT, x)];
  const largest = c.apply('Clip', [c.apply('ReduceMax', [x, axes], KEPT), ...bounds]);
  const powers = c.apply('Exp', [c.apply('Sub', [x, largest])]);
  const keepdims = attr.int(intAttribute(c.node, 'keepdims', 1));
  const sum = c.apply('ReduceSum', [powers, axes], { keepdims });
  return [c.add(c.apply('Log', [sum]), c.reshape(largest, c.shape(sum)))];
}

const PLACED: ReadonlySet<string> = new Set(['float32', 'int32', 'int64']);

/** Places of elements that equal the extreme, or are no numbers: the first of them, or the last. */
const extremePlace =
  (extreme: 'ReduceMax' | 'ReduceMin') =>
  <V>(c: Composer<V>): V[] => {
    const x = c.input(0);
    const shape = c.shape(x);
    const axis = normalizeAxis(intAttribute(c.node, 'axis', 0), shape.length);
    const extent = shape[axis] ?? 1;
    if (!PLACED.has(c.dtype(x)) || elementCount(shape) === 0) c.fail('these elements are not expanded');
    const best = c.apply(extreme, [x, c.ints(axis)], KEPT);
    const equal = c.apply('Equal', [x, best]);
    const chosen = c.dtype(x) === 'float32' ? c.apply('Or', [equal, c.apply('IsNaN', [x])]) : equal;
    const places = tensorOf(
      'int32',
      [extent, ...shape.slice(axis + 1).map(() => 1)],
      [...Array(extent).keys()],
    );
    const last = boolAttribute(c.node, 'select_last_index', false);
    const found = c.apply('Where', [
      chosen,
      c.constant(places),
      c.constant(tensorOf('int32', [], [last ? -1 : extent])),
    ]);
    const keepdims = attr.int(intAttribute(c.node, 'keepdims', 1));
    const place = c.apply(last ? 'ReduceMax' : 'ReduceMin', [found, c.ints(axis)], { keepdims });
    return [c.cast(place, 'int64')];
  };

/** 1 at the first largest element along an axis. */
function hardmax<V>(c: Composer<V>): V[] {
  const x = float(c, c.input(0));
  if (c.node.version < 13) c.fail('rows over several axes are not expanded');
  const axis = normalizeAxis(intAttribute(c.node, 'axis', -1), c.rank(x));
  const place = c.apply('ArgMax', [x], { axis: attr.int(axis), keepdims: attr.int(0) });
  const depth = c.ints(c.shape(x)[axis] ?? 1);
  const offOn = c.constant(tensorOf('float32', [2], [0, 1]));
  return [c.apply('OneHot', [place, depth, offOn], { axis: attr.int(axis) })];
}

const power = <V>(c: Composer<V>, x: V, p: number): V =>
  p === 1
    ? c.apply('Abs', [x])
    : p === 2
      ? c.mul(x, x)
      : c.apply('Pow', [c.apply('Abs', [x]), c.number(p, x)]);

const root = <V>(c: Composer<V>, x: V, p: number): V =>
  p === 1 ? x : p === 2 ? c.apply('Sqrt', [x]) : c.apply('Pow', [x, c.number(1 / p, x)]);

/** Elements divided by the norm of their row; rows of zeros stay. */
function lpNormalization<V>(c: Composer<V>): V[] {
  const x = float(c, c.input(0));
  const p = intAttribute(c.node, 'p', 2);
  const axis = c.ints(intAttribute(c.node, 'axis', -1));
  const norm = root(c, c.apply('ReduceSum', [power(c, x, p), axis], KEPT), p);
  const divisor = c.apply('Where', [c.apply('Equal', [norm, c.number(0, x)]), c.number(1, x), norm]);
  return [c.apply('Div', [x, divisor])];
}

/** Norms of windows: averages that count the padding, times the size of the window. */
function lpPool<V>(c: Composer<V>): V[] {
  const x = float(c, c.input(0));
  const { p: _, ...window } = c.node.attributes;
  const size = (intsAttribute(c.node, 'kernel_shape') ?? []).reduce((a, b) => a * b, 1);
  const p = intAttribute(c.node, 'p', 2);
  const attributes = { ...window, count_include_pad: attr.int(1) };
  const average = c.apply('AveragePool', [power(c, x, p)], attributes);
  return [root(c, c.scaled(average, size), p)];
}

/** The norm of every channel's whole plane. */
function globalLpPool<V>(c: Composer<V>): V[] {
  const x = float(c, c.input(0));
  const p = intAttribute(c.node, 'p', 2);
  const axes = c.ints(...Array.from({ length: c.rank(x) - 2 }, (_, i) => i + 2));
  return [root(c, c.apply('ReduceSum', [power(c, x, p), axes], KEPT), p)];
}

/** (x − mean) / (deviation + 1e-9). */
function meanVariance<V>(c: Composer<V>): V[] {
  const x = float(c, c.input(0));
  const axes = c.ints(...(intsAttribute(c.node, 'axes') ?? [0, 2, 3]));
  const centred = c.apply('Sub', [x, c.apply('ReduceMean', [x, axes], KEPT)]);
  const variance = c.apply('ReduceMean', [c.mul(centred, centred), axes], KEPT);
  return [c.apply('Div', [centred, c.add(c.apply('Sqrt', [variance]), c.number(1e-9, x))])];
}

/** Of operators that have facts and a reference of their own. */
export const REDUCTION_EXPANSIONS: Readonly<Record<string, Expansion>> = {
  ReduceLogSumExp: logSumExp,
  ArgMax: extremePlace('ReduceMax'),
  ArgMin: extremePlace('ReduceMin'),
  Hardmax: hardmax,
  LpNormalization: lpNormalization,
  LpPool: lpPool,
  GlobalLpPool: globalLpPool,
  MeanVarianceNormalization: meanVariance,
};
