// A graph as text, one line per node: for golden files, logs and errors. The same graph gives the same text.

import { constantDtype, constantShape } from './constants/constant.ts';
import { elementCount, isTypedArray } from './tensor.ts';
import type { Attribute, Constant, Dtype, Graph, Node, Value, ValueId } from './types.ts';

/** `float32[1, 3, 8, 8]`, with `{0 2 3 1}` behind it when memory order is not row-major. */
function printType(value: Pick<Value, 'dtype' | 'shape' | 'layout'>): string {
  const shape = value.shape ? `[${value.shape.join(', ')}]` : '[?]';
  return `${value.dtype ?? '?'}${shape}${value.layout ? `{${value.layout.join(' ')}}` : ''}`;
}

const SHOWN = 8;

/** Small inline constants with their elements, others by type alone. */
function printConstant(constant: Constant): string {
  const type = printType({ dtype: constantDtype(constant) as Dtype, shape: constantShape(constant) });
  if (constant.kind !== 'inline' || elementCount(constant.tensor.shape) > SHOWN) return type;
  const { data } = constant.tensor;
  const elements = isTypedArray(data) ? Array.from(data as ArrayLike<number | bigint>, String) : data;
  return `${type} = ${elements.join(' ')}`;
}

/** `[1, 1]`, `"SAME_UPPER"`, `tensor float32[64, 3, 7, 7]`. */
export function printAttribute(attribute: Attribute): string {
  switch (attribute.type) {
    case 'int':
    case 'float':
      return String(attribute.value);
    case 'string':
    case 'other':
      return JSON.stringify(attribute.value);
    case 'ints':
    case 'floats':
      return `[${attribute.value.join(', ')}]`;
    case 'strings':
      return JSON.stringify(attribute.value);
    case 'tensor':
      return `tensor ${printConstant(attribute.value)}`;
    case 'tensors':
      return `${attribute.value.length} tensors`;
    case 'graph':
      return `graph '${attribute.value.name}' of ${attribute.value.nodes.length} nodes`;
  }
}

/** Inputs, constants that are read, nodes in order, outputs. */
export function printGraph(graph: Graph): string {
  const name = (id: ValueId | undefined) => (id === undefined ? '-' : (graph.values[id]?.name ?? `?${id}`));
  const typed = (id: ValueId | undefined) => {
    const value = id === undefined ? undefined : graph.values[id];
    return value ? `${value.name}: ${printType(value)}` : name(id);
  };
  const read = new Set(graph.nodes.flatMap(node => node.inputs));
  const constants = graph.values.flatMap(value =>
    value?.constant && read.has(value.id) ? [`  const ${value.name}: ${printConstant(value.constant)}`] : [],
  );
  const line = (node: Node) => {
    const attributes = Object.entries(node.attributes).map(
      ([key, value]) => ` ${key}=${printAttribute(value)}`,
    );
    return `  ${node.outputs.map(typed).join(', ')} = ${node.op}(${node.inputs.map(name).join(', ')})${attributes.sort().join('')}`;
  };
  return [
    `graph ${graph.name}`,
    ...graph.inputs.map(id => `  in ${typed(id)}`),
    ...constants,
    ...graph.nodes.map(line),
    ...graph.outputs.map(id => `  out ${name(id)}`),
    '',
  ].join('\n');
}
