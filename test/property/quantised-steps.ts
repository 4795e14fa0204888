// Stored whole numbers for random models: in, out, and products of them.

import { attr } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Known, RandomModel, Step } from './random-model.ts';

const { int } = attr;

const quantise: Step = m => {
  const scale = m.scalar('float32', 0.125);
  const x = m.value(({ dtype, data }, exact) => exact && dtype === 'float32' && data.length > 0);
  if (!x) return undefined;
  const dtype = m.pick(['uint8', 'int8'] as const);
  return { op: 'QuantizeLinear', inputs: [x, scale, m.scalar(dtype, 5)], exact: true };
};

const bytesOf = (m: RandomModel, rank?: number): Known | undefined =>
  m.value(
    ({ dtype, shape }) =>
      (dtype === 'uint8' || dtype === 'int8') && (rank === undefined || shape.length === rank),
  );

const dequantise: Step = m => {
  const x = bytesOf(m);
  if (!x) return undefined;
  const channels = x.tensor.shape[1];
  if (channels !== undefined && m.chance(0.4)) {
    const scales = m.constant(
      tensorOf(
        'float32',
        [channels],
        Array.from({ length: channels }, (_, i) => 0.125 * (1 + (i % 3))),
      ),
    );
    return { op: 'DequantizeLinear', inputs: [x, scales], attributes: { axis: int(1) }, exact: true };
  }
  return {
    op: 'DequantizeLinear',
    inputs: [x, m.scalar('float32', 0.125), m.scalar(x.tensor.dtype, 3)],
    exact: true,
  };
};

const integerProducts: Step = m => {
  const x = bytesOf(m, 4);
  if (!x) return undefined;
  const { dtype, shape } = x.tensor;
  if (m.chance(0.5)) {
    const w = m.constant(m.integers(dtype, [2, shape[1] ?? 1, 2, 2], 3));
    return { op: 'ConvInteger', inputs: [x, w, m.scalar(dtype, 3)], exact: true };
  }
  const b = m.constant(m.integers(dtype, [shape[3] ?? 1, 3], 3));
  return { op: 'MatMulInteger', inputs: [x, b, m.scalar(dtype, 2)], exact: true };
};

export const QUANTISED: readonly Step[] = [quantise, dequantise, integerProducts];
