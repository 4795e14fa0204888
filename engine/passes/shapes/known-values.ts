// What is known of a graph's values while shapes are inferred: their types, elements where they are few, and between
// what elements lie that count extents. A body sees by name what is known around it.

import { constantDtype, constantShape, loadConstant } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import type { ValueType } from '../../ir/ops/definition.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Graph, Node, Tensor, Value, ValueId } from '../../ir/types.ts';
import type { ElementRange } from './element-ranges.ts';

/** What a body sees of the graph around it. */
export interface Outer {
  readonly type: (name: string) => ValueType | undefined;
  readonly tensor: (name: string) => Tensor | undefined;
}

/** The values of one graph, filling up in execution order. */
export class KnownValues {
  readonly values: (Value | undefined)[];
  readonly ranges = new Map<ValueId, ElementRange>();
  readonly #graph: Graph;
  readonly #read: ReadBytes;
  readonly #mostElements: number;
  readonly #outer: Outer | undefined;
  readonly #tensors = new Map<ValueId, Tensor>();
  readonly #byName = new Map<string, ValueId>();
  /** what gets its shape while the model runs, whatever the file says about it */
  readonly #open = new Set<ValueId>();

  /** Tensors of more than `mostElements` are not looked at. */
  constructor(graph: Graph, read: ReadBytes, mostElements: number, outer?: Outer) {
    this.#graph = graph;
    this.#read = read;
    this.#mostElements = mostElements;
    this.#outer = outer;
    this.values = [...graph.values];
    for (const value of graph.values) if (value) this.#byName.set(value.name, value.id);
    for (const [id, name] of graph.captures ?? []) {
      const type = outer?.type(name);
      if (type) this.settle(id, type);
    }
  }

  /** Adds what became known about a value; undefined fields leave it as it was. */
  refine(id: ValueId, { dtype, shape, bounded, container }: ValueType): void {
    const { bounded: before, ...value } = this.#valueOf(id);
    const limits = shape ? bounded : before;
    this.values[id] = {
      ...value,
      ...(dtype && { dtype }),
      ...(shape && { shape }),
      ...(limits?.includes(true) && { bounded: limits }),
      ...(container && { container }),
    };
  }

  /** The same, and without a shape when the type has none: what the file declares does not count. */
  settle(id: ValueId, type: ValueType): void {
    if (!type.shape) {
      this.#forgetShape(id);
      this.#open.add(id);
    }
    this.refine(id, type);
  }

  /** The value is this tensor. */
  fix(id: ValueId, tensor: Tensor): void {
    const constant = { kind: 'inline', tensor } as const;
    this.refine(id, { dtype: constantDtype(constant), shape: constantShape(constant) });
    this.values[id] = { ...this.#valueOf(id), constant };
    this.#open.delete(id);
  }

  /** What the file says about the results of a node that has none does not count. */
  forget(node: Node): void {
    for (const id of node.outputs) if (id !== undefined) this.#forgetShape(id);
  }

  /** Whether its shape is known, or known to be open. Else it hangs on an unbound dimension, or an unknown operator. */
  isCertain(id: ValueId): boolean {
    const value = this.values[id];
    return this.#open.has(id) || value?.shape !== undefined || value?.container !== undefined;
  }

  typeOf = (id: ValueId): ValueType => {
    const { dtype, shape, bounded, container } = this.#valueOf(id);
    return { dtype, shape, bounded, container };
  };

  /** Elements of a value, when they are known and few. */
  tensorOf = (id: ValueId): Tensor | undefined => {
    const known = this.#tensors.get(id);
    if (known !== undefined) return known;
    const captured = this.#graph.captures?.get(id);
    if (captured !== undefined) return this.#outer?.tensor(captured);
    const constant = this.values[id]?.constant;
    if (constant === undefined || elementCount(constantShape(constant)) > this.#mostElements)
      return undefined;
    const tensor = loadConstant(constant, this.#read);
    this.#tensors.set(id, tensor);
    return tensor;
  };

  /** What the bodies of this graph's nodes see. */
  readonly seenInside: Outer = {
    type: name => {
      const id = this.#byName.get(name);
      return id === undefined ? this.#outer?.type(name) : this.typeOf(id);
    },
    tensor: name => {
      const id = this.#byName.get(name);
      return id === undefined ? this.#outer?.tensor(name) : this.tensorOf(id);
    },
  };

  #forgetShape(id: ValueId): void {
    const { shape: _, bounded: __, ...value } = this.#valueOf(id);
    this.values[id] = value;
  }

  #valueOf(id: ValueId): Value {
    const value = this.values[id];
    if (value === undefined) throw new Error(`graph ${this.#graph.name} has no value ${id}`);
    return value;
  }
}
