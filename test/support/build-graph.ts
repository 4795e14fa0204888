// Small graphs for the compiler's tests: built node by node, shapes inferred as for any model.

import { GraphBuilder } from '../../engine/ir/graph.ts';
import { tensorOf } from '../../engine/ir/tensor.ts';
import type { Graph, Model, Shape, Tensor } from '../../engine/ir/types.ts';
import { inferShapes } from '../../engine/passes/shapes/infer.ts';
import { seededRandom } from '../../engine/random.ts';

export const noFiles = (): never => {
  throw new Error('this graph has no files');
};

/** A model around a graph built in code; `rest` overrides what the tests have no opinion on. */
export const modelOf = (graph: Graph, rest: Partial<Omit<Model, 'graph'>> = {}): Model => ({
  graph,
  format: 'sample',
  irVersion: 10,
  opsets: { '': 21 },
  producer: 'test',
  metadata: {},
  diagnostics: [],
  ...rest,
});

/** The builder's graph with every shape inferred; fails on any diagnostic. */
export function inferred(builder: GraphBuilder): Graph {
  const { graph, diagnostics } = inferShapes(modelOf(builder.build()), {}, noFiles);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return graph;
}

/** Seeded float32 values in [−scale, scale). */
export function randomTensor(shape: Shape, seed: number, scale = 1): Tensor {
  const random = seededRandom(seed);
  const count = shape.reduce((product, extent) => product * extent, 1);
  return tensorOf(
    'float32',
    shape,
    Array.from({ length: count }, () => (2 * random() - 1) * scale),
  );
}

/** A builder with the constants that tests need most. */
export class TestGraph extends GraphBuilder {
  #seed = 1;

  weight(shape: Shape, scale = 1): ReturnType<GraphBuilder['constant']> {
    return this.constant(`w${this.#seed}`, randomTensor(shape, this.#seed++, scale));
  }

  ints(...numbers: number[]): ReturnType<GraphBuilder['constant']> {
    return this.constant(`ints${this.#seed++}`, tensorOf('int64', [numbers.length], numbers));
  }

  number(value: number): ReturnType<GraphBuilder['constant']> {
    return this.constant(`number${this.#seed++}`, tensorOf('float32', [], [value]));
  }
}
