// Between dequantisation and quantisation, what only moves elements moves the stored ones: a quarter of the bytes. So
// dequantisation stands directly before what computes, once for every reader, which does it while it reads; and
// quantisation with the parameters that a value was dequantised with gives the stored value back.

import { floatAttribute, intAttribute, stringAttribute } from '../../ir/attributes.ts';
import { loadConstant } from '../../ir/constants/constant.ts';
import { consumersOf } from '../../ir/graph.ts';
import { type NodeDraft, Patch } from '../../ir/patch.ts';
import { elementCount, numbersOf } from '../../ir/tensor.ts';
import type { Dtype, Graph, Node, ValueId } from '../../ir/types.ts';
import type { Pass, PassContext } from '../pass.ts';

export const moveStored: Pass = {
  name: 'move stored numbers',
  run: (graph, context) => {
    if (!graph.nodes.some(isDequantisation)) return graph;
    const moved = new Movement(graph, context).run();
    return eachReader(moved);
  },
};

/** In either domain. */
export const isDequantisation = ({ op }: Node): boolean =>
  op === 'DequantizeLinear' || op === 'com.microsoft.DequantizeLinear';
const isQuantisation = ({ op }: Node): boolean =>
  op === 'QuantizeLinear' || op === 'com.microsoft.QuantizeLinear';

/** Inputs that are moved; all that Concat has. */
type Moves = (node: Node) => boolean;

/** Operators whose results are elements of their first input (of all, for Concat), or the largest of them. */
const MOVING: Readonly<Record<string, Moves>> = {
  Concat: () => true,
  DepthToSpace: () => true,
  Expand: () => true,
  Flatten: () => true,
  Gather: () => true,
  Identity: () => true,
  MaxPool: node => node.outputs.slice(1).every(id => id === undefined),
  Reshape: () => true,
  Resize: node => stringAttribute(node, 'mode', 'nearest') === 'nearest' && !extrapolates(node),
  Slice: () => true,
  SpaceToDepth: () => true,
  Split: () => true,
  Squeeze: () => true,
  Tile: () => true,
  Transpose: () => true,
  Unsqueeze: () => true,
};

const extrapolates = (node: Node): boolean =>
  stringAttribute(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize' ||
  floatAttribute(node, 'extrapolation_value', 0) !== 0;

/** Stored numbers of 8 bits with one scale and zero point, known now. */
interface Stored {
  readonly stored: ValueId;
  readonly node: Node;
  readonly dtype: Dtype;
  readonly scale: number;
  readonly zero: number;
}

const alike = (a: Omit<Stored, 'stored' | 'node'>, b: Omit<Stored, 'stored' | 'node'>): boolean =>
  a.dtype === b.dtype && a.scale === b.scale && a.zero === b.zero;

/** Goes through the graph once, in order of execution. */
class Movement {
  readonly #graph: Graph;
  readonly #patch: Patch;
  readonly #context: PassContext;
  /** dequantised values */
  readonly #known = new Map<ValueId, Stored>();

  constructor(graph: Graph, context: PassContext) {
    this.#graph = graph;
    this.#patch = new Patch(graph);
    this.#context = context;
  }

  run(): Graph {
    for (const node of this.#graph.nodes) {
      if (isDequantisation(node)) this.#enter(node);
      else if (isQuantisation(node)) this.#leave(node);
      else this.#move(node);
    }
    return this.#patch.build();
  }

  #enter(node: Node): void {
    const [stored, output] = [node.inputs[0], node.outputs[0]];
    if (stored === undefined || output === undefined) return;
    const { dtype, constant } = this.#patch.get(stored);
    const parameters = this.#parameters(node, dtype);
    if (parameters && !constant && this.#patch.get(output).dtype === 'float32')
      this.#known.set(output, { stored, node, ...parameters });
  }

  /** Scale and zero point of a (de)quantisation, single numbers both. */
  #parameters(node: Node, dtype: Dtype | undefined): Pick<Stored, 'dtype' | 'scale' | 'zero'> | undefined {
    const [, scale, zero] = node.inputs;
    if ((dtype !== 'uint8' && dtype !== 'int8') || intAttribute(node, 'block_size', 0) !== 0)
      return undefined;
    const [factor, offset] = [this.#number(scale), zero === undefined ? 0 : this.#number(zero)];
    return factor === undefined || offset === undefined ? undefined : { dtype, scale: factor, zero: offset };
  }

  #number(id: ValueId | undefined): number | undefined {
    const { constant, shape } = id === undefined ? {} : this.#patch.get(id);
    if (!constant || elementCount(shape ?? [0]) !== 1) return undefined;
    return numbersOf(loadConstant(constant, this.#context.read))[0];
  }

  #leave(node: Node): void {
    const [input, output] = [node.inputs[0], node.outputs[0]];
    const known = input === undefined ? undefined : this.#known.get(input);
    if (!known || output === undefined) return;
    const parameters = this.#parameters(node, this.#patch.get(output).dtype);
    if (!parameters || !alike(parameters, known)) return;
    if (this.#patch.alias(output, known.stored)) this.#patch.replace(node, []);
    else {
      const inputs = [known.stored];
      this.#patch.replace(node, [{ op: 'Identity', version: 13, inputs, outputs: [output], attributes: {} }]);
    }
  }

  /** The node on stored numbers, and dequantisations behind it. */
  #move(node: Node): void {
    if (!Object.hasOwn(MOVING, node.op) || !MOVING[node.op]?.(node)) return;
    const count = node.op === 'Concat' ? node.inputs.length : 1;
    const parts = node.inputs.slice(0, count).map(id => (id === undefined ? undefined : this.#known.get(id)));
    const [first] = parts;
    if (!first || !parts.every(part => part && alike(part, first))) return;
    const inputs = [...parts.map(part => part?.stored), ...node.inputs.slice(count)];
    const behind: NodeDraft[] = [];
    const outputs = node.outputs.map(output => {
      if (output === undefined) return undefined;
      const { name, shape } = this.#patch.get(output);
      const stored = this.#patch.value({
        name: `${name}/stored`,
        dtype: first.dtype,
        ...(shape && { shape }),
      });
      const { op, version, attributes } = first.node;
      behind.push({
        ...{ op, version, attributes, outputs: [output] },
        inputs: [stored, ...first.node.inputs.slice(1)],
      });
      this.#known.set(output, { ...first, stored });
      return stored;
    });
    const { op, version, attributes } = node;
    this.#patch.replace(node, [{ op, version, inputs, outputs, attributes }, ...behind]);
  }
}

/** A dequantisation of its own for every reader of a value. */
function eachReader(graph: Graph): Graph {
  const patch = new Patch(graph);
  const own = new Map<Node, ValueId[]>();
  const reads = new Map<Node, Map<ValueId, ValueId>>();
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (!isDequantisation(node) || output === undefined || graph.outputs.includes(output)) continue;
    const [, ...others] = consumersOf(graph, output);
    const { name, dtype, shape } = patch.get(output);
    for (const reader of others) {
      const copy = patch.value({ name, ...(dtype && { dtype }), ...(shape && { shape }) });
      own.set(node, [...(own.get(node) ?? []), copy]);
      reads.set(reader, new Map(reads.get(reader)).set(output, copy));
    }
  }
  for (const [node, copies] of own) {
    const { op, version, inputs, attributes } = node;
    const outputs = [node.outputs[0], ...copies];
    patch.replace(
      node,
      outputs.map(output => ({ op, version, inputs, attributes, outputs: [output] })),
    );
  }
  for (const [reader, renamed] of reads) {
    if (own.has(reader)) continue;
    const { op, version, outputs, attributes } = reader;
    const inputs = reader.inputs.map(id => (id === undefined ? undefined : (renamed.get(id) ?? id)));
    patch.replace(reader, [{ op, version, inputs, outputs, attributes }]);
  }
  return patch.build();
}
