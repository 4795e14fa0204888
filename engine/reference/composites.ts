// The reference of an operator that is made of others: its calls, one after the other.

import { type Attributes, Composer, callOf, type Expansion } from '../ir/composites/composer.ts';
import type { Dtype, Node, Shape, Tensor } from '../ir/types.ts';
import type { Call, Reference } from './call.ts';

type Evaluate = (node: Node, inputs: readonly (Tensor | undefined)[]) => readonly (Tensor | undefined)[];

/** Calls on tensors. */
class TensorComposer extends Composer<Tensor> {
  readonly #evaluate: Evaluate;

  constructor(call: Call, evaluate: Evaluate) {
    super(call.node, call.inputs);
    this.#evaluate = evaluate;
  }

  shape({ shape }: Tensor): Shape {
    return shape;
  }

  dtype({ dtype }: Tensor): Dtype {
    return dtype;
  }

  known(tensor: Tensor): Tensor {
    return tensor;
  }

  constant(tensor: Tensor): Tensor {
    return tensor;
  }

  outputs(op: string, inputs: readonly (Tensor | undefined)[], attributes: Attributes, count: number) {
    const node = callOf(op, inputs, attributes, count, this.node.name);
    return this.#evaluate(node, inputs).map(tensor => {
      if (tensor === undefined) throw new Error(`${op} gave no output`);
      return tensor;
    });
  }
}

/** `evaluate` runs one plain node. */
export const composed =
  (expand: Expansion, evaluate: Evaluate): Reference =>
  call =>
    expand(new TensorComposer(call, evaluate));
