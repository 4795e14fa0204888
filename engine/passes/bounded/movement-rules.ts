// Operators that put elements elsewhere. What moves along a run-time extent by itself (the end of an axis, a
// concatenation) is left to the interpreter, which only copies; how long its results are is known all the same.

import { hasAttribute, intAttribute, intsAttribute, stringAttribute } from '../../ir/attributes.ts';
import { elementCount, normalizeAxis, sameShape } from '../../ir/tensor.ts';
import type { Shape } from '../../ir/types.ts';
import { type Extent, type Extents, growing, sameExtent } from './extent.ts';
import type { Operands, Rule } from './operands.ts';

const plus = (label: Extent, add: number): Extent => growing(label, { multiply: 1, add, divide: 1 });

const transpose: Rule = operands => {
  const labels = operands.extents(0);
  const order = intsAttribute(operands.node, 'perm') ?? labels.map((_, axis) => labels.length - 1 - axis);
  return { outputs: [order.map(axis => labels[axis])] };
};

/** Axes of two shapes that hold the same elements, as runs of neighbours that do. */
function sharedRuns(from: Shape, to: Shape): { from: number[]; to: number[] }[] | undefined {
  const runs: { from: number[]; to: number[] }[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const run = { from: [] as number[], to: [] as number[] };
    let [left, right] = [1, 1];
    do {
      const takesLeft = i < from.length && (left <= right || j >= to.length);
      if (!takesLeft && j >= to.length) return undefined;
      if (takesLeft) {
        left *= from[i] ?? 1;
        run.from.push(i++);
      } else {
        right *= to[j] ?? 1;
        run.to.push(j++);
      }
    } while (left !== right);
    runs.push(run);
  }
  return runs;
}

/** The extent of the one open axis of a run after a reshape: as many elements lie before it, and in all. */
function reshapedLabel(
  shapes: readonly [Shape, Shape],
  at: readonly [number, number],
  run: { readonly from: readonly number[]; readonly to: readonly number[] },
  label: Extent,
): Extent | undefined {
  const part = (side: 0 | 1, isInside: (axis: number) => boolean) =>
    elementCount((side === 0 ? run.from : run.to).filter(isInside).map(axis => shapes[side][axis] ?? 1));
  const before = ([0, 1] as const).map(side => part(side, axis => axis < at[side]));
  const [multiply = 1, divide = 1] = ([0, 1] as const).map(side => part(side, axis => axis > at[side]));
  if (before[0] !== before[1]) return undefined;
  const found = growing(label, { multiply, add: 0, divide });
  return (found.growths.at(-1)?.divide ?? 1) === 1 ? found : undefined;
}

/** Elements keep their order. */
const reshape: Rule = operands => {
  const [labels, shape, target] = [operands.extents(0), operands.shape(0), operands.outputShape()];
  const open = operands.openAxes();
  const runs = elementCount(shape) === elementCount(target) ? sharedRuns(shape, target) : undefined;
  if (!runs || elementCount(target) === 0) return undefined;
  const result: (Extent | undefined)[] = target.map(() => undefined);
  for (const run of runs) {
    const [at, ...more] = run.from.filter(axis => labels[axis]);
    const [to, ...others] = run.to.filter(axis => open.includes(axis));
    if (more.length > 0 || others.length > 0 || (at === undefined) !== (to === undefined)) return undefined;
    const label = at === undefined ? undefined : labels[at];
    if (at === undefined || to === undefined || !label) continue;
    result[to] = reshapedLabel([shape, target], [at, to], run, label);
    if (!result[to]) return undefined;
  }
  return { outputs: [result], lower: c => [c.reshape(c.input(0), target)] };
};

/** Slices picked by indices; where they count from the end, the end is the extent's. */
const gather: Rule = operands => {
  const labels = operands.extents(0);
  const axis = normalizeAxis(intAttribute(operands.node, 'axis', 0), labels.length);
  const outputs = [[...labels.slice(0, axis), ...operands.extents(1), ...labels.slice(axis + 1)]];
  const label = labels[axis];
  if (!label || operands.numbers(1)?.every(index => index >= 0)) return { outputs };
  return {
    outputs,
    lower: (c, run) => {
      const index = c.input(1);
      const counted = c.add(index, c.cast(run.extent(label), c.dtype(index)));
      const fromStart = c.apply('Where', [c.apply('Less', [index, c.number(0, index)]), counted, index]);
      return [c.apply('Gather', [c.input(0), fromStart], operands.node.attributes)];
    },
  };
};

/** Along axes but the node's own, data and indices have the same places. */
const gatherElements: Rule = operands => {
  const [data, indices] = [operands.extents(0), operands.extents(1)];
  const axis = normalizeAxis(intAttribute(operands.node, 'axis', 0), data.length);
  const apart = data.every((label, i) => (i === axis ? !label : sameExtent(label, indices[i])));
  return apart ? { outputs: [indices] } : undefined;
};

const gatherNd: Rule = operands => {
  const indices = operands.extents(1);
  if (!operands.isFixed(0) || indices.at(-1) || intAttribute(operands.node, 'batch_dims', 0))
    return undefined;
  const taken = operands.shape(1).at(-1) ?? 0;
  return { outputs: [[...indices.slice(0, -1), ...operands.extents(0).slice(taken)]] };
};

/** A place of its own for every index. */
const oneHot: Rule = operands => {
  const labels = operands.extents(0);
  const axis = normalizeAxis(intAttribute(operands.node, 'axis', -1), labels.length + 1);
  return operands.othersFixed(0) && operands.numbers(1)
    ? { outputs: [labels.toSpliced(axis, 0, undefined)] }
    : undefined;
};

/** How long parts are together that are one extent, so many times, and others of fixed size. */
function joinedLabel(labels: Extents, sizes: readonly number[]): Extent | undefined {
  const [first, ...more] = labels.filter(label => label !== undefined);
  if (!first || more.some(label => !sameExtent(label, first))) return undefined;
  const add = sizes.reduce((sum, size, i) => (labels[i] ? sum : sum + size), 0);
  return growing(first, { multiply: more.length + 1, add, divide: 1 });
}

const concat: Rule = operands => {
  const all = operands.node.inputs.map((_, i) => operands.extents(i));
  const [first = []] = all;
  const axis = normalizeAxis(intAttribute(operands.node, 'axis'), first.length);
  const alike = all.every(labels => labels.every((label, i) => i === axis || sameExtent(label, first[i])));
  if (!alike) return undefined;
  const along = all.map(labels => labels[axis]);
  if (!along.some(Boolean)) return { outputs: [first] };
  const label = joinedLabel(
    along,
    all.map((_, i) => operands.shape(i)[axis] ?? 0),
  );
  return label && { outputs: [first.with(axis, label)], interpreted: true };
};

/** The part of a run-time extent of at most `most` from `start` to the end, or to so many places before it. */
function slicedLabel(label: Extent, most: number, [start, end, step]: readonly number[]): Extent | undefined {
  if (start === undefined || end === undefined || !step) return undefined;
  const size = Math.abs(step);
  if (step < 0) {
    const all = (start === -1 || start >= most - 1) && end < -most;
    return all ? growing(label, { multiply: 1, add: size - 1, divide: size }) : undefined;
  }
  if (start < 0 || (end >= 0 && end < most)) return undefined;
  const last = end < 0 ? end : 0;
  return growing(label, { multiply: 1, add: last - start + size - 1, divide: size });
}

const slice: Rule = operands => {
  const labels = operands.extents(0);
  const { node } = operands;
  const older = hasAttribute(node, 'starts');
  const starts = intsAttribute(node, 'starts') ?? operands.numbers(1);
  const ends = intsAttribute(node, 'ends') ?? operands.numbers(2);
  const given = operands.axes(3);
  const known = older || [3, 4].every(i => !operands.has(i) || operands.numbers(i));
  const counted = ends ?? operands.counts(2);
  if (!known || !starts || !counted) return undefined;
  const axes = (given ?? starts.map((_, i) => i)).map(axis => normalizeAxis(axis, labels.length));
  const steps = operands.numbers(4);
  const result = [...labels];
  const shape = operands.shape(0);
  for (const [i, axis] of axes.entries()) {
    const [label, start = 0, end, step = 1] = [labels[axis], starts[i], counted[i], steps?.[i]];
    if (end === undefined) return undefined;
    if (typeof end === 'object') {
      // Up to an extent: all of an axis that is as long, or the beginning of a longer one.
      if (step !== 1 || start < 0 || (label && !sameExtent(label, end))) return undefined;
      result[axis] = plus(end, -start);
    } else if (label) {
      result[axis] = slicedLabel(label, shape[axis] ?? 0, [start, end, step]);
      if (!result[axis]) return undefined;
    }
  }
  if (axes.some(axis => labels[axis])) return { outputs: [result], interpreted: true };
  if (ends) return { outputs: [result] };
  const lasts = axes.map((axis, i) => {
    const end = counted[i];
    return typeof end === 'number' ? end : (starts[i] ?? 0) + (operands.outputShape()[axis] ?? 0);
  });
  return {
    outputs: [result],
    lower: c => [c.apply('Slice', [c.input(0), c.ints(...starts), c.ints(...lasts), c.ints(...axes)])],
  };
};

/** Even parts, each as long as the first but for the last: that one is known of two, or where nothing is left over. */
function evenParts(label: Extent, parts: number): Extent[] | undefined {
  const exact = growing(label, { multiply: 1, add: 0, divide: parts });
  const whole = (exact.growths.at(-1)?.divide ?? 1) === 1;
  if (parts > 2 && !whole) return undefined;
  const part = growing(label, { multiply: 1, add: parts - 1, divide: parts });
  return Array.from({ length: parts }, (_, i) => (i === parts - 1 ? exact : part));
}

const split: Rule = operands => {
  const labels = operands.extents(0);
  const { node } = operands;
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), labels.length);
  const label = labels[axis];
  if (!label) {
    const known = !operands.has(1) || operands.numbers(1);
    return known ? { outputs: node.outputs.map(() => labels) } : undefined;
  }
  const parts = operands.has(1) || node.attributes.split ? undefined : evenParts(label, node.outputs.length);
  return parts && { outputs: parts.map(part => labels.with(axis, part)), interpreted: true };
};

/** What is put behind the extent is what lies there at capacity, too. */
const pad: Rule = operands => {
  const { node } = operands;
  const labels = operands.extents(0);
  const pads = intsAttribute(node, 'pads') ?? operands.numbers(1);
  const given = operands.numbers(3);
  if (!pads || (operands.has(3) && !given) || !operands.othersFixed(0)) return undefined;
  const axes = (given ?? labels.map((_, axis) => axis)).map(axis => normalizeAxis(axis, labels.length));
  const result = [...labels];
  for (const [i, axis] of axes.entries()) {
    const label = labels[axis];
    if (label) result[axis] = plus(label, (pads[i] ?? 0) + (pads[i + axes.length] ?? 0));
  }
  const moved = axes.filter((axis, i) => labels[axis] && (pads[i] || pads[i + axes.length]));
  if (moved.length === 0) return { outputs: [result] };
  const fill = operands.has(2) ? operands.numbers(2)?.[0] : 0;
  const constant = stringAttribute(node, 'mode', 'constant') === 'constant' && !hasAttribute(node, 'value');
  if (!constant || fill === undefined) return { outputs: [result], interpreted: true };
  return { outputs: [result], masks: moved.map(axis => ({ input: 0, axis, fill })) };
};

/** Spread along axes of extent 1, whose new extents the shape tells. */
const expand: Rule = operands => {
  const [shape, target, counts] = [operands.shape(0), operands.outputShape(), operands.counts(1)];
  if (!counts) return undefined;
  const rank = target.length;
  const result: (Extent | undefined)[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const [own, count] = [operands.extents(0).at(axis - rank), counts.at(axis - rank)];
    const inside = axis >= rank - shape.length && shape.at(axis - rank) !== 1;
    const wanted = typeof count === 'object' ? count : undefined;
    // An extent of the operand stays, whether the shape tells the same number or 1.
    if (inside && wanted && !sameExtent(own, wanted)) return undefined;
    result.push(own ?? wanted);
  }
  return { outputs: [result], lower: c => [c.apply('Expand', [c.input(0), c.ints(...target)])] };
};

/** Repetitions of what has an extent lie one behind the other. */
const tile: Rule = operands => {
  const labels = operands.extents(0);
  const repeats = operands.numbers(1);
  if (!repeats) return undefined;
  const outputs = [
    labels.map((label, i) => label && growing(label, { multiply: repeats[i] ?? 1, add: 0, divide: 1 })),
  ];
  const moves = labels.some((label, i) => label && repeats[i] !== 1);
  return { outputs, ...(moves && { interpreted: true }) };
};

/** Made of counts alone: nothing to compute at capacity. */
const fromCounts =
  (pick: (operands: Operands) => readonly (number | Extent | undefined)[] | undefined): Rule =>
  operands => {
    const counts = pick(operands);
    const known = counts?.every(count => count !== undefined);
    if (!counts || !known || !counts.some(count => typeof count === 'object')) return undefined;
    const labels = counts.map(count => (typeof count === 'object' ? count : undefined));
    const sizes = counts.map((count, i) => (typeof count === 'number' ? count : operands.outputShape()[i]));
    return sameShape(sizes as Shape, operands.outputShape())
      ? { outputs: [labels], interpreted: true }
      : undefined;
  };

const range: Rule = fromCounts(operands => {
  const [start, step] = [operands.numbers(0)?.[0], operands.numbers(2)?.[0]];
  return start === 0 && step === 1 ? operands.counts(1) : undefined;
});

export const MOVEMENT_RULES: Readonly<Record<string, Rule>> = {
  Transpose: transpose,
  Reshape: reshape,
  Flatten: reshape,
  Squeeze: reshape,
  Unsqueeze: reshape,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  OneHot: oneHot,
  Concat: concat,
  Slice: slice,
  Split: split,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Range: range,
  ConstantOfShape: fromCounts(operands => operands.counts(0)),
};
