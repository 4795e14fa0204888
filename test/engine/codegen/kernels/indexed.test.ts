// Gather and scatter against the interpreter: any axis, indices of any shape, constant or computed, from the end too.

import { describe, it } from 'vitest';
import { attr } from '../../../../engine/ir/graph.ts';
import { tensorOf } from '../../../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Shape, Tensor } from '../../../../engine/ir/types.ts';
import { inferred, TestGraph } from '../../../support/build-graph.ts';
import { expectCompiled } from '../../../support/expect-compiled.ts';
import { Random } from '../../../support/random.ts';

class Choices extends Random {
  extents(rank: number): number[] {
    return Array.from({ length: rank }, () => this.whole(1, 11));
  }

  tensor(dtype: Dtype, shape: Shape, element: (at: number) => number): Tensor {
    const count = shape.reduce((a, b) => a * b, 1);
    return tensorOf(
      dtype,
      shape,
      Array.from({ length: count }, (_, at) => element(at)),
    );
  }

  values(dtype: Dtype, shape: Shape): Tensor {
    const special = [Number.NaN, Number.POSITIVE_INFINITY, -0];
    const real = dtype === 'float32' || dtype === 'float64';
    return this.tensor(dtype, shape, () =>
      real && this.chance(0.1) ? this.pick(special) : this.whole(0, dtype === 'bool' ? 1 : 99),
    );
  }

  /** Indices into axes of these extents, the last axis of `shape` going through them. */
  indices(shape: Shape, extents: readonly number[]): Tensor {
    return this.tensor(this.pick(['int32', 'int64'] as const), shape, at => {
      const extent = extents[at % extents.length] ?? 1;
      return this.whole(-extent, extent - 1);
    });
  }
}

const TYPES: readonly Dtype[] = ['float32', 'int32', 'uint8', 'float16', 'int64', 'float64', 'bool'];

function check(
  label: string,
  op: string,
  choices: Choices,
  [data, indices, updates]: readonly [Tensor, Tensor, Tensor?],
  attributes: Readonly<Record<string, Attribute>>,
): void {
  const graph = new TestGraph('indexed');
  const inputs = [data];
  const x = graph.input('data', data.dtype, data.shape);
  const constant = choices.chance(0.5);
  if (!constant) inputs.push(indices);
  const i = constant
    ? graph.constant('indices', indices)
    : graph.input('indices', indices.dtype, indices.shape);
  const u = updates && graph.input('updates', updates.dtype, updates.shape);
  if (updates) inputs.push(updates);
  graph.output(graph.node(op, u === undefined ? [x, i] : [x, i, u], { attributes }));
  expectCompiled(inferred(graph), inputs, `${op} ${label}`, () => 0);
}

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

it('picks slices', () => {
  for (const seed of SEEDS) {
    const choices = new Choices(seed);
    const shape = choices.extents(choices.whole(1, 4));
    const axis = choices.whole(0, shape.length - 1);
    const indices = choices.indices(choices.extents(choices.whole(0, 2)), [shape[axis] ?? 1]);
    const data = choices.values(choices.pick(TYPES), shape);
    check(`seed ${seed}`, 'Gather', choices, [data, indices], { axis: attr.int(axis) });
  }
});

it('picks elements', () => {
  for (const seed of SEEDS) {
    const choices = new Choices(seed);
    const shape = choices.extents(choices.whole(1, 4));
    const axis = choices.whole(0, shape.length - 1);
    const to = shape.map((extent, at) => choices.whole(1, at === axis ? 9 : extent));
    const indices = choices.indices(to, [shape[axis] ?? 1]);
    const data = choices.values(choices.pick(TYPES), shape);
    check(`seed ${seed}`, 'GatherElements', choices, [data, indices], { axis: attr.int(axis) });
  }
});

it('picks by tuples', () => {
  for (const seed of SEEDS) {
    const choices = new Choices(seed);
    const shape = choices.extents(choices.whole(1, 4));
    const batch = choices.whole(0, shape.length - 1);
    const width = choices.whole(1, shape.length - batch);
    const rows = [...shape.slice(0, batch), ...choices.extents(choices.whole(batch === 0 ? 0 : 1, 2))];
    const indices = choices.indices([...rows, width], shape.slice(batch, batch + width));
    const data = choices.values(choices.pick(TYPES), shape);
    check(`seed ${seed}`, 'GatherND', choices, [data, indices], { batch_dims: attr.int(batch) });
  }
});

/** Sums of narrow floats are rounded in between by the interpreter only. */
const COMBINED: readonly Dtype[] = ['float32', 'int32', 'uint8', 'int64', 'float64'];

describe.each(['none', 'add', 'mul', 'min', 'max'])('puts, %s', reduction => {
  const types = reduction === 'none' ? TYPES : COMBINED;
  const attributes = { reduction: attr.string(reduction) };

  it('elements', () => {
    for (const seed of SEEDS) {
      const choices = new Choices(seed);
      const shape = choices.extents(choices.whole(1, 4));
      const axis = choices.whole(0, shape.length - 1);
      const from = shape.map((extent, at) => choices.whole(1, at === axis ? 9 : extent));
      const indices = choices.indices(from, [shape[axis] ?? 1]);
      const dtype = choices.pick(types);
      const operands = [choices.values(dtype, shape), indices, choices.values(dtype, from)] as const;
      check(`seed ${seed}`, 'ScatterElements', choices, operands, { ...attributes, axis: attr.int(axis) });
    }
  });

  it('by tuples', () => {
    for (const seed of SEEDS) {
      const choices = new Choices(seed);
      const shape = choices.extents(choices.whole(1, 4));
      const width = choices.whole(1, shape.length);
      const rows = choices.extents(choices.whole(0, 2));
      const indices = choices.indices([...rows, width], shape.slice(0, width));
      const dtype = choices.pick(types);
      const fresh = choices.values(dtype, [...rows, ...shape.slice(width)]);
      check(`seed ${seed}`, 'ScatterND', choices, [choices.values(dtype, shape), indices, fresh], attributes);
    }
  });
});
