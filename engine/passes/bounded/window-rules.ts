// Windows that slide along run-time extents. Windows of a result within its extent reach beyond the operand's only
// where there is padding: what lies there is masked with what the padding is.

import { boolAttribute, hasAttribute, intsAttribute, stringAttribute } from '../../ir/attributes.ts';
import { type SlidingWindow, slidingWindow, transposedWindow } from '../../ir/ops/layers/window.ts';
import { type Extent, type Extents, growing, sameExtent } from './extent.ts';
import type { Along, Mask, Operands, Rule } from './operands.ts';

/** Batch, channel. */
const SPATIAL = 2;

interface Sliding {
  readonly outputs: readonly Extents[];
  /** axes along which windows reach into the padding at the end */
  readonly reaching: readonly number[];
}

const isSame = (operands: Operands): boolean =>
  stringAttribute(operands.node, 'auto_pad', 'NOTSET').startsWith('SAME');

/**
 * Extents along the axes of a window's result. Undefined where its padding follows from the extent itself, or whether
 * its last place exists does.
 */
function slidingAlong(operands: Operands, kernel: readonly number[]): Sliding | undefined {
  const labels = operands.extents(0);
  const [batch, channels, ...spatial] = labels;
  if (channels) return undefined;
  const window = slidingWindow(operands.node, operands.shape(0).slice(SPATIAL), kernel);
  const along = spatial.map((label, axis) => label && slidLabel(operands, window, axis, label));
  if (along.some((label, axis) => spatial[axis] && !label)) return undefined;
  const labelled = [batch, undefined, ...along.map(slid => slid?.label)];
  const reaching = along.flatMap((slid, axis) => (slid?.reaches ? [axis + SPATIAL] : []));
  return { outputs: operands.node.outputs.map(() => labelled), reaching };
}

function slidLabel(operands: Operands, window: SlidingWindow, axis: number, label: Extent) {
  const { kernel, strides, dilations, padsBegin, padsEnd } = window;
  const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
  const [stride = 1, begin = 0, end = 0] = [strides[axis], padsBegin[axis], padsEnd[axis]];
  // Rounded up, as many places as strides begin before the end.
  if (isSame(operands)) {
    if (stride > 1) return undefined;
    return { label, reaches: end > 0 };
  }
  const ceils = boolAttribute(operands.node, 'ceil_mode', false);
  if (ceils && stride + end > reach) return undefined;
  const add = begin + end - reach + stride + (ceils ? stride - 1 : 0);
  return { label: growing(label, { multiply: 1, add, divide: stride }), reaches: end > 0 || ceils };
}

const kernelOf = (operands: Operands, weights: number): readonly number[] =>
  intsAttribute(operands.node, 'kernel_shape') ?? operands.shape(weights).slice(SPATIAL);

/** `padding`: what the padding counts as; undefined where that is not known. */
const convolution =
  (weights: number, padding: (operands: Operands) => number | undefined = () => 0): Rule =>
  operands => {
    const sliding = operands.othersFixed(0) ? slidingAlong(operands, kernelOf(operands, weights)) : undefined;
    return sliding && masked(sliding, padding(operands));
  };

function masked({ outputs, reaching }: Sliding, fill: number | undefined): Along {
  const masks = reaching.map((axis): Mask => ({ input: 0, axis, fill: fill ?? 0 }));
  return { outputs, masks, ...(fill === undefined && masks.length > 0 && { interpreted: true }) };
}

/** What stands for 0 among quantised numbers. */
const zeroPoint =
  (input: number) =>
  (operands: Operands): number | undefined => {
    if (!operands.has(input)) return 0;
    const numbers = operands.numbers(input);
    return numbers?.every(number => number === numbers[0]) ? numbers[0] : undefined;
  };

const pool =
  (padding: number): Rule =>
  operands => {
    const kernel = intsAttribute(operands.node, 'kernel_shape');
    const sliding = kernel && operands.singleOutput() ? slidingAlong(operands, kernel) : undefined;
    return sliding && masked(sliding, padding);
  };

/** Where padding does not count, neither does what lies beyond: a sum divided by how many places lie within. */
const averagePool: Rule = operands => {
  const found = pool(0)(operands);
  const { node } = operands;
  if (!found?.masks?.length) return found;
  if (boolAttribute(node, 'count_include_pad', false))
    return boolAttribute(node, 'ceil_mode', false) ? { ...found, interpreted: true } : found;
  const labels = operands.extents(0).map((label, axis) => (axis < SPATIAL ? undefined : label));
  return {
    ...found,
    lower: (c, run) => {
      const x = c.input(0);
      const shape = [1, 1, ...c.shape(x).slice(SPATIAL)];
      const places = c.apply('Expand', [c.cast(run.within(labels, shape), c.dtype(x)), c.ints(...shape)]);
      const shares = c.apply(node.op, [places], node.attributes);
      return [c.apply('Div', [c.apply(node.op, [x], node.attributes), shares])];
    },
  };
};

/** Every element reaches over several places of the result. */
const transposed: Rule = operands => {
  const { node } = operands;
  const [batch, channels, ...spatial] = operands.extents(0);
  if (channels || !operands.othersFixed(0) || hasAttribute(node, 'output_shape')) return undefined;
  const window = transposedWindow(node, operands.shape(0).slice(SPATIAL), kernelOf(operands, 1));
  const extra = intsAttribute(node, 'output_padding') ?? [];
  const along = spatial.map((label, axis) => {
    if (!label) return undefined;
    const stride = window.strides[axis] ?? 1;
    if (isSame(operands)) return growing(label, { multiply: stride, add: 0, divide: 1 });
    const reach = ((window.kernel[axis] ?? 1) - 1) * (window.dilations[axis] ?? 1) + 1;
    const cut = (window.padsBegin[axis] ?? 0) + (window.padsEnd[axis] ?? 0);
    return growing(label, { multiply: stride, add: (extra[axis] ?? 0) + reach - stride - cut, divide: 1 });
  });
  const masks = spatial.flatMap((label, axis) =>
    label ? [{ input: 0, axis: axis + SPATIAL, fill: 0 }] : [],
  );
  return { outputs: [[batch, undefined, ...along]], masks };
};

/** The largest denominator of a scale that is taken for a fraction. */
const FINEST = 16;

/** The number of places that a scale makes of an extent: ⌊scale · extent⌋. */
function scaled(label: Extent, scale: number): Extent | undefined {
  for (let divide = 1; divide <= FINEST; divide++) {
    const multiply = scale * divide;
    if (Number.isInteger(multiply)) return growing(label, { multiply, add: 0, divide });
  }
  return undefined;
}

/** Nearest neighbours lie within, where places are rounded so that the last one is not the one behind it. */
const resize: Rule = operands => {
  const { node } = operands;
  const labels = operands.extents(0);
  const scales = operands.numbers(node.version < 11 ? 1 : 2);
  if (!scales || scales.length !== labels.length || node.attributes.axes || operands.has(3)) return undefined;
  const along = labels.map((label, axis) => label && scaled(label, scales[axis] ?? 1));
  if (along.some((label, axis) => labels[axis] && !label)) return undefined;
  const stretched = labels.some((label, axis) => label && scales[axis] !== 1);
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const coordinates = stringAttribute(
    node,
    'coordinate_transformation_mode',
    node.version < 11 ? 'asymmetric' : 'half_pixel',
  );
  const inside =
    (coordinates === 'asymmetric' && (rounding === 'floor' || node.version < 11)) ||
    (coordinates === 'half_pixel' && rounding !== 'ceil');
  const nearest = stringAttribute(node, 'mode', 'nearest') === 'nearest';
  return { outputs: [along], ...(stretched && !(nearest && inside) && { interpreted: true }) };
};

/** A region each; what it samples follows from its corners, and is looked up by the interpreter. */
const regions: Rule = operands => {
  const [label, corner] = operands.extents(1);
  const paired = sameExtent(operands.extents(2)[0], label);
  if (!operands.isFixed(0) || corner || !paired) return undefined;
  return { outputs: [[label, undefined, undefined, undefined]], interpreted: true };
};

export const WINDOW_RULES: Readonly<Record<string, Rule>> = {
  Conv: convolution(1),
  'com.microsoft.FusedConv': convolution(1),
  ConvInteger: convolution(1, zeroPoint(2)),
  QLinearConv: convolution(3, zeroPoint(2)),
  ConvTranspose: transposed,
  MaxPool: pool(Number.NEGATIVE_INFINITY),
  AveragePool: averagePool,
  LpPool: pool(0),
  Resize: resize,
  RoiAlign: regions,
};
