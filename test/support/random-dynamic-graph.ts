// Random graphs of integers, booleans and floats in which some extents are known only at run time: operators whose
// output depends on elements, elementwise chains and reductions behind them, shapes computed from shapes, and
// sequences. The same seed gives the same graph.

import { attr, type GraphBuilder } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Dtype, Graph, Tensor, ValueId } from '../../engine/ir/types.ts';
import { inferred, TestGraph } from './build-graph.ts';
import { Random } from './random.ts';

type Element = 'float32' | 'int32' | 'int64' | 'bool';

interface Known {
  readonly id: ValueId;
  readonly dtype: Element;
  /** values of one family have the same shape at run time, known or not */
  readonly family: number;
  readonly rank: number;
}

const ROWS = 5;
const COLUMNS = 7;

class RandomDynamicGraph {
  readonly builder: GraphBuilder = new TestGraph('random dynamic');
  readonly #random: Random;
  readonly #values: Known[] = [];
  #families = 1;

  constructor(seed: number) {
    this.#random = new Random(seed);
    for (const dtype of ['float32', 'int64', 'int32', 'bool'] as const) {
      const id = this.builder.input(`x_${dtype}`, dtype, [ROWS, COLUMNS]);
      this.#values.push({ id, dtype, family: 0, rank: 2 });
    }
  }

  #value(filter: (value: Known) => boolean): Known | undefined {
    const fitting = this.#values.filter(filter);
    return fitting[fitting.length - 1 - Math.floor(this.#random.next() ** 2 * fitting.length)];
  }

  #like(value: Known, id: ValueId, dtype = value.dtype): void {
    this.#values.push({ ...value, id, dtype });
  }

  #fresh(id: ValueId, dtype: Element, rank: number): void {
    this.#values.push({ id, dtype, rank, family: this.#families++ });
  }

  #ints(numbers: readonly number[]): ValueId {
    return this.builder.constant('ints', tensorOf('int64', [numbers.length], numbers));
  }

  elementwise(): void {
    const a = this.#value(({ dtype }) => dtype !== 'bool');
    const b = a && this.#value(({ dtype, family }) => dtype === a.dtype && family === a.family);
    if (!a || !b) return;
    if (this.#random.pick([true, false]))
      this.#like(a, this.builder.node(this.#random.pick(['Add', 'Sub', 'Max', 'Min']), [a.id, b.id]));
    else
      this.#like(a, this.builder.node(this.#random.pick(['Greater', 'Less', 'Equal']), [a.id, b.id]), 'bool');
  }

  logic(): void {
    const a = this.#value(({ dtype }) => dtype === 'bool');
    const b = a && this.#value(({ dtype, family }) => dtype === 'bool' && family === a.family);
    if (!a || !b) return;
    const op = this.#random.pick(['And', 'Or', 'Xor', 'Not']);
    this.#like(a, this.builder.node(op, op === 'Not' ? [a.id] : [a.id, b.id]));
  }

  choice(): void {
    const c = this.#value(({ dtype }) => dtype === 'bool');
    const a = c && this.#value(({ dtype, family }) => dtype !== 'bool' && family === c.family);
    if (!c || !a) return;
    this.#like(a, this.builder.node('Where', [c.id, a.id, this.builder.node('Neg', [a.id])]));
  }

  cast(): void {
    const a = this.#value(({ dtype }) => dtype !== 'float32');
    if (!a) return;
    const [to, code] = this.#random.pick([
      ['int32', 6],
      ['int64', 7],
      ['bool', 9],
    ] as const);
    this.#like(a, this.builder.node('Cast', [a.id], { attributes: { to: attr.int(code) } }), to);
  }

  found(): void {
    const a = this.#value(({ rank }) => rank === 2);
    if (a) this.#fresh(this.builder.node('NonZero', [a.id]), 'int64', 2);
  }

  distinct(): void {
    const a = this.#value(({ dtype }) => dtype === 'int64' || dtype === 'float32');
    if (!a) return;
    this.#fresh(this.builder.node('Unique', [a.id]), a.dtype, 1);
  }

  compressed(): void {
    const a = this.#value(({ rank, family }) => rank === 2 && family === 0);
    const c = this.#value(({ dtype, rank, family }) => dtype === 'bool' && rank === 2 && family === 0);
    if (!a || !c) return;
    const row = this.builder.node('Gather', [c.id, this.builder.constant('row', tensorOf('int64', [], [1]))]);
    const attributes = { axis: attr.int(1) };
    this.#fresh(this.builder.node('Compress', [a.id, row], { attributes }), a.dtype, 2);
  }

  reshaped(): void {
    const a = this.#value(({ rank }) => rank === 2);
    if (!a) return;
    const shape = this.builder.node('Shape', [a.id]);
    const turned = this.builder.node('Gather', [shape, this.#ints([1, 0])]);
    const op = this.#random.pick(['Reshape', 'ConstantOfShape', 'Transpose']);
    const inputs = { Reshape: [a.id, turned], ConstantOfShape: [turned], Transpose: [a.id] }[op] ?? [];
    const dtype = op === 'ConstantOfShape' ? 'float32' : a.dtype;
    this.#fresh(this.builder.node(op, inputs), dtype, 2);
  }

  cut(): void {
    const a = this.#value(() => true);
    if (!a) return;
    const inputs = [
      a.id,
      this.#ints([this.#random.pick([0, 1, -3])]),
      this.#ints([this.#random.pick([2, 100, -1])]),
    ];
    this.#fresh(this.builder.node('Slice', inputs), a.dtype, a.rank);
  }

  summed(): void {
    const a = this.#value(({ dtype, rank }) => dtype === 'float32' && rank === 2);
    if (!a) return;
    const op = this.#random.pick(['ReduceSum', 'ReduceL1']);
    this.#fresh(this.builder.node(op, [a.id, this.#ints([this.#random.pick([0, 1])])]), 'float32', 2);
  }

  inSequence(): void {
    const a = this.#value(({ dtype }) => dtype !== 'bool');
    const b = a && this.#value(({ dtype, rank }) => dtype === a.dtype && rank === a.rank);
    if (!a || !b) return;
    const sequence = this.builder.node('SequenceConstruct', [a.id, b.id]);
    const at = this.builder.constant('at', tensorOf('int64', [], [this.#random.pick([0, 1, -1])]));
    this.#fresh(this.builder.node('SequenceAt', [sequence, at]), a.dtype, a.rank);
  }

  step(): void {
    const steps = [
      ...['elementwise', 'elementwise', 'elementwise', 'logic', 'choice', 'cast', 'found', 'distinct'],
      ...['compressed', 'reshaped', 'cut', 'summed', 'inSequence'],
    ] as const;
    this[
      this.#random.pick(steps as readonly Exclude<keyof RandomDynamicGraph, 'builder' | 'step' | 'finish'>[])
    ]();
  }

  finish(): Graph {
    for (const { id } of this.#values.slice(-4)) this.builder.output(id);
    return inferred(this.builder);
  }
}

/** A graph of about so many nodes with inputs 'x_DTYPE' of [5, 7]. */
export function randomDynamicGraph(seed: number, steps: number): Graph {
  const graph = new RandomDynamicGraph(seed);
  for (let i = 0; i < steps; i++) graph.step();
  return graph.finish();
}

/** Small whole numbers, so that sums in any order are the same, and many are 0. */
export function wholeTensor(dtype: Dtype, seed: number): Tensor {
  const random = new Random(seed);
  const least = dtype === 'bool' ? 0 : -2;
  const draw = () => (random.chance(0.4) ? 0 : random.below(dtype === 'bool' ? 2 : 5) + least);
  return tensorOf(dtype, [ROWS, COLUMNS], Array.from({ length: ROWS * COLUMNS }, draw));
}
