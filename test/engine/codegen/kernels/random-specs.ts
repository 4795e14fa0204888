// Random kernel specifications that make sense, of every kind that the heavy kernels run: odd sizes, strides,
// dilations, paddings, layouts, prologues and epilogues, tiles of every kind.

import {
  packedBiasLength,
  packedConvolutionLength,
  packedDepthwiseLength,
  packedMatmulLength,
} from '../../../../engine/codegen/kernels/pack/pack.ts';
import { packedTapsLength, packTaps } from '../../../../engine/codegen/kernels/pack/taps.ts';
import type { Outside } from '../../../../engine/fusion/types.ts';
import type { TapTable } from '../../../../engine/ir/ops/images/resampling.ts';
import type { SimdClass } from '../../../../engine/options.ts';
import { LOOP_ORDERS, type LoopSpec, type MatmulSpec } from '../../../../engine/select/spec/product.ts';
import type {
  ConvolutionSpec,
  DepthwiseSpec,
  PoolSpec,
  ResizeSpec,
  Window,
} from '../../../../engine/select/spec/window.ts';
import type { RandomOperands } from './random-operands.ts';

export const NHWC = [0, 1, 2, 3];
export const NCHW = [0, 3, 1, 2];
const ORDERS = [NHWC, NHWC, NCHW];

/** Tiles of every kind: more columns than lanes, fewer, as many; one row and many. */
export const TILES: Readonly<Record<SimdClass, readonly (readonly [number, number])[]>> = {
  scalar: [
    [2, 4],
    [4, 4],
    [1, 3],
  ],
  '128': [
    [6, 8],
    [2, 16],
    [5, 4],
    [3, 2],
    [8, 1],
  ],
  '256': [
    [6, 16],
    [3, 24],
    [8, 8],
    [4, 4],
    [8, 1],
  ],
};

function outputExtent(input: number, window: Window, axis: 0 | 1): number {
  const padded = input + window.pads[axis] + window.pads[axis === 0 ? 2 : 3];
  return (
    Math.floor((padded - (window.kernel[axis] - 1) * window.dilation[axis] - 1) / window.stride[axis]) + 1
  );
}

function randomWindow(o: RandomOperands, padded = o.chance(0.7)): Window {
  const pad = (): number => (padded ? o.whole(0, 3) : 0);
  return {
    kernel: [o.whole(1, 4), o.whole(1, 4)],
    stride: [o.whole(1, 3), o.whole(1, 3)],
    dilation: o.chance(0.7) ? [1, 1] : [o.whole(1, 3), o.whole(1, 3)],
    pads: [pad(), pad(), pad(), pad()],
  };
}

function randomSizes(o: RandomOperands, window: Window): Pick<ConvolutionSpec, 'inputSize' | 'outputSize'> {
  const input = ([0, 1] as const).map(axis => {
    const least = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
    return least + o.whole(0, 14);
  });
  const [height = 1, width = 1] = input;
  return {
    inputSize: [height, width],
    outputSize: [outputExtent(height, window, 0), outputExtent(width, window, 1)],
  };
}

/** What lies in the padding; of elements of the input itself, as many as it has. */
export function randomOutside(
  o: RandomOperands,
  { pads }: Window,
  inputSize: readonly [number, number],
): Outside {
  const most = (room: number): boolean => pads.every((pad, side) => pad <= (inputSize[side % 2] ?? 0) - room);
  return o.pick([
    ...([0, 0.5, 'edge'] as const),
    ...(most(0) ? (['wrap'] as const) : []),
    ...(most(1) ? (['reflect'] as const) : []),
  ]);
}

const randomOrder = (o: RandomOperands): LoopSpec => (o.chance(0.6) ? { order: o.pick(LOOP_ORDERS) } : {});

export function randomConvolution(o: RandomOperands, simd: SimdClass): ConvolutionSpec {
  const window = randomWindow(o);
  const sizes = randomSizes(o, window);
  const batch = o.whole(1, 2);
  const groups = o.pick([1, 1, 2, 3]);
  const [inChannels, outChannels] = [o.whole(1, 9), o.whole(1, 37)];
  const tile = o.pick(TILES[simd]);
  const weights = { groups, inChannels, outChannels, kernel: window.kernel };
  return {
    kind: 'convolution',
    batch,
    ...sizes,
    window,
    groups,
    inChannels,
    outChannels,
    input: o.prologue([batch, ...sizes.inputSize, groups * inChannels], o.pick(ORDERS)),
    outside: randomOutside(o, window, sizes.inputSize),
    weights: o.buffer('weights', packedConvolutionLength(weights, tile[1])),
    ...(o.chance(0.7) && {
      bias: o.buffer('weights', packedBiasLength(groups, outChannels, tile[1])),
    }),
    epilogue: o.epilogue([batch, ...sizes.outputSize, groups * outChannels], o.pick(ORDERS)),
    tile,
    ...randomOrder(o),
  };
}

export function randomDepthwise(o: RandomOperands): DepthwiseSpec {
  const window = randomWindow(o);
  const sizes = randomSizes(o, window);
  const batch = o.whole(1, 2);
  const channels = o.whole(1, 41);
  return {
    kind: 'depthwise',
    batch,
    ...sizes,
    window,
    groups: channels,
    inChannels: 1,
    outChannels: 1,
    input: o.prologue([batch, ...sizes.inputSize, channels], o.pick(ORDERS)),
    outside: randomOutside(o, window, sizes.inputSize),
    weights: o.buffer('weights', packedDepthwiseLength(channels, window.kernel)),
    ...(o.chance(0.7) && { bias: o.buffer('weights', channels) }),
    epilogue: o.epilogue([batch, ...sizes.outputSize, channels], o.pick(ORDERS)),
    tile: [1, 1],
  };
}

export function randomPool(o: RandomOperands): PoolSpec {
  const window = randomWindow(o);
  // At least one tap inside, as every framework demands.
  const pads = window.pads.map((pad, side) => Math.min(pad, (window.kernel[side % 2] ?? 1) - 1));
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  const inside = { ...window, dilation: [1, 1] as const, pads: [top, left, bottom, right] as const };
  const sizes = randomSizes(o, inside);
  const batch = o.whole(1, 2);
  const channels = o.whole(1, 41);
  return {
    kind: 'pool',
    mode: o.pick(['max', 'average']),
    countPadding: o.chance(0.5),
    ...(o.chance(0.3) && { outside: randomOutside(o, inside, sizes.inputSize) }),
    batch,
    channels,
    ...sizes,
    window: inside,
    input: o.prologue([batch, ...sizes.inputSize, channels], o.pick(ORDERS)),
    epilogue: o.epilogue([batch, ...sizes.outputSize, channels], o.pick(ORDERS)),
  };
}

export function randomMatmul(o: RandomOperands, simd: SimdClass): MatmulSpec {
  const batch = Array.from({ length: o.whole(0, 2) }, () => o.whole(1, 3));
  const m = o.pick([1, o.whole(1, 6), o.whole(1, 40)]);
  const [n, k] = [o.whole(1, 50), o.whole(1, 70)];
  const tile = o.pick(TILES[simd]);
  const rows = batch.length;
  const straight = [...batch.map((_, axis) => axis), rows, rows + 1];
  const turned = [...batch.map((_, axis) => axis), rows + 1, rows];
  const shared = o.chance(0.3);
  const right = (): MatmulSpec['b'] => {
    if (o.chance(0.4))
      return {
        packed: o.buffer('weights', packedMatmulLength({ k, n, strides: { k: n, n: 1 } }, tile[1])),
      };
    const b = o.prologue([...batch, k, n], o.pick([straight, turned]));
    if (!shared) return b;
    const broadcast = b.reads.map(read => ({
      ...read,
      strides: read.strides.map((stride, axis) => (axis < rows ? 0 : stride)),
    }));
    return { ...b, reads: broadcast };
  };
  return {
    kind: 'matmul',
    batch,
    m,
    n,
    k,
    a: o.prologue([...batch, m, k], o.pick([straight, straight, turned])),
    b: right(),
    ...(o.chance(0.5) && { bias: o.buffer('weights', packedBiasLength(1, n, tile[1])) }),
    epilogue: o.epilogue([...batch, m, n], o.pick([straight, straight, turned])),
    tile,
    ...randomOrder(o),
  };
}

/** One tap as it is, or some with weights: inside the input everywhere. */
function table(o: RandomOperands, input: number, output: number): TapTable {
  const span = o.chance(0.3) ? 1 : Math.min(input, o.whole(1, 6));
  const blended = span > 1 || o.chance(0.2);
  const entries = Array.from({ length: output }, (_, k) => ({
    first: Math.min(input - span, Math.floor((k * input) / output)),
    weights: Array.from({ length: span }, () => (blended ? o.whole(-8, 8) / 8 : 1)),
  }));
  return { span, entries };
}

export function randomResize(o: RandomOperands): ResizeSpec {
  const batch = o.whole(1, 2);
  const channels = o.whole(1, 21);
  const [height, width, outHeight, outWidth] = [o.whole(1, 9), o.whole(1, 9), o.whole(1, 17), o.whole(1, 17)];
  const orders = [
    [0, 1, 2, 3],
    [0, 1, 2, 3],
    [0, 3, 1, 2],
  ];
  const tables = [table(o, height, outHeight), table(o, width, outWidth)] as const;
  const buffer = o.buffer('weights', packedTapsLength(tables));
  const lanes = o.pick(['channels', 'columns'] as const);
  packTaps(o.weights[buffer.id] ?? new Float32Array(), tables, lanes);
  return {
    kind: 'resize',
    lanes,
    batch,
    channels,
    inputSize: [height, width],
    outputSize: [outHeight, outWidth],
    rows: tables[0],
    columns: tables[1],
    tables: buffer,
    input: o.prologue([batch, height, width, channels], o.pick(orders)),
    epilogue: o.epilogue([batch, outHeight, outWidth, channels], o.pick(orders)),
  };
}
