// Random graphs for the compiler: elementwise DAGs with broadcasting between convolutions, products, windows,
// reductions and movements, several outputs. The same seed gives the same graph.

import { attr } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Graph, Shape, ValueId } from '../../engine/ir/types.ts';
import { inferred, TestGraph } from './build-graph.ts';
import { Random } from './random.ts';

interface Known {
  readonly id: ValueId;
  readonly shape: Shape;
}

const UNARY = [
  'Relu',
  'Sigmoid',
  'Tanh',
  'Abs',
  'Neg',
  'LeakyRelu',
  'HardSwish',
  'Softplus',
  'Elu',
  'Erf',
  'Sin',
];
const BINARY = ['Add', 'Sub', 'Mul', 'Max', 'Min', 'Add', 'Mul'];

class RandomGraph {
  readonly builder = new TestGraph('random');
  readonly #random: Random;
  readonly #values: Known[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed);
    const shape = [
      1 + this.#random.below(2),
      this.#random.pick([1, 3, 4, 8, 17]),
      3 + this.#random.below(7),
      3 + this.#random.below(7),
    ];
    this.#values.push({ id: this.builder.input('x', 'float32', shape), shape });
    if (this.#random.below(2) === 0)
      this.#values.push({ id: this.builder.input('y', 'float32', shape), shape });
  }

  /** Newer values more often, so that chains form. */
  #value(filter: (value: Known) => boolean = () => true): Known | undefined {
    const fitting = this.#values.filter(filter);
    return fitting[fitting.length - 1 - Math.floor(this.#random.next() ** 2 * fitting.length)];
  }

  #push(id: ValueId, shape: Shape): void {
    this.#values.push({ id, shape });
  }

  unary(): void {
    const x = this.#value();
    if (x) this.#push(this.builder.node(this.#random.pick(UNARY), [x.id]), x.shape);
  }

  binary(): void {
    const a = this.#value();
    if (!a) return;
    const other = this.#value(({ shape }) => String(shape) === String(a.shape));
    const choice = this.#random.below(5);
    const [n, c] = a.shape;
    const operand =
      choice < 2 && other
        ? other.id
        : choice === 2
          ? this.builder.number(0.5)
          : choice === 3 && a.shape.length === 4
            ? this.builder.weight([c ?? 1, 1, 1])
            : this.builder.weight(
                a.shape.map((extent, axis) => (this.#random.below(2) + axis + (n ?? 1) > 1 ? extent : 1)),
              );
    const inputs = this.#random.below(3) === 0 ? [operand, a.id] : [a.id, operand];
    this.#push(this.builder.node(this.#random.pick(BINARY), inputs), a.shape);
  }

  /** where(a > b, a, b): without a jump, so that rounding cannot decide the result */
  choice(): void {
    const a = this.#value();
    if (!a) return;
    const b = this.#value(({ shape }) => String(shape) === String(a.shape)) ?? a;
    const greater = this.builder.node('Greater', [a.id, b.id]);
    this.#push(this.builder.node('Where', [greater, a.id, b.id]), a.shape);
  }

  convolution(): void {
    const x = this.#value(({ shape }) => shape.length === 4 && (shape[2] ?? 0) > 2 && (shape[3] ?? 0) > 2);
    if (!x) return;
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    const depthwise = this.#random.below(3) === 0;
    const kernel = this.#random.pick([1, 3]);
    const stride = kernel === 1 ? 1 : this.#random.pick([1, 2]);
    const pad = kernel === 3 && this.#random.below(2) === 0 ? 1 : 0;
    const channels = depthwise ? c : this.#random.pick([1, 4, 5, 16]);
    const weights = this.builder.weight([channels, depthwise ? 1 : c, kernel, kernel], 0.5);
    const bias = this.#random.below(2) === 0 ? [this.builder.weight([channels])] : [];
    const attributes = {
      kernel_shape: attr.ints([kernel, kernel]),
      strides: attr.ints([stride, stride]),
      pads: attr.ints([pad, pad, pad, pad]),
      group: attr.int(depthwise ? c : 1),
    };
    const size = (extent: number) => Math.floor((extent + 2 * pad - kernel) / stride) + 1;
    this.#push(this.builder.node('Conv', [x.id, weights, ...bias], { attributes }), [
      n,
      channels,
      size(h),
      size(w),
    ]);
  }

  transposedConvolution(): void {
    const x = this.#value(({ shape }) => shape.length === 4 && (shape[2] ?? 0) < 9);
    if (!x) return;
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    const [kernel, pad] = this.#random.pick([
      [2, 0],
      [3, 1],
      [4, 1],
    ] as const);
    const weights = this.builder.weight([c, 3, kernel, kernel], 0.5);
    const attributes = { strides: attr.ints([2, 2]), pads: attr.ints([pad, pad, pad, pad]) };
    const size = (extent: number) => (extent - 1) * 2 + kernel - 2 * pad;
    this.#push(this.builder.node('ConvTranspose', [x.id, weights], { attributes }), [n, 3, size(h), size(w)]);
  }

  pool(): void {
    const x = this.#value(({ shape }) => shape.length === 4 && (shape[2] ?? 0) > 1 && (shape[3] ?? 0) > 1);
    if (!x) return;
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    const attributes = { kernel_shape: attr.ints([2, 2]), strides: attr.ints([1, 1]) };
    const op = this.#random.pick(['MaxPool', 'AveragePool']);
    this.#push(this.builder.node(op, [x.id], { attributes }), [n, c, h - 1, w - 1]);
  }

  reduction(): void {
    const x = this.#value(({ shape }) => shape.length === 4);
    if (!x) return;
    const [n = 1, c = 1, h = 1] = x.shape;
    switch (this.#random.below(6)) {
      case 4: {
        const attributes = { size: attr.int(this.#random.pick([3, 4, 5])), alpha: attr.float(0.5) };
        this.#push(this.builder.node('LRN', [x.id], { attributes }), x.shape);
        return;
      }
      case 5: {
        const mean = this.builder.node('ReduceMean', [x.id, this.builder.ints(-1)]);
        const centred = this.builder.node('Sub', [x.id, mean]);
        const square = this.builder.node('Pow', [centred, this.builder.number(2)]);
        const variance = this.builder.node('ReduceMean', [square, this.builder.ints(3)]);
        const root = this.builder.node('Sqrt', [
          this.builder.node('Add', [variance, this.builder.number(0.1)]),
        ]);
        this.#push(this.builder.node('Div', [centred, root]), x.shape);
        return;
      }
      case 0:
        this.#push(this.builder.node('GlobalAveragePool', [x.id]), [n, c, 1, 1]);
        return;
      case 1:
        this.#push(
          this.builder.node('ReduceMax', [x.id, this.builder.ints(3)], {
            attributes: { keepdims: attr.int(0) },
          }),
          [n, c, h],
        );
        return;
      case 2:
        this.#push(this.builder.node('Softmax', [x.id], { attributes: { axis: attr.int(1) } }), x.shape);
        return;
      default: {
        const [scale, bias] = [this.builder.weight([c]), this.builder.weight([c])];
        this.#push(this.builder.node('InstanceNormalization', [x.id, scale, bias]), x.shape);
        return;
      }
    }
  }

  product(): void {
    const x = this.#value(({ shape }) => shape.length > 1);
    if (!x) return;
    const k = x.shape.at(-1) ?? 1;
    const n = this.#random.pick([1, 5, 16]);
    const result = this.builder.node('MatMul', [x.id, this.builder.weight([k, n], 0.5)]);
    this.#push(result, [...x.shape.slice(0, -1), n]);
  }

  /** x · xᵀ over the last two axes */
  gram(): void {
    const x = this.#value(({ shape }) => shape.length === 4);
    if (!x) return;
    const [n = 1, c = 1, h = 1] = x.shape;
    const transposed = this.builder.node('Transpose', [x.id], {
      attributes: { perm: attr.ints([0, 1, 3, 2]) },
    });
    this.#push(this.builder.node('MatMul', [x.id, transposed]), [n, c, h, h]);
  }

  movement(): void {
    const x = this.#value(({ shape }) => shape.length === 4);
    if (!x) return;
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    switch (this.#random.below(7)) {
      case 5: {
        const index = this.builder.constant(`index${x.id}`, tensorOf('int64', [], [-1]));
        this.#push(this.builder.node('Gather', [x.id, index], { attributes: { axis: attr.int(2) } }), [
          n,
          c,
          w,
        ]);
        return;
      }
      case 0: {
        const other = this.#value(({ shape }) => String(shape) === String(x.shape)) ?? x;
        const joined = this.builder.node('Concat', [x.id, other.id], { attributes: { axis: attr.int(1) } });
        this.#push(joined, [n, 2 * c, h, w]);
        return;
      }
      case 1:
        this.#push(
          this.builder.node('Transpose', [x.id], { attributes: { perm: attr.ints([0, 2, 3, 1]) } }),
          [n, h, w, c],
        );
        return;
      case 2:
        this.#push(this.builder.node('Reshape', [x.id, this.builder.ints(n, c, h * w)]), [n, c, h * w]);
        return;
      case 3: {
        const pads = this.builder.ints(0, 0, 1, 0, 0, 0, 0, 2);
        this.#push(this.builder.node('Pad', [x.id, pads, this.builder.number(0)]), [n, c, h + 1, w + 2]);
        return;
      }
      case 4:
        if (w < 3) return;
        this.#push(
          this.builder.node('Slice', [
            x.id,
            this.builder.ints(1),
            this.builder.ints(w),
            this.builder.ints(3),
          ]),
          [n, c, h, w - 1],
        );
        return;
      default: {
        const scales = this.builder.constant(`scales${x.id}`, {
          dtype: 'float32',
          shape: [4],
          data: Float32Array.of(1, 1, 2, 2),
        });
        if (h > 9 || w > 9) return;
        const mode = this.#random.pick(['nearest', 'linear']);
        const resized = this.builder.node('Resize', [x.id, undefined, scales], {
          attributes: { mode: attr.string(mode) },
        });
        this.#push(resized, [n, c, 2 * h, 2 * w]);
        return;
      }
    }
  }

  grow(nodes: number): void {
    const steps = [
      ...[this.unary, this.unary, this.binary, this.binary, this.binary, this.choice],
      ...[this.convolution, this.convolution, this.transposedConvolution, this.pool, this.reduction],
      ...[this.product, this.gram, this.movement, this.movement],
    ];
    for (let i = 0; i < nodes; i++) this.#random.pick(steps).call(this);
  }

  finish(): Graph {
    const last = this.#values.at(-1);
    if (last) this.builder.output(last.id);
    const extra = this.#value(value => value !== last && value.id > 1);
    if (extra && extra !== last && this.#random.below(2) === 0) this.builder.output(extra.id);
    return inferred(this.builder);
  }
}

/** A graph of up to this many operators. */
export function randomGraph(seed: number, nodes: number): Graph {
  const random = new RandomGraph(seed);
  random.grow(nodes);
  return random.finish();
}
