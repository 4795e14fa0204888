// Quantised operators of com.microsoft as real operators between dequantisation and quantisation, and products
// with weights in blocks of few bits. Source: docs/ContribOperators.md of onnxruntime.

import { boolAttribute, floatAttribute, intAttribute } from '../attributes.ts';
import { integerRange } from '../dtypes.ts';
import { attr } from '../graph.ts';
import type { InferContext } from '../ops/definition.ts';
import { type Composer, ifGiven } from './composer.ts';
import type { Composite } from './composite.ts';
import { channelsFirst, channelsLast } from './layout.ts';

/** The real numbers that input `index` stands for; scale and zero point follow it. */
const real = <V>(c: Composer<V>, index: number): V =>
  c.dequantised(c.input(index), single(c, c.input(index + 1)), single(c, c.inputs[index + 2]));

/** One element as a scalar. */
function single<V>(c: Composer<V>, value: V): V;
function single<V>(c: Composer<V>, value: V | undefined): V | undefined;
function single<V>(c: Composer<V>, value: V | undefined): V | undefined {
  return value === undefined ? undefined : c.reshape(value, []);
}

/** Quantised with the scale at `index` and the zero point behind it; without that, as the first input is. */
function stored<V>(c: Composer<V>, value: V, index: number): V {
  const zero = single(c, c.inputs[index + 1]) ?? c.number(0, c.input(0));
  return c.quantised(value, single(c, c.input(index)), zero);
}

/** One operator on the real numbers: X, its scale and zero point; those of the result. */
const between =
  (op: string, names: readonly string[]) =>
  <V>(c: Composer<V>): V[] => {
    const attributes = Object.fromEntries(
      Object.entries(c.node.attributes).filter(([name]) => names.includes(name)),
    );
    return [stored(c, c.apply(op, [real(c, 0)], attributes), 3)];
  };

/** The same rounded when the zero point is added: it decides about numbers half way between two. */
function storedLate<V>(c: Composer<V>, value: V, index: number): V {
  const zero = single(c, c.inputs[index + 1]) ?? c.number(0, c.input(0));
  const [dtype, real] = [c.dtype(zero), c.dtype(value)];
  const [low, high] = integerRange(dtype);
  const scaled = c.apply('Div', [value, single(c, c.input(index))]);
  const rounded = c.apply('Round', [c.add(scaled, c.cast(zero, real))]);
  return c.cast(c.apply('Clip', [rounded, c.number(low, value), c.number(high, value)]), dtype);
}

const WINDOW = ['auto_pad', 'ceil_mode', 'count_include_pad', 'kernel_shape', 'pads', 'strides'];

function averagePool<V>(c: Composer<V>): V[] {
  const last = boolAttribute(c.node, 'channels_last', false);
  const attributes = Object.fromEntries(
    Object.entries(c.node.attributes).filter(([name]) => WINDOW.includes(name)),
  );
  const input = last ? channelsFirst(c, real(c, 0)) : real(c, 0);
  const pooled = c.apply('AveragePool', [input], attributes);
  return [storedLate(c, last ? channelsLast(c, pooled) : pooled, 3)];
}

/** Before opset 13 softmax ran over everything from the axis on. */
function softmax<V>(c: Composer<V>): V[] {
  const input = real(c, 0);
  const shape = c.shape(input);
  const recent = intAttribute(c.node, 'opset', 13) >= 13;
  const axis = intAttribute(c.node, 'axis', recent ? -1 : 1);
  if (recent) return [stored(c, c.apply('Softmax', [input], { axis: attr.int(axis) }), 3)];
  const at = axis < 0 ? axis + shape.length : axis;
  const extent = (from: number, to: number) => shape.slice(from, to).reduce((a, b) => a * b, 1);
  const rows = c.reshape(input, [extent(0, at), extent(at, shape.length)]);
  return [stored(c, c.reshape(c.apply('Softmax', [rows], { axis: attr.int(-1) }), shape), 3)];
}

/** condition, X with scale and zero point, Y with them, those of the result. */
const where = <V>(c: Composer<V>): V[] => [
  c.quantised(c.apply('Where', [c.input(0), real(c, 1), real(c, 4)]), c.input(7), c.inputs[8]),
];

/** A with scale and zero point, B with them, int32 C; scale and zero point of the result, which is real without. */
function gemm<V>(c: Composer<V>): V[] {
  const { node } = c;
  const transB = intAttribute(node, 'transB', 0);
  const alpha = floatAttribute(node, 'alpha', 1);
  const scaleB = c.input(4);
  const vector = c.rank(scaleB) === 1 && c.shape(scaleB)[0] !== 1;
  const b = vector
    ? c.dequantised(c.input(3), scaleB, c.inputs[5], transB === 1 ? 0 : 1)
    : c.dequantised(c.input(3), single(c, scaleB), single(c, c.inputs[5]));
  const attributes = { transA: attr.int(intAttribute(node, 'transA', 0)), transB: attr.int(transB) };
  const product = c.scaled(c.apply('Gemm', [real(c, 0), b], attributes), alpha);
  const bias = c.inputs[6];
  const step = c.scaled(c.mul(single(c, c.input(1)), vector ? scaleB : single(c, scaleB)), alpha);
  const sum = c.add(
    product,
    ifGiven(bias, whole => c.mul(c.cast(whole, 'float32'), step)),
  );
  return [c.inputs[7] === undefined ? sum : c.quantised(sum, single(c, c.inputs[7]), single(c, c.inputs[8]))];
}

function convolution<V>(c: Composer<V>): V[] {
  const last = boolAttribute(c.node, 'channels_last', false);
  const { channels_last: _, ...attributes } = c.node.attributes;
  const input = last ? channelsFirst(c, c.input(0)) : c.input(0);
  const result = c.apply('QLinearConv', [input, ...c.inputs.slice(1)], attributes);
  return [last ? channelsLast(c, result) : result];
}

/** Products and sums of small integers as int32. */
const wide =
  (op: string) =>
  <V>(c: Composer<V>): V[] => [
    c.apply(
      op,
      [c.input(0), c.input(1)].map(value => c.cast(value, 'int32')),
    ),
  ];

const reduceSum = <V>(c: Composer<V>): V[] => [
  c.apply('ReduceSum', [c.cast(c.input(0), 'int32'), c.ints(...axesOf(c))], {
    keepdims: attr.int(intAttribute(c.node, 'keepdims', 1)),
  }),
];

function axesOf<V>(c: Composer<V>): readonly number[] {
  const { axes } = c.node.attributes;
  return axes?.type === 'ints' ? axes.value : c.fail('attribute axes is missing');
}

/** X with weights of 8 bits; W and R come transposed, each with a scale and zero point at the end. */
function lstm<V>(c: Composer<V>) {
  const weights = (index: number, scale: number) => {
    const [directions = 0, rows = 0, columns = 0] = c.shape(c.input(index));
    const parts = Array.from({ length: directions }, (_, d) => {
      const row = (value: V) => {
        const count = c.shape(value).reduce((a, b) => a * b, 1) / directions;
        return c.reshape(c.slice(value, 0, d, d + 1), count === 1 ? [] : [count]);
      };
      const matrix = c.reshape(c.slice(c.input(index), 0, d, d + 1), [rows, columns]);
      const zero = c.inputs[scale + 1];
      const dequantised = c.dequantised(matrix, row(c.input(scale)), ifGiven(zero, row));
      return c.reshape(c.transpose(dequantised, 1, 0), [1, columns, rows]);
    });
    return c.concat(0, ...parts);
  };
  const others = [3, 4, 5, 6, 7].map(i => c.inputs[i]);
  const inputs = [c.input(0), weights(1, 8), weights(2, 10), ...others];
  return c.outputs('LSTM', inputs, c.node.attributes, 3);
}

/** A times weights of few bits: B in blocks with scales and zero points, the group of each column, a bias. */
function matMulNBits<V>(c: Composer<V>): V[] {
  const { K, N, bits, block_size } = c.node.attributes;
  const attributes = Object.fromEntries(
    Object.entries({ K, N, bits, block_size }).filter(([, value]) => value !== undefined),
  ) as typeof c.node.attributes;
  const packed = [c.input(1), c.input(2), c.inputs[3], c.inputs[4]];
  const weights = c.apply('WeightsOfBits', packed, attributes);
  const product = c.apply('MatMul', [c.input(0), c.cast(weights, c.dtype(c.input(0)))]);
  return [c.add(product, c.inputs[5])];
}

/** A times weights of 4-bit floats; the largest magnitude of each block scales it. */
function matMulBnb4<V>(c: Composer<V>): V[] {
  const { K, N, block_size, quant_type } = c.node.attributes;
  const attributes = { K, N, block_size, quant_type } as typeof c.node.attributes;
  const weights = c.apply('WeightsOfBits', [c.input(1), c.input(2)], attributes);
  return [c.apply('MatMul', [c.input(0), c.cast(weights, c.dtype(c.input(0)))])];
}

/** Elements of few bits, the first in the lowest bits of each byte, as int32 along the last axis. */
function unpackedBits<V>(c: Composer<V>, bytes: V, bits: number): V {
  const shape = c.shape(bytes);
  if (bits === 8 || c.dtype(bytes) !== 'uint8') return c.cast(bytes, 'int32');
  const column = (value: V) => c.reshape(value, [...shape, 1]);
  const parts = Array.from({ length: 8 / bits }, (_, i) => {
    const moved =
      i === 0
        ? bytes
        : c.apply('BitShift', [bytes, c.number(i * bits, bytes)], { direction: attr.string('RIGHT') });
    return column(c.apply('BitwiseAnd', [moved, c.number(2 ** bits - 1, bytes)]));
  });
  const width = ((shape.at(-1) ?? 0) * 8) / bits;
  return c.cast(c.reshape(c.concat(-1, ...parts), [...shape.slice(0, -1), width]), 'int32');
}

/** Rows of a table whose last axis is quantised in blocks: table, indices, scales, zero points. */
function gatherBlocks<V>(c: Composer<V>): V[] {
  const { node } = c;
  const table = c.input(0);
  const rank = c.rank(table);
  const axis = intAttribute(node, 'quantize_axis', 1);
  const isLast = axis === -1 || axis === rank - 1;
  if (intAttribute(node, 'gather_axis', 0) !== 0 || !isLast)
    c.fail('only rows with blocks along the last axis');
  const bits = intAttribute(node, 'bits', 4);
  const block = intAttribute(node, 'block_size', 128);
  const rows = (value: V) => c.apply('Gather', [value, c.input(1)]);
  const elements = unpackedBits(c, rows(table), bits);
  const scales = rows(c.input(2));
  const shape = c.shape(elements);
  const width = shape.at(-1) ?? 0;
  if (width % block !== 0) c.fail(`blocks of ${block} do not divide ${width}`);
  const zeros = c.inputs[3] === undefined ? undefined : unpackedBits(c, rows(c.inputs[3]), bits);
  const middle = c.dtype(table) === 'uint8' ? 2 ** (bits - 1) : 0;
  const blocks = [...shape.slice(0, -1), width / block];
  const columns = c.reshape(elements, [...blocks, block]);
  const centre =
    zeros === undefined
      ? c.number(middle, elements)
      : c.reshape(c.slice(zeros, -1, 0, width / block), [...blocks, 1]);
  const centred = c.cast(c.apply('Sub', [columns, centre]), c.dtype(scales));
  return [c.reshape(c.mul(centred, c.reshape(scales, [...blocks, 1])), shape)];
}

const firstDtype = (context: InferContext) => [context.inputs[0]?.dtype];

export const QUANTISED_COMPOSITES: readonly Composite[] = [
  { op: 'com.microsoft.QLinearAveragePool', kind: 'pooling', expand: averagePool, dtypes: firstDtype },
  {
    op: 'com.microsoft.QLinearReduceMean',
    kind: 'reduction',
    expand: between('ReduceMean', ['axes', 'keepdims']),
    dtypes: firstDtype,
  },
  { op: 'com.microsoft.QLinearSoftmax', kind: 'normalization', expand: softmax, dtypes: firstDtype },
  {
    op: 'com.microsoft.QLinearWhere',
    kind: 'elementwise',
    expand: where,
    dtypes: context => [context.inputs[1]?.dtype],
  },
  { op: 'com.microsoft.QGemm', kind: 'matmul', expand: gemm },
  { op: 'com.microsoft.QLinearConv', kind: 'convolution', expand: convolution, dtypes: firstDtype },
  { op: 'com.microsoft.MatMulInteger16', kind: 'matmul', expand: wide('MatMul'), dtypes: () => ['int32'] },
  { op: 'com.microsoft.ReduceSumInteger', kind: 'reduction', expand: reduceSum, dtypes: () => ['int32'] },
  { op: 'com.microsoft.DynamicQuantizeLSTM', kind: 'recurrent', expand: lstm },
  { op: 'com.microsoft.MatMulNBits', kind: 'matmul', expand: matMulNBits, dtypes: firstDtype },
  {
    op: 'com.microsoft.GatherBlockQuantized',
    kind: 'gather',
    expand: gatherBlocks,
    dtypes: context => [context.inputs[2]?.dtype],
  },
  { op: 'com.microsoft.MatMulBnb4', kind: 'matmul', expand: matMulBnb4, dtypes: firstDtype },
];
