// An operator that is others put together is written once, as the calls that make it up. The calls can be made on
// types (that is its shape rule), on tensors (its reference) or on values of a graph (what the compiler runs).

import { dtypeInfo } from '../dtypes.ts';
import { attr } from '../graph.ts';
import { ShapeError, Undetermined } from '../ops/errors.ts';
import { elementCount, normalizeAxis, tensorOf } from '../tensor.ts';
import type { Attribute, Dtype, Node, NodeId, Shape, Tensor, ValueId } from '../types.ts';

export type Attributes = Readonly<Record<string, Attribute>>;

/** opset version whose meaning the calls have; com.microsoft has its own count */
export const versionOf = (op: string): number => (op.includes('.') ? 1 : 23);

/** A node for one call of an expansion; inputs are numbered, and omitted where the call omits them. */
export function callOf(
  op: string,
  inputs: readonly unknown[],
  attributes: Attributes,
  count: number,
  name = op,
): Node {
  return {
    id: 0 as NodeId,
    name,
    op,
    version: versionOf(op),
    inputs: inputs.map((input, i) => (input === undefined ? undefined : (i as ValueId))),
    outputs: Array.from({ length: count }, (_, i) => (inputs.length + i) as ValueId),
    attributes,
    origin: [],
  };
}

/** What is there is true, and only what is omitted is not: ids and other numbers, among which is 0, are kept out. */
type Given<V> = V extends object ? V : never;

/**
 * What an expansion is written on. V is a type, a tensor or a value of a graph: an object, so that what is given is
 * true.
 */
export abstract class Composer<V> {
  readonly node: Node;
  /** undefined is an omitted optional input */
  readonly inputs: readonly (V | undefined)[];

  constructor(node: Node, inputs: readonly (Given<V> | undefined)[]) {
    this.node = node;
    this.inputs = inputs;
  }

  /** Throws Undetermined while unknown. */
  abstract shape(value: V): Shape;
  /** Throws Undetermined while unknown. */
  abstract dtype(value: V): Dtype;
  /** Elements of a value where they are known before the model runs. */
  abstract known(value: V): Tensor | undefined;
  abstract constant(tensor: Tensor): V;
  /** Calls an operator with `count` outputs. */
  abstract outputs(
    op: string,
    inputs: readonly (V | undefined)[],
    attributes: Attributes,
    count: number,
  ): V[];

  /** Calls an operator of which the first output matters. */
  apply(op: string, inputs: readonly (V | undefined)[], attributes: Attributes = {}): V {
    const [value] = this.outputs(op, inputs, attributes, 1);
    if (value === undefined) throw new Error(`${op} gave nothing`);
    return value;
  }

  /** An input that must be there. */
  input(index: number): V {
    const value = this.inputs[index];
    if (value !== undefined) return value;
    this.fail(`expected input ${index}, which is not given`);
  }

  fail(message: string): never {
    throw new ShapeError(message, this.node);
  }

  /** Elements that have to be known. Throws Undetermined otherwise. */
  numbers(value: V): number[] {
    const tensor = this.known(value);
    if (tensor === undefined) throw new Undetermined();
    return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  }

  ints(...values: readonly number[]): V {
    // Extents divided by what attributes say.
    if (!values.every(Number.isSafeInteger)) this.fail(`expected whole numbers, found [${values}]`);
    return this.constant(tensorOf('int64', [values.length], values));
  }

  /** A scalar of the type that `like` has. */
  number(value: number, like: V): V {
    return this.constant(tensorOf(this.dtype(like), [], [value]));
  }

  rank(value: V): number {
    return this.shape(value).length;
  }

  /** Axes with the extents `shape`; the same value when it has them. */
  reshape(value: V, shape: Shape): V {
    const now = this.shape(value);
    if (now.length === shape.length && now.every((extent, i) => extent === shape[i])) return value;
    if (elementCount(now) !== elementCount(shape)) this.fail(`[${now}] cannot become [${shape}]`);
    return this.apply('Reshape', [value, this.ints(...shape)], { allowzero: attr.int(1) });
  }

  transpose(value: V, ...order: readonly number[]): V {
    if (order.every((axis, i) => axis === i)) return value;
    return this.apply('Transpose', [value], { perm: attr.ints(order) });
  }

  /** Elements start … end − 1 of one axis. */
  slice(value: V, axis: number, start: number, end: number): V {
    const rank = this.rank(value);
    if (axis < -rank || axis >= rank) this.fail(`expected an axis ${axis}, found ${rank} axes`);
    const at = normalizeAxis(axis, rank);
    if (start === 0 && end === this.shape(value)[at]) return value;
    const bounds = [[start], [end], [at]].map(list => this.ints(...list));
    return this.apply('Slice', [value, ...bounds]);
  }

  concat(axis: number, ...values: readonly V[]): V {
    return values.length === 1 && values[0] !== undefined
      ? values[0]
      : this.apply('Concat', values, { axis: attr.int(axis) });
  }

  cast(value: V, dtype: Dtype): V {
    if (this.dtype(value) === dtype) return value;
    return this.apply('Cast', [value], { to: attr.int(dtypeInfo(dtype).code) });
  }

  /** Sum of what is there. */
  add(first: V, ...others: readonly (V | undefined)[]): V {
    return others.reduce<V>(
      (sum, other) => (other === undefined ? sum : this.apply('Add', [sum, other])),
      first,
    );
  }

  mul(a: V, b: V): V {
    return this.apply('Mul', [a, b]);
  }

  scaled(value: V, factor: number): V {
    return factor === 1 ? value : this.mul(value, this.number(factor, value));
  }

  /** 0, 1, … as int64. */
  counting(count: number): V {
    return this.constant(tensorOf('int64', [count], [...Array(count).keys()]));
  }

  /** (stored − zero) · scale as float32; `axis` where there are several scales. */
  dequantised(stored: V, scale: V, zero: V | undefined, axis = 1): V {
    return this.apply('DequantizeLinear', [stored, scale, zero], { axis: attr.int(axis) });
  }

  quantised(real: V, scale: V, zero: V | undefined): V {
    return this.apply('QuantizeLinear', [real, scale, zero]);
  }
}

/** What `then` makes of an operand that may be left out. Ids begin at 0, so no operand is asked for its truth. */
export const ifGiven = <V, R>(value: V | undefined, then: (value: V) => R): R | undefined =>
  value === undefined ? undefined : then(value);

/** One value per output of the operator; undefined where it has none. */
export type Expansion = <V>(compose: Composer<V>) => readonly (V | undefined)[];
