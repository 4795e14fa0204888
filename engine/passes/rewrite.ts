// One node written out in several: the drafts are collected step by step, the last one makes the node's own output.

import { dtypeInfo } from '../ir/dtypes.ts';
import { attr } from '../ir/graph.ts';
import type { NodeDraft, Patch } from '../ir/patch.ts';
import { broadcastShapes, normalizeAxis, tensorOf } from '../ir/tensor.ts';
import type { Attribute, Dtype, Node, Shape, ValueId } from '../ir/types.ts';

/** opset version whose meaning the written nodes have */
const VERSION = 13;

/** The nodes that one node is written out in. */
export class Rewrite {
  readonly patch: Patch;
  readonly node: Node;
  readonly #drafts: NodeDraft[] = [];

  constructor(patch: Patch, node: Node) {
    this.patch = patch;
    this.node = node;
  }

  /** An input that must be there. */
  input(index: number): ValueId {
    const id = this.node.inputs[index];
    if (id === undefined) throw new Error(`${this.node.name} has no input ${index}`);
    return id;
  }

  shape(id: ValueId): Shape {
    return this.patch.get(id).shape ?? [];
  }

  number(value: number): ValueId {
    return this.patch.constant(`${this.node.name}/number`, tensorOf('float32', [], [value]));
  }

  /** Adds a node with one output of this type. */
  step(
    op: string,
    inputs: readonly (ValueId | undefined)[],
    type: { readonly shape: Shape; readonly dtype?: Dtype },
    attributes: Readonly<Record<string, Attribute>> = {},
  ): ValueId {
    const name = `${this.node.name}/${op.toLowerCase()}`;
    const value = this.patch.value({ name, dtype: type.dtype ?? 'float32', shape: type.shape });
    this.#drafts.push({ op, version: VERSION, inputs, outputs: [value], attributes });
    return value;
  }

  /** Adds a node with several float32 outputs. */
  steps(
    op: string,
    inputs: readonly (ValueId | undefined)[],
    shapes: readonly Shape[],
    attributes: Readonly<Record<string, Attribute>>,
  ): ValueId[] {
    const outputs = shapes.map((shape, i) =>
      this.patch.value({ name: `${this.node.name}/${op.toLowerCase()}/${i}`, dtype: 'float32', shape }),
    );
    this.#drafts.push({ op, version: VERSION, inputs, outputs, attributes });
    return outputs;
  }

  /** An elementwise node over float32 operands that broadcast. */
  apply(op: string, ...inputs: readonly ValueId[]): ValueId {
    const shape = inputs.map(id => this.shape(id)).reduce((a, b) => broadcastShapes(a, b) ?? a);
    return this.step(op, inputs, { shape });
  }

  /** The node itself, of one output, over other operands: that of its first output as shape says. */
  again(inputs: readonly (ValueId | undefined)[], shape: Shape): ValueId {
    const { op, version, attributes, outputs } = this.node;
    const { name, dtype } = this.patch.get(outputs[0] ?? this.input(0));
    const value = this.patch.value({ name: `${name}/again`, shape, ...(dtype && { dtype }) });
    this.#drafts.push({ op, version, attributes, inputs, outputs: [value] });
    return value;
  }

  cast(id: ValueId, dtype: Dtype): ValueId {
    if (this.patch.get(id).dtype === dtype) return id;
    const to = attr.int(dtypeInfo(dtype).code);
    return this.step('Cast', [id], { shape: this.shape(id), dtype }, { to });
  }

  reshape(id: ValueId, shape: Shape): ValueId {
    const { dtype = 'float32' } = this.patch.get(id);
    const target = this.patch.ints(`${this.node.name}/shape`, shape);
    return this.step('Reshape', [id, target], { shape, dtype });
  }

  /** Elements [from, to) along an axis. */
  part(id: ValueId, axis: number, from: number, to: number): ValueId {
    const [shape, { dtype = 'float32' }] = [this.shape(id), this.patch.get(id)];
    const at = normalizeAxis(axis, shape.length);
    if (from === 0 && to === shape[at]) return id;
    const bounds = [from, to, at].map(number => this.patch.ints(`${this.node.name}/part`, [number]));
    return this.step('Slice', [id, ...bounds], { shape: shape.with(at, to - from), dtype });
  }

  /** Puts the nodes in the old one's place; `results` were made by steps, one for each of its outputs. */
  finish(...results: readonly ValueId[]): void {
    const renamed = new Map(results.map((id, i) => [id, this.node.outputs[i] ?? id]));
    const as = (id: ValueId | undefined) => (id === undefined ? undefined : (renamed.get(id) ?? id));
    this.patch.replace(
      this.node,
      this.#drafts.map(draft => ({
        ...draft,
        inputs: draft.inputs.map(as),
        outputs: draft.outputs.map(as),
      })),
    );
  }
}
