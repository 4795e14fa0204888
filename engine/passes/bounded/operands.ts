// A node as the rules for run-time extents see it, and what they say of it.

import { intsAttribute } from '../../ir/attributes.ts';
import type { Composer } from '../../ir/composites/composer.ts';
import { valueOf } from '../../ir/graph.ts';
import { constantNumbers } from '../../ir/patch.ts';
import type { Graph, Node, Shape, ValueId } from '../../ir/types.ts';
import type { Extent, Extents } from './extent.ts';

/** What lies beyond the extent of an input's axis counts: it has to hold this number. */
export interface Mask {
  readonly input: number;
  readonly axis: number;
  /** infinities: the smallest and the largest number that the type has */
  readonly fill: number;
}

/** Numbers of a run, for what is computed at capacity. */
export interface RunTimeExtents<V> {
  /** an int64 scalar */
  readonly extent: (label: Extent) => V;
  /** bool that broadcasts to `shape`: which places lie within all extents given for axes, at least one */
  readonly within: (labels: Extents, shape: Shape) => V;
}

/** Other calls that compute the same at capacity; the composer's inputs are there, masked. */
export type Lowering = <V>(c: Composer<V>, run: RunTimeExtents<V>) => readonly (V | undefined)[];

/** Extents of the results, and how they are computed at capacity. */
export interface Along {
  readonly outputs: readonly Extents[];
  readonly masks?: readonly Mask[];
  readonly lower?: Lowering;
  /** the extents are known, but what lies beyond them would be in the way: computed on true extents */
  readonly interpreted?: boolean;
}

/** What an operator makes of run-time extents; undefined where it is not parallel along them. */
export type Rule = (operands: Operands) => Along | undefined;

/** Elements of small integer tensors that count extents. */
export type Counts = readonly (number | Extent | undefined)[];

/** What is known of the graph's values. */
export interface Known {
  readonly extents: ReadonlyMap<ValueId, Extents>;
  readonly counts: ReadonlyMap<ValueId, Counts>;
}

/** A node's operands as rules look at them. */
export class Operands {
  readonly graph: Graph;
  readonly node: Node;
  readonly #known: Known;

  constructor(graph: Graph, node: Node, known: Known) {
    this.graph = graph;
    this.node = node;
    this.#known = known;
  }

  has(input: number): boolean {
    return this.node.inputs[input] !== undefined;
  }

  shape(input: number): Shape {
    const id = this.node.inputs[input];
    return id === undefined ? [] : (valueOf(this.graph, id).shape ?? []);
  }

  extents(input: number): Extents {
    const id = this.node.inputs[input];
    const found = id === undefined ? undefined : this.#known.extents.get(id);
    return found ?? this.shape(input).map(() => undefined);
  }

  /** Whether an input has no extent of its own: its shape holds for every run. */
  isFixed(input: number): boolean {
    return !this.extents(input).some(Boolean);
  }

  othersFixed(...inputs: number[]): boolean {
    return this.node.inputs.every((_, i) => inputs.includes(i) || this.isFixed(i));
  }

  numbers(input: number): readonly number[] | undefined {
    return constantNumbers(this.graph, this.node.inputs[input]);
  }

  /** Elements of an input that tells a shape or an amount. */
  counts(input: number): Counts | undefined {
    const id = this.node.inputs[input];
    return id === undefined ? undefined : (this.#known.counts.get(id) ?? this.numbers(input));
  }

  outputShape(output = 0): Shape {
    const id = this.node.outputs[output];
    return id === undefined ? [] : (valueOf(this.graph, id).shape ?? []);
  }

  /** Axes of a result that differ from run to run. */
  openAxes(output = 0): readonly number[] {
    const id = this.node.outputs[output];
    const bounded = id === undefined ? [] : (valueOf(this.graph, id).bounded ?? []);
    return bounded.flatMap((is, axis) => (is ? [axis] : []));
  }

  /** Axes from an attribute or, in later versions, an input. */
  axes(input: number): readonly number[] | undefined {
    return intsAttribute(this.node, 'axes') ?? this.numbers(input);
  }

  singleOutput(): boolean {
    return this.node.outputs.slice(1).every(id => id === undefined);
  }
}
