// Operators made of others as entries of the operator table: their shape rule is that of the calls they consist of.

import type {
  DtypeRule,
  InferContext,
  OperatorDefinition,
  OperatorKind,
  ValueType,
} from '../ops/definition.ts';
import { Undetermined } from '../ops/errors.ts';
import type { Dtype, Node, Shape, Tensor } from '../types.ts';
import { type Attributes, Composer, callOf, type Expansion } from './composer.ts';

interface Typed {
  readonly type: ValueType;
  readonly tensor?: Tensor | undefined;
}

type Find = (op: string, version: number) => OperatorDefinition | undefined;

/** Calls on types alone. */
class TypeComposer extends Composer<Typed> {
  readonly #find: Find;

  constructor(node: Node, inputs: readonly (Typed | undefined)[], find: Find) {
    super(node, inputs);
    this.#find = find;
  }

  shape({ type }: Typed): Shape {
    if (type.shape === undefined) throw new Undetermined();
    return type.shape;
  }

  dtype({ type }: Typed): Dtype {
    if (type.dtype === undefined) throw new Undetermined();
    return type.dtype;
  }

  known({ tensor }: Typed): Tensor | undefined {
    return tensor;
  }

  constant(tensor: Tensor): Typed {
    return { type: { dtype: tensor.dtype, shape: tensor.shape }, tensor };
  }

  outputs(op: string, inputs: readonly (Typed | undefined)[], attributes: Attributes, count: number) {
    const node = callOf(op, inputs, attributes, count, this.node.name);
    const definition = this.#find(op, node.version);
    if (definition === undefined) throw new Error(`${this.node.op} is made of ${op}, which is unknown`);
    const types = definition.infer({
      node,
      inputs: inputs.map(input => input?.type),
      constant: index => inputs[index]?.tensor,
      body: () => [],
    });
    return types.map((type): Typed => ({ type }));
  }
}

/** An operator that is others put together. */
export interface Composite {
  readonly op: string;
  readonly kind: OperatorKind;
  readonly expand: Expansion;
  /** types of the outputs while shapes are unknown */
  readonly dtypes?: DtypeRule;
}

function inferThrough({ expand, dtypes }: Composite, find: Find, context: InferContext): ValueType[] {
  const inputs = context.inputs.map((type, i) => type && { type, tensor: context.constant(i) });
  try {
    const results = expand(new TypeComposer(context.node, inputs, find));
    return context.node.outputs.map((_, i): ValueType => results[i]?.type ?? {});
  } catch (error) {
    if (!(error instanceof Undetermined)) throw error;
    const known = dtypes?.(context) ?? [];
    return context.node.outputs.map((_, i): ValueType => ({ dtype: known[i] }));
  }
}

/** The entry of the operator table; `find` looks up the operators it is made of. */
export const definitionOf = (composite: Composite, find: Find): OperatorDefinition => ({
  op: composite.op,
  since: 1,
  until: Number.POSITIVE_INFINITY,
  kind: composite.kind,
  dataDependent: false,
  shapeOnly: false,
  random: () => false,
  infer: context => inferThrough(composite, find, context),
  expand: composite.expand,
});
