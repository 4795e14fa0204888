// What the sample architectures are written in: a graph under construction together with its seeded weights.
// Weights are spread evenly with the variance that keeps activations of order 1 through any depth:
// 2 / fan-in behind a ReLU (He et al., arXiv 1502.01852), 1 / fan-in otherwise.

import { GraphBuilder, type NodeOptions } from '../ir/graph.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Dtype, Model, Shape, ValueId } from '../ir/types.ts';
import { Random } from './random.ts';

/** A sample under construction: the same seed gives the same weights on every machine. */
export class Network {
  readonly graph: GraphBuilder;
  readonly #random: Random;
  readonly #opset: number;
  readonly #shared = new Map<string, ValueId>();

  constructor(name: string, options: { readonly seed: number; readonly opset: number }) {
    this.graph = new GraphBuilder(name, { version: options.opset });
    this.#random = new Random(options.seed);
    this.#opset = options.opset;
  }

  input(name: string, dtype: Dtype, shape: Shape): ValueId {
    return this.graph.input(name, dtype, shape);
  }

  /** One operator; its output has the node's name. */
  op(
    name: string,
    op: string,
    inputs: readonly (ValueId | undefined)[],
    attributes: NodeOptions['attributes'] = {},
  ): ValueId {
    return this.graph.node(op, inputs, { name, attributes, outputs: [name] });
  }

  /** A weight whose sums over `fanIn` products have `gain` times the variance of one product's input. */
  weight(name: string, shape: Shape, fanIn: number, gain: number): ValueId {
    // An even spread over ±b has variance b²/3.
    const bound = Math.sqrt((3 * gain) / fanIn);
    return this.spread(name, shape, -bound, bound);
  }

  /** A constant with elements evenly spread over [low, high). */
  spread(name: string, shape: Shape, low: number, high: number): ValueId {
    const data = this.#random.uniform(elementCount(shape), low, high);
    return this.graph.constant(name, { dtype: 'float32', shape, data });
  }

  floats(name: string, shape: Shape, data: Float32Array): ValueId {
    return this.graph.constant(name, { dtype: 'float32', shape, data });
  }

  /** A float32 scalar; asked for again under the same name it is the same constant. */
  scalar(name: string, value: number): ValueId {
    return this.#once(name, () => this.floats(name, [], Float32Array.of(value)));
  }

  /** int64 numbers (shapes, axes, indices), shared like scalars; a vector unless `shape` says otherwise. */
  ints(name: string, values: readonly number[], shape: Shape = [values.length]): ValueId {
    const data = BigInt64Array.from(values, BigInt);
    return this.#once(name, () => this.graph.constant(name, { dtype: 'int64', shape, data }));
  }

  /** Finishes the graph with these outputs. */
  model(outputs: readonly ValueId[]): Model {
    for (const id of outputs) this.graph.output(id);
    return {
      graph: this.graph.build(),
      format: 'sample',
      irVersion: 8,
      opsets: { '': this.#opset },
      producer: 'arenascope',
      metadata: {},
      diagnostics: [],
    };
  }

  #once(name: string, make: () => ValueId): ValueId {
    const id = this.#shared.get(name) ?? make();
    this.#shared.set(name, id);
    return id;
  }
}
