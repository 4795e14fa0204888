// Reductions, and what normalises by them: beyond the extent of a reduced axis lies what counts nothing, and means
// divide by the extent of the run.

import { floatAttribute, intAttribute } from '../../ir/attributes.ts';
import type { Composer } from '../../ir/composites/composer.ts';
import { attr } from '../../ir/graph.ts';
import { elementCount, normalizeAxis } from '../../ir/tensor.ts';
import { alone } from './elementwise-rules.ts';
import { type Extents, sameExtent } from './extent.ts';
import type { Along, Lowering, Mask, Rule, RunTimeExtents } from './operands.ts';

const LEAST = Number.NEGATIVE_INFINITY;

/** What a reduction of nothing gives. A mean is a sum until it is divided. */
const NEUTRAL: Readonly<Record<string, number>> = {
  ...{ ReduceSum: 0, ReduceSumSquare: 0, ReduceL1: 0, ReduceL2: 0, ReduceLogSum: 0, ReduceMean: 0 },
  ...{ ReduceProd: 1, ReduceMax: LEAST, ReduceMin: Number.POSITIVE_INFINITY, ReduceLogSumExp: LEAST },
};

/** `fill` along those of some axes of the first input that have extents. */
const masksOf = (labels: Extents, axes: readonly number[], fill: number): Mask[] =>
  axes.flatMap(axis => (labels[axis] ? [{ input: 0, axis, fill }] : []));

/** What is left of extents where axes are reduced. */
const withoutAxes = (labels: Extents, axes: readonly number[], keeps: boolean): Extents =>
  labels.flatMap((label, axis) => (axes.includes(axis) ? (keeps ? [undefined] : []) : [label]));

const allAxes = (labels: Extents): number[] => labels.map((_, axis) => axis);

const reduction: Rule = operands => {
  const { node } = operands;
  const labels = operands.extents(0);
  const given = operands.axes(1);
  if ((given === undefined && operands.has(1)) || !operands.othersFixed(0)) return undefined;
  const keepsAll = intAttribute(node, 'noop_with_empty_axes', 0) !== 0;
  if ((given ?? []).length === 0 && keepsAll) return undefined;
  const axes = given?.length ? given.map(axis => normalizeAxis(axis, labels.length)) : allAxes(labels);
  const keeps = intAttribute(node, 'keepdims', 1) !== 0;
  const masks = masksOf(labels, axes, NEUTRAL[node.op] ?? 0);
  const outputs = [withoutAxes(labels, axes, keeps)];
  const divides = node.op === 'ReduceMean' && masks.length > 0;
  return {
    outputs,
    masks,
    ...(divides && { lower: (c, run) => [mean(c, run, c.input(0), { labels, axes, keeps })] }),
  };
};

interface Reduced {
  readonly labels: Extents;
  readonly axes: readonly number[];
  readonly keeps: boolean;
}

/** The mean of a value that is 0 beyond its extents. */
function mean<V>(c: Composer<V>, run: RunTimeExtents<V>, x: V, reduced: Reduced): V {
  const { axes, keeps } = reduced;
  const sum = c.apply('ReduceSum', [x, c.ints(...axes)], { keepdims: attr.int(keeps ? 1 : 0) });
  return c.apply('Div', [sum, countOf(c, run, x, reduced)]);
}

/** How many elements are reduced to one, as a number of the value's type. */
function countOf<V>(c: Composer<V>, run: RunTimeExtents<V>, x: V, { labels, axes }: Reduced): V {
  const shape = c.shape(x);
  const fixed = elementCount(axes.filter(axis => !labels[axis]).map(axis => shape[axis] ?? 1));
  const counts = axes.flatMap(axis => labels[axis] ?? []).map(label => c.cast(run.extent(label), c.dtype(x)));
  return counts.reduce((product, count) => c.mul(product, count), c.number(fixed, x));
}

/** The same where one output is the only one that is asked for, of an operator with one bounded operand. */
const single =
  (rule: Rule): Rule =>
  operands =>
    operands.singleOutput() && operands.othersFixed(0) ? rule(operands) : undefined;

/** Spatial axes become one place each. */
const globalPool =
  (fill: number): Rule =>
  operands => {
    const labels = operands.extents(0);
    const spatial = allAxes(labels).slice(2);
    const masks = masksOf(labels, spatial, fill);
    const outputs = [withoutAxes(labels, spatial, true)];
    const divides = operands.node.op === 'GlobalAveragePool' && masks.length > 0;
    const reduced = { labels, axes: spatial, keeps: true };
    return { outputs, masks, ...(divides && { lower: (c, run) => [mean(c, run, c.input(0), reduced)] }) };
  };

/** Since opset 13 along one axis; before, along all from an axis on. */
const softmax: Rule = operands => {
  const labels = operands.extents(0);
  const { node } = operands;
  const axis = normalizeAxis(intAttribute(node, 'axis', node.version < 13 ? 1 : -1), labels.length);
  const axes = node.version < 13 ? allAxes(labels).slice(axis) : [axis];
  return { outputs: [labels], masks: masksOf(labels, axes, LEAST) };
};

/** The place of the largest or smallest along one axis; of equal ones the first, so nothing masked. */
const argument: Rule = operands => {
  const { node } = operands;
  const labels = operands.extents(0);
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), labels.length);
  if (labels[axis] && intAttribute(node, 'select_last_index', 0) !== 0) return undefined;
  const keeps = intAttribute(node, 'keepdims', 1) !== 0;
  const masks = masksOf(labels, [axis], node.op === 'ArgMax' ? LEAST : -LEAST);
  return { outputs: [withoutAxes(labels, [axis], keeps)], masks };
};

/** What has been added up so far; from the end, what lies beyond counts nothing. */
const cumulated =
  (fill: number): Rule =>
  operands => {
    const labels = operands.extents(0);
    const [axis] = operands.numbers(1) ?? [];
    if (axis === undefined) return undefined;
    const reversed = intAttribute(operands.node, 'reverse', 0) !== 0;
    const masks = masksOf(labels, reversed ? [normalizeAxis(axis, labels.length)] : [], fill);
    return { outputs: [labels], masks };
  };

/** (x − mean) / √(mean square of that + ε) over axes; the second mean counts what lies within only. */
function normalised<V>(
  c: Composer<V>,
  run: RunTimeExtents<V>,
  x: V,
  reduced: Reduced & { readonly centred: boolean; readonly epsilon: number },
): V {
  const { labels, centred, epsilon } = reduced;
  const within = run.within(labels, c.shape(x));
  const zero = c.number(0, x);
  const inside = c.apply('Where', [within, x, zero]);
  const middle = centred ? c.apply('Sub', [inside, mean(c, run, inside, reduced)]) : inside;
  const square = c.apply('Where', [within, c.mul(middle, middle), zero]);
  const variance = c.add(mean(c, run, square, reduced), c.number(epsilon, x));
  return c.apply('Div', [middle, c.apply('Sqrt', [variance])]);
}

/** As it is where its axes are whole, else put together from means. */
function normalisation(labels: Extents, axes: readonly number[], lower: Lowering): Along {
  return axes.some(axis => labels[axis]) ? { outputs: [labels], lower } : { outputs: [labels] };
}

/** Over the last axes; the second mean of what is centred stays as it is for `rms`. */
const layerNorm =
  (centred: boolean): Rule =>
  operands => {
    const { node } = operands;
    const labels = operands.extents(0);
    const first = normalizeAxis(intAttribute(node, 'axis', -1), labels.length);
    const axes = allAxes(labels).slice(first);
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const reduced = { labels, axes, keeps: true, centred, epsilon };
    return normalisation(labels, axes, (c, run) => {
      const scaled = c.mul(normalised(c, run, c.input(0), reduced), c.input(1));
      return [c.add(scaled, c.inputs[2])];
    });
  };

/** A sum of two operands, normalised; the fourth output is the sum. */
const skipNorm: Rule = operands => {
  const { node } = operands;
  const labels = operands.extents(0);
  const alike = labels.every((label, axis) => sameExtent(label, operands.extents(1)[axis]));
  const statistics = node.outputs.slice(1, 3).some(id => id !== undefined);
  if (!alike || statistics || labels.at(-1) || !operands.othersFixed(0, 1)) return undefined;
  return { outputs: node.outputs.map(() => labels) };
};

/** Scale and bias: one for each channel. */
function perChannel<V>(c: Composer<V>, value: V, rank: number): V {
  return c.reshape(value, [elementCount(c.shape(value)), ...new Array<number>(rank - 2).fill(1)]);
}

const instanceNorm: Rule = operands => {
  const labels = operands.extents(0);
  if (labels[1]) return undefined;
  const axes = allAxes(labels).slice(2);
  const epsilon = floatAttribute(operands.node, 'epsilon', 1e-5);
  const reduced = { labels, axes, keeps: true, centred: true, epsilon };
  return normalisation(labels, axes, (c, run) => {
    const ofChannel = (input: number) => perChannel(c, c.input(input), labels.length);
    return [c.add(c.mul(normalised(c, run, c.input(0), reduced), ofChannel(1)), ofChannel(2))];
  });
};

const groupNorm: Rule = operands => {
  const { node } = operands;
  const labels = operands.extents(0);
  const groups = intAttribute(node, 'num_groups');
  const channels = operands.shape(0)[1] ?? 0;
  if (labels[1] || operands.shape(1)[0] !== channels) return undefined;
  const spatial = labels.slice(2);
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const apart = [labels[0], undefined, undefined, ...spatial];
  const reduced = { labels: apart, axes: allAxes(apart).slice(2), keeps: true, centred: true, epsilon };
  return normalisation(labels, allAxes(labels).slice(2), (c, run) => {
    const x = c.input(0);
    const [batch = 0, , ...sizes] = c.shape(x);
    const grouped = c.reshape(x, [batch, groups, channels / groups, ...sizes]);
    const result = c.reshape(normalised(c, run, grouped, reduced), c.shape(x));
    const ofChannel = (input: number) => perChannel(c, c.input(input), labels.length);
    return [c.add(c.mul(result, ofChannel(1)), ofChannel(2))];
  });
};

/** Neighbouring channels only. */
const localResponse: Rule = operands => (operands.extents(0)[1] ? undefined : alone(operands));

/** The lower or upper triangle of the last two axes, by places. */
const triangle: Rule = operands => (operands.has(1) && !operands.isFixed(1) ? undefined : alone(operands));

export const REDUCTION_RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(Object.keys(NEUTRAL).map(op => [op, reduction])),
  ArgMax: argument,
  ArgMin: argument,
  GlobalAveragePool: globalPool(0),
  GlobalLpPool: globalPool(0),
  GlobalMaxPool: globalPool(LEAST),
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  CumSum: cumulated(0),
  CumProd: cumulated(1),
  LayerNormalization: single(layerNorm(true)),
  RMSNormalization: single(layerNorm(false)),
  InstanceNormalization: single(instanceNorm),
  GroupNormalization: single(groupNorm),
  'com.microsoft.SkipLayerNormalization': skipNorm,
  'com.microsoft.SkipSimplifiedLayerNormalization': skipNorm,
  LRN: localResponse,
  Trilu: triangle,
};
