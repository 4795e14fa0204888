// Windows and products for random models: convolution, pooling, matrices, Einsum.

import { attr } from '../../engine/ir/graph.ts';
import type { Attribute } from '../../engine/ir/types.ts';
import { type RandomModel, rankOf, type Step } from './random-model.ts';

const { int, ints, float, string } = attr;

function windowOf(
  m: RandomModel,
  spatial: number,
  kernel: readonly number[],
): Readonly<Record<string, Attribute>> {
  const per = (make: () => number) => ints(Array.from({ length: spatial }, make));
  const autoPad = m.chance(0.2)
    ? { auto_pad: string(m.pick(['SAME_UPPER', 'SAME_LOWER', 'VALID'])) }
    : undefined;
  return {
    kernel_shape: ints(kernel),
    strides: per(() => m.pick([1, 1, 2, 3])),
    ...(m.chance(0.3) && !autoPad && { dilations: per(() => m.pick([1, 2])) }),
    ...(autoPad ?? {
      pads: ints(
        Array.from({ length: 2 * spatial }, (_, i) => Math.min(m.below(2), (kernel[i % spatial] ?? 1) - 1)),
      ),
    }),
  };
}

const conv: Step = m => {
  const x = m.float(m.pick([3, 4, 4, 4, 5]));
  if (!x) return undefined;
  const [, channels = 1, ...spatial] = x.tensor.shape;
  const group = m.pick([1, 1, channels, ...(channels % 2 === 0 ? [2] : [])]);
  const kernel = spatial.map(() => m.pick([1, 2, 3, 3, 5]));
  const outputs = group * m.pick([1, 2, 3, 4, 9]);
  const w = m.constant(m.floats([outputs, channels / group, ...kernel], 0.25));
  const bias = m.chance(0.5) ? m.constant(m.floats([outputs])) : undefined;
  const attributes = { ...windowOf(m, spatial.length, kernel), group: int(group) };
  return { op: 'Conv', inputs: bias ? [x, w, bias] : [x, w], attributes };
};

const convTranspose: Step = m => {
  const x = m.float(m.pick([3, 4, 4]));
  if (!x) return undefined;
  const [, channels = 1, ...spatial] = x.tensor.shape;
  const group = m.pick([1, channels]);
  const kernel = spatial.map(() => m.pick([1, 2, 3, 4]));
  const w = m.constant(m.floats([channels, m.pick([1, 2, 3]), ...kernel], 0.25));
  const strides = spatial.map(() => m.pick([1, 2, 3]));
  const attributes = {
    group: int(group),
    strides: ints(strides),
    ...(m.chance(0.5) && { pads: ints([...kernel, ...kernel].map(size => Math.min(m.below(2), size - 1))) }),
    ...(m.chance(0.3) && { output_padding: ints(strides.map(stride => m.below(stride))) }),
  };
  return { op: 'ConvTranspose', inputs: [x, w], attributes };
};

const pool: Step = m => {
  const x = m.float(m.pick([3, 4, 4, 4]));
  if (!x) return undefined;
  const op = m.pick(['MaxPool', 'AveragePool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool']);
  if (op.startsWith('Global')) return { op, inputs: [x] };
  const spatial = x.tensor.shape.length - 2;
  const kernel = Array.from({ length: spatial }, () => m.pick([1, 2, 3]));
  const { dilations: _, ...window } = windowOf(m, spatial, kernel);
  const average = op === 'AveragePool' && m.chance(0.5) ? { count_include_pad: int(1) } : {};
  const ceil = op !== 'LpPool' && m.chance(0.3) ? { ceil_mode: int(1) } : {};
  return { op, inputs: [x], attributes: { ...window, ...average, ...ceil } };
};

const matmul: Step = m => {
  const x = m.float();
  if (!x || rankOf(x) === 0) return undefined;
  const { shape } = x.tensor;
  const k = shape.at(-1) ?? 1;
  const other = m.value(({ dtype, shape: s }) => dtype === 'float32' && s.length > 1 && s.at(-2) === k);
  if (other && m.chance(0.5)) return { op: 'MatMul', inputs: [x, other] };
  const batch = m.chance(0.3) ? shape.slice(0, -2).map(e => (m.chance(0.5) ? 1 : e)) : [];
  return { op: 'MatMul', inputs: [x, m.constant(m.floats([...batch, k, m.pick([1, 3, 8, 17])], 0.25))] };
};

const gemm: Step = m => {
  const x = m.float(2);
  if (!x) return undefined;
  const [transA, transB] = [m.below(2), m.below(2)];
  const [rows = 1, columns = 1] = transA ? [...x.tensor.shape].reverse() : x.tensor.shape;
  const n = m.pick([1, 4, 9]);
  const b = m.constant(m.floats(transB ? [n, columns] : [columns, n], 0.25));
  const c = m.chance(0.6) ? [m.constant(m.floats(m.pick([[n], [rows, n], [1, n], [rows, 1], []])))] : [];
  const scales = m.chance(0.4) ? { alpha: float(0.5), beta: float(2) } : {};
  return {
    op: 'Gemm',
    inputs: [x, b, ...c],
    attributes: { transA: int(transA), transB: int(transB), ...scales },
  };
};

const einsum: Step = m => {
  const x = m.float(3);
  if (!x) return undefined;
  const [b = 1, i = 1, j = 1] = x.tensor.shape;
  const [equation, shape] = m.pick([
    ['bij,jk->bik', [j, 3]],
    ['bij,bkj->bik', [b, 2, j]],
    ['bij,bij->b', [b, i, j]],
    ['bij,i->bj', [i]],
  ] as const);
  return {
    op: 'Einsum',
    inputs: [x, m.constant(m.floats(shape, 0.25))],
    attributes: { equation: string(equation) },
  };
};

const twice = (step: Step): Step[] => [step, step];

export const PRODUCTS: readonly Step[] = [
  ...[...twice(conv), convTranspose, ...twice(pool), ...twice(matmul), gemm, einsum],
];
