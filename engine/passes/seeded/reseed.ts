// Seeded weights for models that were published without theirs: parameters of one repeated value are replaced by
// values that keep activations in a sane range, the same for a name, shape and seed on every machine.

import { intAttribute } from '../../ir/attributes.ts';
import { constantDtype } from '../../ir/constants/constant.ts';
import type { ReadBytes } from '../../ir/constants/reading.ts';
import { capturesOf, consumersOf, producerOf, valueOf } from '../../ir/graph.ts';
import { constantNumbers, Patch } from '../../ir/patch.ts';
import { elementCount } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, Tensor, Value, ValueId } from '../../ir/types.ts';
import type { Pass } from '../pass.ts';
import { isSplat, type Moments, momentsOf, SMALLEST, STANDARD } from './moments.ts';

export const reseed: Pass = {
  name: 'reseed',
  run: (graph, { read, options }) =>
    options.reseed === undefined ? graph : reseedGraph(graph, options.reseed, read),
};

/**
 * The graph with every float32 parameter that is filled with one value (by ConstantOfShape, or stored so) replaced
 * by seeded values: matrix and convolution weights uniform around 0, scaled as He et al. do so that results have
 * variance 1 (arXiv 1502.01852, with the input's moments estimated through the graph instead of taken to be
 * that of a rectified value); factors and variances in [0.5, 1.5), everything added in [−0.1, 0.1).
 * Also for writing the model for others to run.
 */
export function reseedGraph(graph: Graph, seed: number, read: ReadBytes): Graph {
  const patch = new Patch(graph);
  const moments = momentsOf(graph, read);
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (node.op !== 'ConstantOfShape' || output === undefined) continue;
    const shape = constantNumbers(graph, node.inputs[0]);
    const fill = node.attributes.value;
    const dtype = fill?.type === 'tensor' ? constantDtype(fill.value) : 'float32';
    if (shape && dtype === 'float32' && replace(patch, valueOf(graph, output), shape, seed, moments)) {
      patch.replace(node, []);
    }
  }
  for (const value of graph.values) {
    if (!value?.constant || !value.shape || value.dtype !== 'float32' || !isParameter(graph, value)) continue;
    if (isSplat(value, read)) replace(patch, value, value.shape, seed, moments);
  }
  return forgetDerived(patch.build(), graph);
}

/** Not what inference computed from parameters, which follows from them. */
function isParameter(graph: Graph, { id }: Value): boolean {
  const producer = producerOf(graph, id);
  return producer === undefined || producer.op === 'Constant';
}

/** Constants that inference computed from parameters which are others now are not known any more. */
function forgetDerived(graph: Graph, before: Graph): Graph {
  const changed = new Set(
    graph.values.filter(value => value && value !== before.values[value.id]).map(value => value?.id),
  );
  const derived = new Set<ValueId>();
  for (const node of graph.nodes) {
    const read = [...node.inputs, ...capturesOf(graph, node)];
    if (!read.some(id => id !== undefined && changed.has(id))) continue;
    for (const id of node.outputs) {
      if (id === undefined) continue;
      changed.add(id);
      derived.add(id);
    }
  }
  const values = graph.values.map(value => {
    if (!value?.constant || !derived.has(value.id)) return value;
    const { constant: _, ...rest } = value;
    return rest;
  });
  return { ...graph, values };
}

function replace(patch: Patch, value: Value, shape: Shape, seed: number, moments: Moments): boolean {
  if (elementCount(shape) < SMALLEST) return false;
  const [low, high] = rangeOf(patch.graph, value.id, shape, moments);
  const compute = (): Tensor => {
    const data = new Float32Array(elementCount(shape));
    fillUniform(data, hash(`${seed} ${value.name} ${shape.join('x')}`), low, high);
    return { dtype: 'float32', shape, data };
  };
  patch.update(value.id, {
    dtype: 'float32',
    shape,
    constant: { kind: 'computed', dtype: 'float32', shape, compute },
  });
  return true;
}

/** What the parameter does decides its range; it is found behind reshapes and transposes. */
function rangeOf(graph: Graph, id: ValueId, shape: Shape, moments: Moments): readonly [number, number] {
  const [reader] = consumersOf(graph, id);
  const index = reader?.inputs.indexOf(id) ?? -1;
  const fanIn = reader ? fanInOf(reader, index, shape) : undefined;
  if (reader && fanIn !== undefined) {
    const { square } = moments.get(reader.inputs[1 - index] ?? id) ?? STANDARD;
    const bound = Math.sqrt(3 / Math.max(1, fanIn) / square);
    return [-bound, bound];
  }
  if (reader && PASSED_ON.has(reader.op) && reader.outputs[0] !== undefined) {
    const passed = valueOf(graph, reader.outputs[0]).shape ?? shape;
    return rangeOf(graph, reader.outputs[0], passed, moments);
  }
  const factors = FACTORS[reader?.op ?? ''] ?? [];
  return factors.includes(index) ? [0.5, 1.5] : [-0.1, 0.1];
}

const PASSED_ON: ReadonlySet<string> = new Set([
  'Reshape',
  'Transpose',
  'Unsqueeze',
  'Squeeze',
  'Identity',
  'Cast',
]);

/** Inputs that multiply or divide. */
const FACTORS: Readonly<Record<string, readonly number[]>> = {
  Mul: [0, 1],
  Div: [0, 1],
  BatchNormalization: [1, 4],
  LayerNormalization: [1],
  InstanceNormalization: [1],
  GroupNormalization: [1],
};

/** Products that one output adds up. */
function fanInOf(node: Node, index: number, shape: Shape): number | undefined {
  if (index !== 1 && !(node.op === 'MatMul' && index === 0)) return undefined;
  switch (node.op) {
    case 'Conv':
      return elementCount(shape.slice(1));
    case 'ConvTranspose':
      return (shape[0] ?? 1) / intAttribute(node, 'group', 1);
    case 'Gemm':
      return shape[intAttribute(node, 'transB', 0) === 0 ? 0 : 1];
    case 'MatMul':
      return index === 1 ? shape.at(-2) : shape.at(-1);
    default:
      return undefined;
  }
}

/** FNV-1a over the characters. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** Uniform in [low, high) by a 32-bit counter through Murmur3's finaliser: as many numbers as there are counts. */
function fillUniform(data: Float32Array, seed: number, low: number, high: number): void {
  const scale = (high - low) / 2 ** 32;
  for (let i = 0; i < data.length; i++) {
    let bits = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    data[i] = low + ((bits ^ (bits >>> 16)) >>> 0) * scale;
  }
}
