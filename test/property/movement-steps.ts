// What moves, picks, sorts and resamples elements, for random models.

import { attr } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Attribute, Tensor } from '../../engine/ir/types.ts';
import { type Known, type RandomModel, rankOf, type Step } from './random-model.ts';

const { int, ints, string } = attr;

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
  const [op, inputs, attributes] = m.pick<
    () => readonly [string, readonly Known[], Readonly<Record<string, Attribute>>?]
  >([
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
  // Half of them only around pixels: what a window can take in.
  const [kept, rare] = rankOf(x) > 2 && m.chance(0.5) ? [2, 0.2] : [0, 0.6];
  const pads = Array.from({ length: 2 * rankOf(x) }, (_, i) =>
    i % rankOf(x) < kept || m.chance(rare) ? 0 : m.below(most(i % rankOf(x))),
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

/** What depends on where an element is. */
const byPosition: Step = m => {
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

export const MOVEMENT: readonly Step[] = [
  ...[transpose, transpose, reshape, reshape, concat, split, slice, pad, spread, gather, gather, scatter],
  ...[blocks, resize, ordered, byPosition, shapes],
];
