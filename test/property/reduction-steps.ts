// Reductions, softmax and normalisations for random models.

import { attr } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Shape } from '../../engine/ir/types.ts';
import { rankOf, type Step } from './random-model.ts';

const { int, ints, float } = attr;

const REDUCTIONS = ['Mean', 'Sum', 'Max', 'Min', 'L1', 'L2', 'SumSquare', 'LogSumExp', 'Prod'];

const reduce: Step = m => {
  const x = m.float();
  if (!x || rankOf(x) === 0) return undefined;
  const axes = x.tensor.shape.flatMap((_, axis) =>
    m.chance(0.5) ? [m.chance(0.5) ? axis : axis - rankOf(x)] : [],
  );
  const keepdims = int(m.below(2));
  const op = `Reduce${m.pick(REDUCTIONS)}`;
  if (m.chance(0.3) && axes.length > 0) {
    return { op, inputs: [x], attributes: { keepdims, axes: ints(axes) }, version: 11 };
  }
  const attributes = { keepdims, ...(m.chance(0.3) && { noop_with_empty_axes: int(1) }) };
  return { op, inputs: [x, m.ints(...axes)], attributes, version: 18 };
};

const integerReduce: Step = m => {
  const x = m.value(({ dtype, shape }) => (dtype === 'int64' || dtype === 'int32') && shape.length > 0);
  if (!x) return undefined;
  const axis = m.below(rankOf(x));
  return { op: `Reduce${m.pick(['Sum', 'Max', 'Min'])}`, inputs: [x, m.ints(axis)], exact: true };
};

const arg: Step = m => {
  const x = m.value(({ dtype, shape }, exact) => exact && dtype === 'float32' && shape.length > 0);
  if (!x) return undefined;
  const attributes = {
    axis: int(m.below(rankOf(x))),
    keepdims: int(m.below(2)),
    select_last_index: int(m.below(2)),
  };
  return { op: m.pick(['ArgMax', 'ArgMin']), inputs: [x], attributes, exact: true };
};

const softmax: Step = m => {
  const x = m.float();
  if (!x || rankOf(x) === 0) return undefined;
  const axis = m.below(rankOf(x));
  const attributes = { axis: int(m.chance(0.5) ? axis : axis - rankOf(x)) };
  return { op: m.pick(['Softmax', 'LogSoftmax']), inputs: [x], attributes, version: m.pick([11, 13]) };
};

const normalise: Step = m => {
  const x = m.float();
  if (!x || rankOf(x) < 2) return undefined;
  const { shape } = x.tensor;
  const channels = shape[1] ?? 1;
  const weights = (extents: Shape) => m.constant(m.floats(extents));
  const epsilon = { epsilon: float(0.125) };
  switch (m.below(6)) {
    case 0: {
      const axis = m.below(rankOf(x));
      const tail = shape.slice(axis);
      const inputs = m.chance(0.5) ? [x, weights(tail), weights(tail)] : [x, weights(tail)];
      return { op: 'LayerNormalization', inputs, attributes: { axis: int(axis), ...epsilon } };
    }
    case 1: {
      const axis = m.below(rankOf(x));
      const attributes = { axis: int(axis), ...epsilon };
      return { op: 'RMSNormalization', inputs: [x, weights(shape.slice(axis))], attributes, version: 23 };
    }
    case 2:
      if (rankOf(x) < 3) return undefined;
      return {
        op: 'InstanceNormalization',
        inputs: [x, weights([channels]), weights([channels])],
        attributes: epsilon,
      };
    case 3: {
      if (rankOf(x) < 3) return undefined;
      const groups = m.pick([1, channels, ...(channels % 2 === 0 ? [channels / 2] : [])]);
      const attributes = { num_groups: int(groups), ...epsilon };
      return { op: 'GroupNormalization', inputs: [x, weights([channels]), weights([channels])], attributes };
    }
    case 4: {
      const spread = m.constant(
        tensorOf(
          'float32',
          [channels],
          Array.from({ length: channels }, () => m.below(3) + 0.5),
        ),
      );
      const four = [weights([channels]), weights([channels]), weights([channels]), spread];
      return { op: 'BatchNormalization', inputs: [x, ...four], attributes: epsilon, version: 15 };
    }
    default: {
      if (rankOf(x) !== 4) return undefined;
      const attributes = {
        size: int(m.pick([1, 2, 3, 5])),
        alpha: float(0.5),
        beta: float(0.75),
        bias: float(1),
      };
      return { op: 'LRN', inputs: [x], attributes };
    }
  }
};

export const REDUCING: readonly Step[] = [
  ...[reduce, reduce, integerReduce, arg, softmax, normalise, normalise],
];
