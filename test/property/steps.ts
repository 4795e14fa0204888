// What random models are made of: a step per operator family, with random operands and attributes.

import { attr } from '../../engine/ir/graph.ts';
import { broadcastShapes, tensorOf } from '../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Shape, Tensor } from '../../engine/ir/types.ts';
import type { Known, Proposal, RandomModel, Step } from './random-model.ts';

const { int, ints, float, string } = attr;

const SMOOTH = [
  ...['Abs', 'Atan', 'Asinh', 'Celu', 'Cos', 'Elu', 'Erf', 'Exp', 'Gelu', 'HardSigmoid', 'HardSwish'],
  ...['LeakyRelu', 'Mish', 'Neg', 'Relu', 'Selu', 'Sigmoid', 'Sin', 'Softplus', 'Softsign', 'Tanh'],
  ...['com.microsoft.QuickGelu', 'com.microsoft.Gelu', 'Identity', 'Sinh', 'Cosh'],
];
const EXACT_UNARY = [
  'Ceil',
  'Floor',
  'Round',
  'Sign',
  'Neg',
  'Abs',
  'Relu',
  'Not',
  'Shrink',
  'ThresholdedRelu',
  'IsNaN',
];
const BINARY = ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Sum', 'Mean', 'Pow', 'Div', 'PRelu', 'Mod'];
const INTEGER_BINARY = ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Mod', 'Div', 'BitwiseAnd', 'BitwiseXor'];
const COMPARISONS = ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'];

const isWhole = (dtype: Dtype): boolean => /int/.test(dtype);
const rankOf = ({ tensor }: Known): number => tensor.shape.length;

/** Some extents 1, or leading axes dropped: a shape that broadcasts with another one. */
function broadcastable(m: RandomModel, shape: Shape): number[] {
  const kept = shape.slice(m.below(shape.length + 1));
  return kept.map(extent => (m.chance(0.3) ? 1 : extent));
}

const unary: Step = m => {
  const x = m.float();
  return x && { op: m.pick(SMOOTH), inputs: [x] };
};

const exactUnary: Step = m => {
  const op = m.pick(EXACT_UNARY);
  const x = m.value(({ dtype }, exact) =>
    op === 'Not'
      ? dtype === 'bool'
      : op === 'Neg' || op === 'Abs'
        ? isWhole(dtype) && !dtype.startsWith('u')
        : exact && dtype === 'float32',
  );
  return x && { op, inputs: [x], exact: true };
};

const binary: Step = m => {
  const a = m.float();
  if (!a) return undefined;
  const b =
    m.value(
      ({ dtype, shape }) =>
        dtype === 'float32' && m.chance(0.5) && broadcastShapes(shape, a.tensor.shape) !== undefined,
    ) ?? m.constant(m.floats(broadcastable(m, a.tensor.shape)));
  const op = m.pick(BINARY);
  if (op === 'Pow') return { op, inputs: [a, m.scalar('float32', m.pick([2, 1, 3, 0.5]))] };
  if (op === 'Mod') {
    const exact = a.exact
      ? { op, inputs: [a, m.scalar('float32', 1.5)], attributes: { fmod: int(1) }, exact: true }
      : undefined;
    return exact;
  }
  return { op, inputs: m.chance(0.3) && op !== 'PRelu' ? [b, a] : [a, b] };
};

const integers: Step = m => {
  const a = m.value(({ dtype }) => dtype === 'int64' || dtype === 'int32');
  if (!a) return undefined;
  const b = m.constant(m.whole(a.tensor.dtype, broadcastable(m, a.tensor.shape), 4));
  return { op: m.pick(INTEGER_BINARY), inputs: [a, b], exact: true };
};

const compare: Step = m => {
  const a = m.value(({ dtype }, exact) => exact && dtype !== 'bool');
  if (!a) return undefined;
  const { dtype, shape } = a.tensor;
  const other = broadcastable(m, shape);
  const b = m.constant(isWhole(dtype) ? m.whole(dtype, other, 3) : m.floats(other));
  if (!isWhole(dtype) && dtype !== 'float32') return undefined;
  return { op: m.pick(COMPARISONS), inputs: [a, b], exact: true };
};

const logic: Step = m => {
  const a = m.value(({ dtype }) => dtype === 'bool');
  if (!a) return undefined;
  const b = m.constant(m.whole('bool', broadcastable(m, a.tensor.shape), 2));
  return { op: m.pick(['And', 'Or', 'Xor']), inputs: [a, b], exact: true };
};

const where: Step = m => {
  const c = m.value(({ dtype }) => dtype === 'bool');
  const a =
    c &&
    m.value(({ dtype, shape }) => dtype !== 'bool' && broadcastShapes(shape, c.tensor.shape) !== undefined);
  if (!c || !a) return undefined;
  const b = m.constant(tensorOf(a.tensor.dtype, [], [m.below(3)]));
  return { op: 'Where', inputs: m.chance(0.5) ? [c, a, b] : [c, b, a], exact: true };
};

const CODES: Readonly<Record<string, number>> = {
  ...{ float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 },
};

const cast: Step = m => {
  const to = m.pick(Object.keys(CODES));
  const x = m.value(({ dtype }, exact) => (to === 'float32' ? dtype !== 'float32' : exact));
  if (!x || (to === 'uint8' && Array.from(x.tensor.data, Number).some(v => v < 0 || v > 255)))
    return undefined;
  if (to === 'int8' && Array.from(x.tensor.data, Number).some(v => Math.abs(v) > 127)) return undefined;
  return { op: 'Cast', inputs: [x], attributes: { to: int(CODES[to] ?? 1) }, exact: true };
};

const clip: Step = m => {
  const x = m.value(({ dtype }) => ['float32', 'int64', 'int8', 'uint8', 'int32'].includes(dtype));
  if (!x) return undefined;
  const { dtype } = x.tensor;
  const low = m.chance(0.7) ? m.scalar(dtype, dtype === 'uint8' ? 1 : -1) : undefined;
  return { op: 'Clip', inputs: [x, low, m.chance(0.7) ? m.scalar(dtype, 2) : undefined], exact: true };
};

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

interface WindowAttributes {
  readonly [name: string]: Attribute;
}

function windowOf(m: RandomModel, spatial: number, kernel: readonly number[]): WindowAttributes {
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

const any = (m: RandomModel, least = 0): Known | undefined =>
  m.value(({ shape, dtype, data }) => shape.length >= least && dtype !== 'string' && data.length > 0);

const transpose: Step = m => {
  const x = any(m, 1);
  if (!x) return undefined;
  const rest = [...x.tensor.shape.keys()];
  const perm = x.tensor.shape.map(() => rest.splice(m.below(rest.length), 1)[0] ?? 0);
  return { op: 'Transpose', inputs: [x], attributes: m.chance(0.2) ? {} : { perm: ints(perm) }, exact: true };
};

const reshape: Step = m => {
  const x = any(m);
  if (!x) return undefined;
  const { shape, data } = x.tensor;
  const [op, inputs, attributes] = m.pick<() => readonly [string, readonly Known[], WindowAttributes?]>([
    () => ['Reshape', [x, m.ints(...(shape.length > 1 ? [0, -1] : [-1, 1]))]],
    () => ['Reshape', [x, m.ints(data.length % 4 === 0 ? 4 : 1, -1)]],
    () => ['Flatten', [x], { axis: int(m.below(shape.length + 1)) }],
    () => ['Squeeze', [x]],
    () => ['Unsqueeze', [x, m.ints(m.below(shape.length + 1))]],
  ])();
  return { op, inputs, ...(attributes && { attributes }), exact: true };
};

const concat: Step = m => {
  const x = any(m, 1);
  if (!x) return undefined;
  const axis = m.below(rankOf(x));
  const fits = ({ dtype, shape }: Tensor) =>
    dtype === x.tensor.dtype &&
    shape.length === rankOf(x) &&
    shape.every((e, i) => i === axis || e === x.tensor.shape[i]);
  const others = Array.from({ length: 1 + m.below(2) }, () => m.value(fits) ?? x);
  return { op: 'Concat', inputs: [x, ...others], attributes: { axis: int(axis) }, exact: true };
};

const split: Step = m => {
  const x = any(m, 1);
  if (!x) return undefined;
  const axis = m.below(rankOf(x));
  const extent = x.tensor.shape[axis] ?? 1;
  if (extent < 2) return undefined;
  const first = 1 + m.below(extent - 1);
  if (m.chance(0.5)) {
    return {
      op: 'Split',
      inputs: [x, m.ints(first, extent - first)],
      attributes: { axis: int(axis) },
      outputs: 2,
      exact: true,
    };
  }
  return {
    op: 'Split',
    inputs: [x],
    attributes: { axis: int(axis), num_outputs: int(2) },
    outputs: 2,
    exact: true,
  };
};

const slice: Step = m => {
  const x = any(m, 1);
  if (!x) return undefined;
  const axis = m.below(rankOf(x));
  const extent = x.tensor.shape[axis] ?? 1;
  const step = m.pick([1, 1, 2, -1, -2]);
  const bounds =
    step > 0 ? [m.below(extent), m.pick([extent, 1000, -1])] : [m.pick([-1, extent]), m.pick([-1000, 0])];
  const inputs = [...bounds, axis - (m.chance(0.5) ? rankOf(x) : 0), step].map(value => m.ints(value));
  return { op: 'Slice', inputs: [x, ...inputs], exact: true };
};

const pad: Step = m => {
  const x = m.value(({ dtype, shape, data }) => dtype === 'float32' && shape.length > 0 && data.length > 0);
  if (!x) return undefined;
  const mode = m.pick(['constant', 'edge', 'reflect', 'constant', 'wrap']);
  const most = (axis: number) => (mode === 'constant' ? 3 : Math.min(3, x.tensor.shape[axis] ?? 1));
  const pads = Array.from({ length: 2 * rankOf(x) }, (_, i) =>
    m.chance(0.6) ? 0 : m.below(most(i % rankOf(x))),
  );
  const inputs = [x, m.ints(...pads), ...(m.chance(0.5) ? [m.scalar('float32', 0.5)] : [])];
  return { op: 'Pad', inputs, attributes: { mode: string(mode) }, exact: true };
};

const spread: Step = m => {
  const x = any(m, 1);
  if (!x) return undefined;
  if (m.chance(0.5))
    return { op: 'Tile', inputs: [x, m.ints(...x.tensor.shape.map(() => 1 + m.below(2)))], exact: true };
  const target = [
    ...(m.chance(0.3) ? [2] : []),
    ...x.tensor.shape.map(extent => (extent === 1 ? 1 + m.below(3) : extent)),
  ];
  return { op: 'Expand', inputs: [x, m.ints(...target)], exact: true };
};

const gather: Step = m => {
  const x = any(m, 1);
  if (!x) return undefined;
  const axis = m.below(rankOf(x));
  const extent = x.tensor.shape[axis] ?? 1;
  const index = () => m.below(extent) - (m.chance(0.3) ? extent : 0);
  const attributes = { axis: int(axis) };
  switch (m.below(5)) {
    case 0:
      return { op: 'Gather', inputs: [x, m.scalar('int64', index())], attributes, exact: true };
    case 1:
      return {
        op: 'Gather',
        inputs: [x, m.constant(tensorOf('int64', [2, 2], [0, 1, 2, 3].map(index)))],
        attributes,
        exact: true,
      };
    case 2: {
      const shape = x.tensor.shape.with(axis, 2);
      const indices = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, index);
      return {
        op: 'GatherElements',
        inputs: [x, m.constant(tensorOf('int64', shape, indices))],
        attributes,
        exact: true,
      };
    }
    case 3: {
      const rows = Array.from({ length: 3 }, () => m.below(x.tensor.shape[0] ?? 1));
      return { op: 'GatherND', inputs: [x, m.constant(tensorOf('int64', [3, 1], rows))], exact: true };
    }
    default: {
      const counts = m.value(
        ({ dtype, data }) =>
          dtype === 'int64' && Array.from(data, Number).every(i => i >= -extent && i < extent),
      );
      return counts && { op: 'Gather', inputs: [x, counts], attributes, exact: true };
    }
  }
};

const scatter: Step = m => {
  const x = m.float();
  if (!x || rankOf(x) === 0) return undefined;
  const [rows = 1, ...rest] = x.tensor.shape;
  const at = m.below(rows);
  if (m.chance(0.5)) {
    const updates = m.constant(m.floats([1, ...rest]));
    return {
      op: 'ScatterND',
      inputs: [x, m.constant(tensorOf('int64', [1, 1], [at])), updates],
      exact: true,
    };
  }
  const shape = x.tensor.shape.map(() => 1);
  const inputs = [x, m.constant(tensorOf('int64', shape, [at])), m.constant(m.floats(shape))];
  return {
    op: 'ScatterElements',
    inputs,
    attributes: { axis: int(0), ...(m.chance(0.3) && { reduction: string('add') }) },
  };
};

const blocks: Step = m => {
  const x = m.float(4);
  if (!x) return undefined;
  const attributes = { blocksize: int(2) };
  if (m.chance(0.5)) return { op: 'SpaceToDepth', inputs: [x], attributes, exact: true };
  const mode = { mode: string(m.pick(['DCR', 'CRD'])) };
  return (x.tensor.shape[1] ?? 1) % 4 === 0
    ? { op: 'DepthToSpace', inputs: [x], attributes: { ...attributes, ...mode }, exact: true }
    : undefined;
};

const resize: Step = m => {
  const x = m.float(4);
  if (!x) return undefined;
  const mode = m.pick(['nearest', 'linear', 'cubic']);
  const attributes = {
    mode: string(mode),
    coordinate_transformation_mode: string(
      m.pick(['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel']),
    ),
    ...(mode === 'nearest' && {
      nearest_mode: string(m.pick(['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'])),
    }),
  };
  const factor = m.pick([2, 2, 0.5, 1.5]);
  if (m.chance(0.5)) {
    const scales = m.constant(tensorOf('float32', [4], [1, 1, factor, 2]));
    return { op: 'Resize', inputs: [x, undefined, scales], attributes };
  }
  const [n = 1, c = 1, h = 1, w = 1] = x.tensor.shape;
  return {
    op: 'Resize',
    inputs: [x, undefined, undefined, m.ints(n, c, 1 + m.below(2 * h), 2 * w)],
    attributes,
  };
};

const ordered: Step = m => {
  const x = m.value(
    ({ dtype, shape, data }, exact) =>
      exact && dtype === 'float32' && shape.length > 0 && new Set(data as Float32Array).size === data.length,
  );
  if (!x) return undefined;
  const axis = m.below(rankOf(x));
  const k = 1 + m.below(x.tensor.shape[axis] ?? 1);
  return {
    op: 'TopK',
    inputs: [x, m.ints(k)],
    attributes: { axis: int(axis), largest: int(m.below(2)) },
    outputs: 2,
    exact: true,
  };
};

const others: Step = m => {
  const x = m.float();
  if (!x || rankOf(x) < 2) return undefined;
  switch (m.below(4)) {
    case 0:
      return {
        op: 'CumSum',
        inputs: [x, m.scalar('int64', m.below(rankOf(x)))],
        attributes: { reverse: int(m.below(2)), exclusive: int(m.below(2)) },
      };
    case 1:
      return {
        op: 'Trilu',
        inputs: [x, m.scalar('int64', m.below(3) - 1)],
        attributes: { upper: int(m.below(2)) },
        exact: true,
      };
    case 2:
      return {
        op: 'LpNormalization',
        inputs: [x],
        attributes: { axis: int(m.below(rankOf(x))), p: int(1 + m.below(2)) },
      };
    default: {
      const grid = m.constant(m.floats([x.tensor.shape[0] ?? 1, 3, 2, 2], 0.5));
      return rankOf(x) === 4
        ? {
            op: 'GridSample',
            inputs: [x, grid],
            attributes: { padding_mode: string(m.pick(['zeros', 'border'])) },
          }
        : undefined;
    }
  }
};

const shapes: Step = m => {
  const x = any(m, 1);
  return x && { op: m.pick(['Shape', 'Size']), inputs: [x], exact: true };
};

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
    const w = m.constant(m.whole(dtype, [2, shape[1] ?? 1, 2, 2], 3));
    return { op: 'ConvInteger', inputs: [x, w, m.scalar(dtype, 3)], exact: true };
  }
  const b = m.constant(m.whole(dtype, [shape[3] ?? 1, 3], 3));
  return { op: 'MatMulInteger', inputs: [x, b, m.scalar(dtype, 2)], exact: true };
};

const recurrent: Step = m => {
  const x = m.float(3);
  if (!x) return undefined;
  const [, , width = 1] = x.tensor.shape;
  const [op, gates] = m.pick([
    ['LSTM', 4],
    ['GRU', 3],
    ['RNN', 1],
  ] as const);
  const hidden = m.pick([1, 3, 8]);
  const direction = m.pick(['forward', 'reverse', 'bidirectional']);
  const d = direction === 'bidirectional' ? 2 : 1;
  const weights = (...shape: number[]) => m.constant(m.floats(shape, 0.25));
  const inputs = [
    x,
    weights(d, gates * hidden, width),
    weights(d, gates * hidden, hidden),
    ...(m.chance(0.6) ? [weights(d, 2 * gates * hidden)] : []),
  ];
  const attributes = {
    hidden_size: int(hidden),
    direction: string(direction),
    ...(op === 'GRU' && { linear_before_reset: int(m.below(2)) }),
  };
  return { op, inputs, attributes, outputs: 2 };
};

const attention: Step = m => {
  const x = m.float(3);
  if (!x) return undefined;
  const [, , width = 1] = x.tensor.shape;
  const heads = width % 2 === 0 ? 2 : 1;
  if (m.chance(0.5)) {
    const attributes = { num_heads: int(heads), unidirectional: int(m.below(2)) };
    return { op: 'com.microsoft.MultiHeadAttention', inputs: [x, x, x], attributes, version: 1 };
  }
  const attributes = { q_num_heads: int(heads), kv_num_heads: int(heads), is_causal: int(m.below(2)) };
  return { op: 'Attention', inputs: [x, x, x], attributes, version: 23 };
};

const twice = (step: Step): Step[] => [step, step];

/** A run-time shape: what follows is bounded. */
const found: Step = m => {
  const x = m.value(
    ({ dtype, shape }, exact) => exact && (dtype === 'bool' || dtype === 'int64') && shape.length > 0,
  );
  return x && { op: 'NonZero', inputs: [x], exact: true };
};

export const STEPS: readonly Step[] = [
  ...[unary, unary, unary, exactUnary, binary, binary, binary, integers, compare, logic, where, cast, clip],
  ...[reduce, reduce, integerReduce, arg, softmax, normalise, normalise],
  ...[...twice(conv), convTranspose, ...twice(pool), ...twice(matmul), gemm, einsum],
  ...[transpose, transpose, reshape, reshape, concat, split, slice, pad, spread, gather, gather, scatter],
  ...[blocks, resize, ordered, others, shapes, quantise, dequantise, integerProducts, recurrent, attention],
];

/** The same and values whose extents are known only at run time. */
export const DYNAMIC_STEPS: readonly Step[] = [...STEPS, found, found];

export type { Proposal };
