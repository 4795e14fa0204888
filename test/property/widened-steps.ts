// Bytes made floats that are read twice: by an operator that goes over them, and by what follows that operator.

import { attr } from '../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../engine/ir/tensor.ts';
import { type Known, type Proposal, type RandomModel, rankOf, type Step } from './random-model.ts';

const { int, ints } = attr;

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);

/** Bytes, often of a shape with an axis of one place, as floats; sometimes moved and scaled. */
function widened(m: RandomModel): Known | undefined {
  const stored = m.value(({ dtype, shape }) => ['int8', 'uint8'].includes(dtype) && shape.length > 0);
  if (!stored) return undefined;
  const { shape } = stored.tensor;
  const narrow = [elementCount(shape), ...ones(1 + m.below(2))];
  const reshape = { op: 'Reshape', inputs: [stored, m.ints(...narrow)], exact: true };
  const [bytes] = m.chance(0.4) ? m.take(reshape) : [stored];
  const [wide] = bytes
    ? m.take({ op: 'Cast', inputs: [bytes], attributes: { to: int(1) }, exact: true })
    : [];
  if (!wide || m.chance(0.5)) return wide;
  const [moved] = m.take({ op: 'Sub', inputs: [wide, m.scalar('float32', 3)] });
  const [scaled] = moved ? m.take({ op: 'Mul', inputs: [moved, m.scalar('float32', 0.125)] }) : [];
  return scaled;
}

/** Goes over the numbers along an axis. */
function gone(m: RandomModel, wide: Known): Proposal {
  const axis = m.below(rankOf(wide));
  const extent = wide.tensor.shape[axis] ?? 1;
  const choice = m.below(4);
  if (choice === 0) return { op: 'Softmax', inputs: [wide], attributes: { axis: int(axis) }, version: 13 };
  if (choice === 1 && rankOf(wide) === 4) {
    const channels = wide.tensor.shape[1] ?? 1;
    const weight = m.constant(m.floats([channels, 1, 3, 3], 0.25));
    return {
      op: 'Conv',
      inputs: [wide, weight],
      attributes: { group: int(channels), pads: ints([1, 1, 1, 1]) },
    };
  }
  if (choice === 2) {
    const scale = m.constant(tensorOf('float32', [extent], ones(extent)));
    const last = rankOf(wide) - 1;
    if (axis === last)
      return { op: 'LayerNormalization', inputs: [wide, scale], attributes: { axis: int(last) } };
  }
  const op = m.pick(['ReduceMax', 'ReduceMean', 'ReduceSum', 'ReduceMin']);
  return { op, inputs: [wide, m.ints(axis)], attributes: { keepdims: int(1) }, version: 18 };
}

const readTwice: Step = m => {
  const wide = widened(m);
  const [result] = wide ? m.take(gone(m, wide)) : [];
  if (!wide || !result) return undefined;
  const inputs = m.chance(0.5) ? [result, wide] : [wide, result];
  const [both] = m.take({ op: m.pick(['Mul', 'Add', 'Sub']), inputs });
  return both && m.chance(0.5) ? gone(m, both) : undefined;
};

export const WIDENED_STEPS: readonly Step[] = [readTwice];
