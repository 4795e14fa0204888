// What may stand behind a value whose extent is known only at run time: small graphs, one for each kind of operator
// along that extent.

import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Attribute, Graph, Tensor, ValueId } from '../../../../engine/ir/types.ts';
import { inferred, randomTensor, TestGraph } from '../../../support/build-graph.ts';

export const ROWS = 40;
const WIDTH = 16;

type Given = Readonly<Record<string, number | string | readonly number[]>>;

const attributesOf = (given: Given): Record<string, Attribute> =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (typeof value === 'string') return [name, attr.string(value)];
      return [name, typeof value === 'number' ? attr.int(value) : attr.ints(value)];
    }),
  );

/** A graph with short ways to say what the cases need. */
class Consumers extends TestGraph {
  places: ValueId | undefined;

  apply(op: string, inputs: readonly (ValueId | undefined)[], given: Given = {}): ValueId {
    return this.node(op, inputs, { attributes: attributesOf(given) });
  }

  several(op: string, inputs: readonly (ValueId | undefined)[], count: number, given: Given = {}): ValueId[] {
    const outputs = Array.from({ length: count }, (_, i) => `${op}${i}`);
    return this.nodes(op, inputs, { attributes: attributesOf(given), outputs }).flatMap(id => id ?? []);
  }

  /** times weights, which no interpreter should have to do */
  product(x: ValueId | undefined, width = WIDTH): ValueId {
    return this.apply('MatMul', [x, this.weight([width, 8])]);
  }

  turned(x: ValueId, ...perm: number[]): ValueId {
    return this.apply('Transpose', [x], { perm });
  }

  /** (1, channels, rows) */
  line(x: ValueId): ValueId {
    return this.apply('Unsqueeze', [this.turned(x, 1, 0), this.ints(0)]);
  }

  conv(x: ValueId, given: Given, kernel = 3, channels = WIDTH): ValueId {
    return this.apply('Conv', [x, this.weight([8, channels, kernel])], given);
  }

  /** A few rows in front and behind, so that there are some in every run. */
  framed(x: ValueId): ValueId {
    return this.apply('Concat', [this.weight([3, WIDTH]), x, this.weight([1, WIDTH])], { axis: 0 });
  }
}

export interface Consumer {
  readonly build: (g: Consumers, x: ValueId) => ValueId;
  /** rows that windows need */
  readonly least?: number;
}

const reduced =
  (op: string, given: Given = { keepdims: 1 }, before?: string) =>
  (g: Consumers, x: ValueId): ValueId =>
    g.product(g.apply(op, [before ? g.apply(before, [x]) : x, g.ints(0)], given));

const pooled =
  (op: string, given: Given) =>
  (g: Consumers, x: ValueId): ValueId =>
    g.conv(g.apply(op, [g.line(x)], { kernel_shape: [3], strides: [2], ...given }), {}, 1);

const normalised =
  (op: string, given: Given = {}) =>
  (g: Consumers, x: ValueId): ValueId =>
    g.conv(g.apply(op, [g.line(x), g.weight([WIDTH]), g.weight([WIDTH])], given), {}, 1);

const recurrent =
  (op: string, gates: number, result: number, given: Given, batch = false) =>
  (g: Consumers, x: ValueId): ValueId => {
    const d = given.direction === 'bidirectional' ? 2 : 1;
    const inputs = [
      g.apply('Unsqueeze', [x, g.ints(batch ? 0 : 1)]),
      g.weight([d, gates * 8, WIDTH], 0.3),
      g.weight([d, gates * 8, 8], 0.3),
    ];
    return g.product(g.several(op, inputs, 2, { hidden_size: 8, ...given })[result], 8);
  };

const sliced =
  (start: number, end: number, step: number) =>
  (g: Consumers, x: ValueId): ValueId =>
    g.product(g.apply('Slice', [x, g.ints(start), g.ints(end), g.ints(0), g.ints(step)]));

const resized =
  (given: Given) =>
  (g: Consumers, x: ValueId): ValueId => {
    const scales = g.constant('scales', tensorOf('float32', [3], [1, 1, 2]));
    return g.conv(g.apply('Resize', [g.line(x), undefined, scales], given), { pads: [1, 1] });
  };

const attended =
  (op: string, version: number, given: Given) =>
  (g: Consumers, x: ValueId): ValueId => {
    const y = g.apply('Unsqueeze', [x, g.ints(0)]);
    return g.node(op, [y, y, y], { attributes: attributesOf(given), version });
  };

/** Softmax(s) · x, s what every row has to do with every other. */
const related =
  (change: (g: Consumers, scores: ValueId) => ValueId) =>
  (g: Consumers, x: ValueId): ValueId => {
    const scores = change(g, g.apply('MatMul', [x, g.turned(x, 1, 0)]));
    return g.apply('MatMul', [g.apply('Softmax', [scores], { axis: -1 }), x]);
  };

export const CONSUMERS: Readonly<Record<string, Consumer>> = {
  elementwise: { build: (g, x) => g.product(g.apply('Relu', [x])) },
  sum: { build: reduced('ReduceSum') },
  mean: { build: reduced('ReduceMean') },
  'mean of all': {
    build: (g, x) => g.product(g.apply('Add', [g.apply('ReduceMean', [x]), g.weight([1, WIDTH])])),
  },
  max: { build: reduced('ReduceMax') },
  min: { build: reduced('ReduceMin') },
  product: { build: reduced('ReduceProd') },
  'L1 norm': { build: reduced('ReduceL1') },
  'L2 norm': { build: reduced('ReduceL2') },
  'log of a sum': { build: reduced('ReduceLogSum', { keepdims: 1 }, 'Abs') },
  'log of a sum of exponentials': { build: reduced('ReduceLogSumExp') },
  'whole numbers': {
    build: (g, x) => {
      const whole = g.apply('Cast', [x], { to: 6 });
      return g.product(g.apply('Cast', [g.apply('ReduceMax', [whole, g.ints(0)])], { to: 1 }));
    },
  },
  'place of the largest': {
    build: (g, x) => g.product(g.apply('Cast', [g.apply('ArgMax', [x], { axis: 0 })], { to: 1 })),
  },
  softmax: { build: (g, x) => g.product(g.apply('Softmax', [x], { axis: 0 })) },
  'log softmax': { build: (g, x) => g.product(g.apply('LogSoftmax', [x], { axis: 0 })) },
  hardmax: { build: (g, x) => g.product(g.apply('Hardmax', [x], { axis: 0 })) },
  'contracting product': { build: (g, x) => g.product(g.apply('MatMul', [g.turned(x, 1, 0), x])) },
  'contracting Gemm': { build: (g, x) => g.product(g.apply('Gemm', [x, x], { transA: 1 })) },
  'contracting Einsum': { build: (g, x) => g.product(g.apply('Einsum', [x, x], { equation: 'nd,ne->de' })) },
  'integer product': {
    build: (g, x) => {
      const [q, , zero] = g.several('DynamicQuantizeLinear', [x], 3);
      const weights = Array.from({ length: WIDTH * 8 }, (_, i) => ((i * 7) % 100) - 50);
      return g.apply('MatMulInteger', [q, g.constant('w', tensorOf('int8', [WIDTH, 8], weights)), zero]);
    },
  },
  'padded convolution': { build: (g, x) => g.conv(g.line(x), { pads: [1, 1] }), least: 1 },
  'two convolutions': {
    build: (g, x) => {
      const inner = g.apply('Relu', [g.conv(g.line(x), { pads: [1, 1] })]);
      return g.conv(inner, { pads: [1, 1] }, 3, 8);
    },
    least: 1,
  },
  'convolution without padding': { build: (g, x) => g.conv(g.line(x), {}), least: 3 },
  'convolution of stride 2': {
    build: (g, x) => g.conv(g.line(x), { pads: [1, 1], strides: [2] }),
    least: 1,
  },
  'convolution as long as its input': {
    build: (g, x) => g.conv(g.line(x), { auto_pad: 'SAME_UPPER' }),
    least: 1,
  },
  'residual convolution': {
    build: (g, x) => {
      const y = g.line(x);
      const through = g.apply('Conv', [y, g.weight([WIDTH, WIDTH, 3])], { pads: [1, 1] });
      return g.conv(g.apply('Add', [y, through]), {}, 1);
    },
    least: 1,
  },
  'down and up again': {
    build: (g, x) => {
      const down = g.apply('Conv', [g.line(x), g.weight([WIDTH, WIDTH, 2])], { strides: [2] });
      const up = g.apply('ConvTranspose', [down, g.weight([WIDTH, WIDTH, 2])], { strides: [2] });
      return g.conv(up, { pads: [1, 1] });
    },
    least: 2,
  },
  'two branches of one stride': {
    build: (g, x) => {
      const y = g.line(x);
      const wide = g.conv(y, { pads: [1, 1], strides: [2] });
      return g.apply('Add', [wide, g.conv(y, { strides: [2] }, 1)]);
    },
    least: 1,
  },
  'convolution over an image': {
    build: (g, x) => {
      const image = g.apply('Reshape', [x, g.ints(1, 1, -1, WIDTH)]);
      const given = { pads: [1, 1, 1, 1], strides: [2, 1] };
      return g.apply('Conv', [image, g.weight([4, 1, 3, 3])], given);
    },
    least: 1,
  },
  'transposed convolution': {
    build: (g, x) =>
      g.apply('ConvTranspose', [g.line(x), g.weight([WIDTH, 8, 4])], { strides: [2], pads: [1, 1] }),
  },
  'max pool': { build: pooled('MaxPool', { pads: [1, 1] }), least: 1 },
  'max pool, rounded up': {
    build: pooled('MaxPool', { kernel_shape: [2], ceil_mode: 1 }),
    least: 2,
  },
  'average pool': { build: pooled('AveragePool', { pads: [1, 1] }), least: 1 },
  'average pool over padding': {
    build: pooled('AveragePool', { pads: [1, 1], count_include_pad: 1 }),
    least: 1,
  },
  'Lp pool': { build: pooled('LpPool', { pads: [1, 1] }), least: 1 },
  'global average pool': { build: (g, x) => g.conv(g.apply('GlobalAveragePool', [g.line(x)]), {}, 1) },
  'global max pool': { build: (g, x) => g.conv(g.apply('GlobalMaxPool', [g.line(x)]), {}, 1) },
  'instance normalisation': { build: normalised('InstanceNormalization'), least: 1 },
  'group normalisation': { build: normalised('GroupNormalization', { num_groups: 4 }), least: 1 },
  'layer normalisation': {
    build: (g, x) => g.product(g.apply('LayerNormalization', [x, g.weight([WIDTH]), g.weight([WIDTH])])),
  },
  'sum of two, normalised': {
    build: (g, x) => {
      const both = [x, g.apply('Relu', [x]), g.weight([WIDTH]), g.weight([WIDTH])];
      return g.product(g.node('com.microsoft.SkipLayerNormalization', both, { version: 1 }));
    },
  },
  regions: {
    build: (g, x) => {
      const rois = g.apply('Abs', [g.apply('MatMul', [x, g.weight([WIDTH, 4], 3)])]);
      const first = g.apply('Mul', [g.places, g.constant('none', tensorOf('int64', [], [0]))]);
      const found = g.apply('RoiAlign', [g.weight([1, 2, 8, 8]), rois, first], {
        output_height: 2,
        output_width: 2,
        sampling_ratio: 2,
      });
      return g.product(g.apply('Flatten', [found]), 8);
    },
  },
  'running sum': { build: (g, x) => g.product(g.apply('CumSum', [x, g.ints(0)])) },
  'running sum from the end': {
    build: (g, x) => g.product(g.apply('CumSum', [x, g.ints(0)], { reverse: 1, exclusive: 1 })),
  },
  'among fixed rows': { build: (g, x) => g.product(g.framed(x)) },
  'beside itself': {
    build: (g, x) => g.product(g.apply('Concat', [x, g.apply('Relu', [x])], { axis: 0 })),
  },
  'the best rows': {
    build: (g, x) => g.product(g.several('TopK', [g.framed(x), g.ints(3)], 2, { axis: 0 })[0]),
  },
  'first rows': { build: sliced(0, 5, 1) },
  'last rows': { build: sliced(-3, 1000, 1) },
  'every other row': { build: sliced(1, 1000, 2) },
  'rows in reverse': { build: sliced(-1, -1000, -1) },
  halves: {
    build: (g, x) => g.product(g.several('Split', [g.apply('Concat', [x, x], { axis: 0 })], 2)[1]),
  },
  'padded with a number': { build: (g, x) => g.product(g.apply('Pad', [x, g.ints(1, 0, 2, 0)])) },
  'padded with its edges': {
    build: (g, x) => g.product(g.apply('Pad', [g.framed(x), g.ints(1, 0, 2, 0)], { mode: 'edge' })),
  },
  'last row': { build: (g, x) => g.product(g.apply('Gather', [g.framed(x), g.ints(-1)], { axis: 0 })) },
  'joined axes': { build: (g, x) => g.product(g.apply('Reshape', [x, g.ints(-1, 8)]), 8) },
  'split axes': { build: (g, x) => g.product(g.apply('Reshape', [x, g.ints(-1, 2, 8)]), 8) },
  'flat and back': {
    build: (g, x) => g.product(g.apply('Reshape', [g.apply('Reshape', [x, g.ints(-1)]), g.ints(-1, WIDTH)])),
  },
  heads: {
    build: (g, x) => {
      const h = g.turned(g.apply('Reshape', [x, g.ints(-1, 4, 4)]), 1, 0, 2);
      const scores = g.apply('MatMul', [h, g.turned(h, 0, 2, 1)]);
      return g.apply('MatMul', [g.apply('Softmax', [scores], { axis: -1 }), h]);
    },
  },
  'spread to its shape': {
    build: (g, x) => {
      const spread = g.apply('Expand', [g.weight([1, WIDTH]), g.apply('Shape', [x])]);
      return g.product(g.apply('Add', [x, spread]));
    },
  },
  positions: {
    build: (g, x) => {
      const rows = g.apply('Slice', [g.apply('Shape', [x]), g.ints(0), g.ints(1)]);
      const [zero, one] = [0, 1].map(n => g.constant(`${n}`, tensorOf('int64', [], [n])));
      const places = g.apply('Range', [zero, g.apply('Squeeze', [rows]), one]);
      return g.product(g.apply('Add', [x, g.apply('Gather', [g.weight([ROWS, WIDTH]), places])]));
    },
  },
  'up to its length': {
    build: (g, x) => {
      const rows = g.apply('Slice', [g.apply('Shape', [x]), g.ints(0), g.ints(1)]);
      const table = g.apply('Relu', [
        g.apply('Slice', [g.weight([ROWS + 2, WIDTH]), g.ints(0), rows, g.ints(0)]),
      ]);
      return g.product(g.apply('Add', [x, table]));
    },
  },
  'half its length, in numbers of another type': {
    build: (g, x) => {
      const rows = g.apply('Slice', [g.apply('Shape', [x]), g.ints(0), g.ints(1)]);
      const half = g.apply('Div', [
        g.apply('Cast', [rows], { to: 1 }),
        g.constant('two', tensorOf('float32', [1], [2])),
      ]);
      const end = g.apply('Cast', [g.apply('Ceil', [half])], { to: 7 });
      return g.product(g.apply('Slice', [g.weight([ROWS, WIDTH]), g.ints(0), end, g.ints(0)]));
    },
  },
  repeated: { build: (g, x) => g.product(g.apply('Tile', [x, g.ints(2, 1)])) },
  'nearest neighbours': {
    build: resized({ coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }),
    least: 1,
  },
  interpolated: { build: resized({ mode: 'linear' }), least: 1 },
  LSTM: { build: recurrent('LSTM', 4, 0, { direction: 'bidirectional' }) },
  GRU: { build: recurrent('GRU', 3, 0, { direction: 'reverse' }) },
  RNN: { build: recurrent('RNN', 1, 0, {}) },
  'last state': { build: recurrent('LSTM', 4, 1, {}) },
  'batch of sequences': { build: recurrent('LSTM', 4, 0, {}, true) },
  'multi-head attention': {
    build: attended('com.microsoft.MultiHeadAttention', 1, { num_heads: 2 }),
    least: 1,
  },
  attention: { build: attended('Attention', 23, { q_num_heads: 2, kv_num_heads: 2 }), least: 1 },
  'causal attention': {
    build: attended('Attention', 23, { q_num_heads: 2, kv_num_heads: 2, is_causal: 1 }),
    least: 1,
  },
  'related rows': { build: related((_, scores) => scores) },
  'rows related to those before': { build: related((g, scores) => g.apply('Trilu', [scores], { upper: 0 })) },
  'different rows': { build: (g, x) => g.product(g.several('Unique', [x], 1, { axis: 0 })[0]) },
  'places again': {
    build: (g, x) => {
      const places = g.turned(g.apply('NonZero', [g.apply('Relu', [x])]), 1, 0);
      return g.product(g.apply('Cast', [places], { to: 1 }), 2);
    },
  },
  'put back': {
    build: (g, x) => {
      const places = g.apply('Unsqueeze', [g.places, g.ints(1)]);
      return g.product(g.apply('ScatterND', [g.weight([ROWS, WIDTH]), places, x]));
    },
  },
  'one of many': {
    build: (g, _) => {
      const depth = g.constant('depth', tensorOf('int64', [], [ROWS]));
      const values = g.constant('off and on', tensorOf('float32', [2], [0, 1]));
      return g.product(g.apply('OneHot', [g.places, depth, values]), ROWS);
    },
  },
};

/** Rows that are picked by what is not 0, and what a consumer makes of them. */
export function consumerGraph(name: string, { build }: Consumer): Graph {
  const g = new Consumers(name);
  const mask = g.input('mask', 'float32', [ROWS]);
  const x = g.input('x', 'float32', [ROWS, WIDTH]);
  g.places = g.apply('Squeeze', [g.apply('NonZero', [mask]), g.ints(0)]);
  g.output(build(g, g.apply('Gather', [x, g.places], { axis: 0 })));
  return inferred(g);
}

/** Inputs of such a graph, of which so many rows are picked. */
export function consumerInputs(extent: number): Tensor[] {
  const flags = Array.from({ length: ROWS }, (_, i) => ((i * 7) % ROWS < extent ? 1 : 0));
  return [tensorOf('float32', [ROWS], flags), randomTensor([ROWS, WIDTH], 5)];
}
