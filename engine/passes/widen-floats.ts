// Narrow floats are a storage format: what computes in float16 or bfloat16 computes in float32 instead, converted where
// the graph begins and ends, constants when they are loaded. Results of a wider range and precision follow; a cast that
// the model asks for rounds all the same.

import { loadConstant } from '../ir/constants/constant.ts';
import { dtypeInfo } from '../ir/dtypes.ts';
import { attr, capturesOf, subgraphsOf, valueOf } from '../ir/graph.ts';
import { ROUND_NARROW } from '../ir/ops/elementwise/narrow-float.ts';
import { findOperator } from '../ir/ops/index.ts';
import { type NodeDraft, Patch } from '../ir/patch.ts';
import { elementCount } from '../ir/tensor.ts';
import type { Constant, Dtype, Graph, Node, Tensor, ValueId } from '../ir/types.ts';
import { SMALL } from './derive.ts';
import type { Pass } from './pass.ts';

/** Operators whose meaning depends on the width of their elements, or that make the type they are told. */
const KEPT: ReadonlySet<string> = new Set([
  'BitCast',
  'Bernoulli',
  'Constant',
  'ConstantOfShape',
  'DequantizeLinear',
  'EyeLike',
  'Multinomial',
  'QuantizeLinear',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

export const widenFloats: Pass = {
  name: 'widen narrow floats',
  run: (graph, { read }) => {
    if (!graph.values.some(value => narrow(value?.dtype))) return graph;
    const widening = new Widening(graph, constant => widened(constant, read));
    for (const node of graph.nodes) widening.rewrite(node);
    return widening.patch.build();
  },
};

const narrow = (dtype: Dtype | undefined): boolean => dtype === 'float16' || dtype === 'bfloat16';

/** Whether every number of the source is one of the narrow type: both have 8 bits and more before they round. */
const holdsAll = (to: Dtype, source: Dtype): boolean =>
  source === to || (source !== 'string' && dtypeInfo(source).bits <= 8);

/** The same numbers as float32; large ones are converted whenever they are loaded. */
function widened(constant: Constant, read: Parameters<typeof loadConstant>[1]): Constant {
  const convert = (from: typeof read): Tensor => {
    const { shape, data } = loadConstant(constant, from);
    return { dtype: 'float32', shape, data: Float32Array.from(data as Float32Array) };
  };
  const shape = constant.kind === 'inline' ? constant.tensor.shape : constant.shape;
  const origin = constant.kind !== 'file' && constant.dequantised && { dequantised: constant.dequantised };
  return elementCount(shape) <= SMALL
    ? { kind: 'inline', tensor: convert(read), ...origin }
    : {
        kind: 'computed',
        dtype: 'float32',
        shape,
        compute: convert,
        recipe: { how: 'widened', from: [constant] },
        ...origin,
      };
}

class Widening {
  readonly patch: Patch;
  readonly #graph: Graph;
  readonly #convert: (constant: Constant) => Constant;
  /** narrow value → its float32 form */
  readonly #wide = new Map<ValueId, ValueId>();
  /** values that somebody needs as they were */
  readonly #needed: ReadonlySet<ValueId>;

  constructor(graph: Graph, convert: (constant: Constant) => Constant) {
    this.#graph = graph;
    this.#convert = convert;
    this.patch = new Patch(graph);
    const kept = graph.nodes.filter(node => !widens(node));
    const read = kept.flatMap(node => node.inputs.filter(id => id !== undefined));
    const captured = graph.nodes.flatMap(node => capturesOf(graph, node));
    this.#needed = new Set([...graph.outputs, ...read, ...captured]);
  }

  rewrite(node: Node): void {
    const touches = [...node.inputs, ...node.outputs].some(id => this.#isNarrow(id));
    if (!touches || !widens(node)) return;
    const before: NodeDraft[] = [];
    const after: NodeDraft[] = [];
    const inputs = node.inputs.map(id => (this.#isNarrow(id) ? this.#read(id, before) : id));
    const outputs = node.outputs.map(id => (this.#isNarrow(id) ? this.#written(id, after) : id));
    const casts = (node.op === 'Cast' || node.op === 'CastLike') && this.#isNarrow(node.outputs[0]);
    const itself = casts
      ? this.#casts(node, inputs, outputs)
      : [{ op: node.op, inputs, outputs, attributes: node.attributes }];
    this.patch.replace(node, [...before, ...itself, ...after]);
  }

  /** A cast the model asks for rounds, also where its result goes on as float32. */
  #casts(
    { inputs: [from], outputs: [to] }: Node,
    [read]: Node['inputs'],
    [written]: Node['outputs'],
  ): NodeDraft[] {
    if (from === undefined || to === undefined || read === undefined || written === undefined) return [];
    const { dtype: source } = valueOf(this.#graph, from);
    const { dtype: narrowed } = valueOf(this.#graph, to);
    if (!source || !narrowed || holdsAll(narrowed, source)) return [cast(read, written, 'float32')];
    const wide = source === 'float32' || narrow(source);
    const single = wide ? read : this.#fresh(to);
    const rounding: NodeDraft = {
      op: ROUND_NARROW,
      version: 1,
      inputs: [single],
      outputs: [written],
      attributes: { to: attr.int(code(narrowed)) },
    };
    return wide ? [rounding] : [cast(read, single, 'float32'), rounding];
  }

  #isNarrow(id: ValueId | undefined): id is ValueId {
    return id !== undefined && narrow(valueOf(this.#graph, id).dtype);
  }

  /** The float32 form of a value that is read; made from the narrow one when first asked for. */
  #read(id: ValueId, before: NodeDraft[]): ValueId {
    const known = this.#wide.get(id);
    if (known !== undefined) return known;
    const { name, constant } = valueOf(this.#graph, id);
    const wide = constant ? this.patch.constant(`${name}/float32`, this.#convert(constant)) : this.#fresh(id);
    if (!constant) before.push(cast(id, wide, 'float32'));
    this.#wide.set(id, wide);
    return wide;
  }

  /** The float32 form of a result, converted back for those who need the narrow one. */
  #written(id: ValueId, after: NodeDraft[]): ValueId {
    const wide = this.#fresh(id);
    this.#wide.set(id, wide);
    const { dtype } = valueOf(this.#graph, id);
    if (dtype && this.#needed.has(id)) after.push(cast(wide, id, dtype));
    return wide;
  }

  #fresh(id: ValueId): ValueId {
    const { name, shape, container } = valueOf(this.#graph, id);
    return this.patch.value({
      name: `${name}/float32`,
      dtype: 'float32',
      ...(shape && { shape }),
      ...(container && { container }),
    });
  }
}

/** Subgraphs know values outside by their names and types; what an unknown operator needs is unknown. */
const widens = (node: Node): boolean =>
  !KEPT.has(node.op) && subgraphsOf(node).length === 0 && findOperator(node.op, node.version) !== undefined;

/** As Cast names a type. */
const code = (dtype: Dtype): number => dtypeInfo(dtype).code;

const cast = (from: ValueId, into: ValueId, dtype: Dtype): NodeDraft => ({
  op: 'Cast',
  version: 13,
  inputs: [from],
  outputs: [into],
  attributes: { to: attr.int(code(dtype)) },
});
