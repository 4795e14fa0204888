// A random model that is computed while it grows: every node is run by the interpreter before it is taken, so its
// shapes fit, its numbers stay moderate, and what each value should hold is known. The same seed gives the same model.

import { NodeError } from '../../engine/ir/attributes.ts';
import { callOf } from '../../engine/ir/composites/composer.ts';
import { GraphBuilder, NodeIds } from '../../engine/ir/graph.ts';
import { elementCount, tensorOf } from '../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Graph, Shape, Tensor, ValueId } from '../../engine/ir/types.ts';
import { evaluateNode } from '../../engine/reference/interpreter.ts';
import { noFiles } from '../support/build-graph.ts';
import { Random } from '../support/random.ts';

export interface Known {
  readonly id: ValueId;
  readonly tensor: Tensor;
  /** computed without rounding, so that every engine has the same elements */
  readonly exact: boolean;
}

export const rankOf = ({ tensor }: Known): number => tensor.shape.length;

/** A node to try. */
export interface Proposal {
  readonly op: string;
  readonly inputs: readonly (Known | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  readonly version?: number;
  /** moves or compares elements, or computes with integers: exact where its inputs are */
  readonly exact?: boolean;
}

export type Step = (model: RandomModel) => Proposal | undefined;

const LARGEST = 1e3;
const MOST_ELEMENTS = 4096;

/** Large numbers and NaN make rounding count. */
function isModerate({ dtype, shape, data }: Tensor): boolean {
  if (elementCount(shape) > MOST_ELEMENTS) return false;
  if (dtype === 'string') return false;
  return Array.from(data as ArrayLike<number | bigint>, Number).every(x => Math.abs(x) <= LARGEST);
}

export class RandomModel extends Random {
  /** shared with bodies, so that names are unique in the whole model */
  readonly ids = new NodeIds();
  readonly builder: GraphBuilder;
  readonly inputs: Tensor[] = [];
  /** in the order they were made */
  readonly computed: Known[] = [];
  readonly #values: Known[] = [];

  constructor(seed: number) {
    super(seed);
    this.builder = new GraphBuilder(`random ${seed}`, { version: 21, ids: this.ids });
    const n = 1 + this.below(2);
    const image = [n, this.pick([1, 2, 3, 4, 8, 12]), 2 + this.below(7), 2 + this.below(7)];
    const rows = [n, 1 + this.below(6), this.pick([1, 3, 4, 8, 16])];
    this.#input('image', this.floats(image));
    this.#input('rows', this.floats(rows));
    this.#input('counts', this.integers('int64', [3, 4], 5));
    this.#input('bytes', this.integers(this.pick(['uint8', 'int8']), image, 50));
    this.#input('flags', this.integers('bool', rows, 2));
  }

  #input(name: string, tensor: Tensor): void {
    const id = this.builder.input(name, tensor.dtype, tensor.shape);
    this.inputs.push(tensor);
    this.#values.push({ id, tensor, exact: true });
  }

  /** What a body may read by name. */
  #named(name: string): Tensor | undefined {
    const id = this.builder.find(name);
    const known = id === undefined ? undefined : this.builder.get(id).constant;
    if (known?.kind === 'inline') return known.tensor;
    return this.#values.find(value => value.id === id)?.tensor;
  }

  /** Multiples of 1/64 in [−2, 2): exact in every float type. */
  floats(shape: Shape, scale = 2): Tensor {
    const values = Array.from(
      { length: elementCount(shape) },
      () => (Math.floor((2 * this.next() - 1) * 64) / 64) * scale,
    );
    return tensorOf('float32', shape, values);
  }

  /** Whole numbers below `limit`; signed types have as many below 0. */
  integers(dtype: Dtype, shape: Shape, limit: number): Tensor {
    const least = dtype.startsWith('int') ? -limit : 0;
    const values = Array.from({ length: elementCount(shape) }, () => least + this.below(limit - least));
    return tensorOf(dtype, shape, values);
  }

  /** Newer values more often, so that chains form. */
  value(fits: (tensor: Tensor, exact: boolean) => boolean): Known | undefined {
    const fitting = this.#values.filter(({ tensor, exact }) => fits(tensor, exact));
    return fitting[fitting.length - 1 - Math.floor(this.next() ** 2 * fitting.length)];
  }

  float(rank?: number): Known | undefined {
    return this.value(
      ({ dtype, shape, data }) =>
        dtype === 'float32' && data.length > 0 && (rank === undefined || shape.length === rank),
    );
  }

  constant(tensor: Tensor): Known {
    return { id: this.builder.constant('constant', tensor), tensor, exact: true };
  }

  ints(...numbers: readonly number[]): Known {
    return this.constant(tensorOf('int64', [numbers.length], numbers));
  }

  scalar(dtype: Dtype, value: number): Known {
    return this.constant(tensorOf(dtype, [], [value]));
  }

  /** Appends the node when the interpreter can run it and its results are moderate. */
  take(proposal: Proposal): readonly Known[] {
    const { op, inputs, attributes = {}, outputs = 1, version = 21, exact = false } = proposal;
    const node = { ...callOf(op, inputs, attributes, outputs), version };
    let results: readonly (Tensor | undefined)[];
    try {
      results = evaluateNode(
        node,
        inputs.map(input => input?.tensor),
        { read: noFiles, outer: name => this.#named(name) },
      );
    } catch (error) {
      if (error instanceof NodeError) return [];
      throw error;
    }
    const tensors = results.slice(0, outputs).flatMap(tensor => tensor ?? []);
    if (tensors.length < outputs || !tensors.every(isModerate)) return [];
    const ids = this.builder.nodes(
      op,
      inputs.map(input => input?.id),
      { attributes, version, outputs: tensors.map((_, i) => `y${this.computed.length + i}`) },
    );
    const same = exact && inputs.every(input => input === undefined || input.exact);
    const taken = tensors.flatMap((tensor, i): Known[] => {
      const id = ids[i];
      return id === undefined ? [] : [{ id, tensor, exact: same }];
    });
    this.#values.push(...taken);
    this.computed.push(...taken);
    return taken;
  }

  /** The graph with these values as outputs. */
  graph(outputs: readonly Known[]): Graph {
    return { ...this.builder.build(), outputs: outputs.map(({ id }) => id) };
  }
}

/** A model of about so many nodes. */
export function randomModel(seed: number, nodes: number, steps: readonly Step[]): RandomModel {
  const model = new RandomModel(seed);
  for (let tries = 0; model.computed.length < nodes && tries < 8 * nodes; tries++) {
    const proposal = model.pick(steps)(model);
    if (proposal) model.take(proposal);
  }
  return model;
}
