// A model as the app and the command line see it: plain data, no tensor contents.
// Node ids are those of the imported graph; tensor ids are its value ids.

import { constantDtype, constantShape } from '../../ir/constants/constant.ts';
import { capturesOf, consumersOf, producerOf } from '../../ir/graph.ts';
import { elementCount, tensorBytes } from '../../ir/tensor.ts';
import type { Attribute, Constant, Graph, Node, Value, ValueId } from '../../ir/types.ts';
import type { GraphSummary, NodeSummary, TensorSummary } from '../../report/types/model.ts';

const describeConstant = (constant: Constant): string =>
  `tensor ${constantDtype(constant)} [${constantShape(constant).join(', ')}]`;

const LONGEST_LIST = 64;

function printList(
  values: readonly (number | string)[],
  print = String as (value: number | string) => string,
): string {
  const shown = values.slice(0, LONGEST_LIST).map(print).join(', ');
  return values.length > LONGEST_LIST ? `[${shown}, … ${values.length} in all]` : `[${shown}]`;
}

/** A float attribute is stored in 32 bits: its shortest decimal, not the double's. */
const printFloat = (value: number | string): string => String(Number(Number(value).toPrecision(7)));

/** '[1, 1]', '"SAME_UPPER"', 'tensor float32 [64, 3, 7, 7]' */
function printAttribute(attribute: Attribute): string {
  switch (attribute.type) {
    case 'int':
      return String(attribute.value);
    case 'float':
      return printFloat(attribute.value);
    case 'string':
      return JSON.stringify(attribute.value);
    case 'ints':
      return printList(attribute.value);
    case 'floats':
      return printList(attribute.value, printFloat);
    case 'strings':
      return printList(attribute.value, value => JSON.stringify(value));
    case 'tensor':
      return describeConstant(attribute.value);
    case 'tensors':
      return printList(attribute.value.map(describeConstant));
    case 'graph':
      return `graph ${attribute.value.name} with ${attribute.value.nodes.length} nodes`;
    case 'other':
      return attribute.value;
  }
}

function summarizeNode(graph: Graph, node: Node): NodeSummary {
  const attributes = Object.entries(node.attributes);
  const captures = [...new Set(capturesOf(graph, node))];
  return {
    id: node.id,
    name: node.name,
    op: node.op,
    version: node.version,
    inputs: node.inputs.map(id => id ?? null),
    outputs: node.outputs.map(id => id ?? null),
    ...(captures.length > 0 && { captures }),
    attributes: attributes.map(([name, attribute]) => ({
      name,
      type: attribute.type,
      text: printAttribute(attribute),
    })),
    ...(node.doc && { doc: node.doc }),
    ...(node.metadata && { metadata: node.metadata }),
    subgraphs: attributes.flatMap(([name, attribute]) =>
      attribute.type === 'graph' ? [{ attribute: name, graph: summarizeGraph(attribute.value) }] : [],
    ),
  };
}

function kindOf(graph: Graph, value: Value): TensorSummary['kind'] {
  if (graph.outputs.includes(value.id)) return 'output';
  if (graph.inputs.includes(value.id)) return 'input';
  return weightOf(graph, value) ? 'constant' : 'activation';
}

/**
 * What the file stores as this value: an initialiser, or what a Constant node holds. Not the small constants that
 * inference attaches to what other nodes compute.
 */
export function weightOf(graph: Graph, value: Value): Constant | undefined {
  const producer = producerOf(graph, value.id);
  if (!producer) return value.constant;
  if (producer.op !== 'Constant') return undefined;
  const literal = producer.attributes.value;
  return literal?.type === 'tensor' ? literal.value : value.constant;
}

function summarizeTensor(graph: Graph, value: Value, capturing: ReadonlySet<Node>): TensorSummary {
  const producer = producerOf(graph, value.id);
  const { dtype, shape, bounded, declared } = value;
  const differing = declared?.some((extent, axis) => extent !== shape?.[axis]) ? declared : undefined;
  return {
    id: value.id,
    name: value.name,
    ...(dtype && { dtype }),
    ...(shape && { shape }),
    ...(bounded && { bounded }),
    ...(differing && { declared: differing.map(extent => extent ?? '?') }),
    ...(dtype && shape && { bytes: tensorBytes(dtype, shape) }),
    kind: kindOf(graph, value),
    ...(producer && { producer: producer.id }),
    consumers: [...new Set([...consumersOf(graph, value.id), ...capturing])].map(node => node.id),
  };
}

/** The nodes whose bodies read each value. */
function capturingNodes(graph: Graph): ReadonlyMap<ValueId, ReadonlySet<Node>> {
  const found = new Map<ValueId, Set<Node>>();
  for (const node of graph.nodes) {
    for (const id of capturesOf(graph, node)) found.set(id, (found.get(id) ?? new Set()).add(node));
  }
  return found;
}

const NOBODY: ReadonlySet<Node> = new Set();

/** A graph as plain data: its nodes and values, with what each is connected to. */
export function summarizeGraph(graph: Graph): GraphSummary {
  const capturing = capturingNodes(graph);
  return {
    name: graph.name,
    nodes: graph.nodes.map(node => summarizeNode(graph, node)),
    tensors: graph.values.flatMap(value =>
      value ? [summarizeTensor(graph, value, capturing.get(value.id) ?? NOBODY)] : [],
    ),
    inputs: graph.inputs,
    outputs: graph.outputs,
  };
}

/** Scalars and bytes in initialisers, those of subgraphs included. */
export function countParameters(graph: Graph): { readonly count: number; readonly bytes: number } {
  let count = 0;
  let bytes = 0;
  const add = (constant: Constant): void => {
    count += elementCount(constantShape(constant));
    bytes += tensorBytes(constantDtype(constant), constantShape(constant));
  };
  for (const value of graph.values) if (value?.constant && !producerOf(graph, value.id)) add(value.constant);
  for (const node of graph.nodes) {
    for (const attribute of Object.values(node.attributes)) {
      if (attribute.type === 'tensor' && node.op === 'Constant') add(attribute.value);
      if (attribute.type !== 'graph') continue;
      const inner = countParameters(attribute.value);
      count += inner.count;
      bytes += inner.bytes;
    }
  }
  return { count, bytes };
}
