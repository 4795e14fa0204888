// The invariants of a graph, checked after every pass. A violation is a bug of ours, so it throws and names the pass.

import { constantDtype, constantShape } from './constants/constant.ts';
import { capturesOf } from './graph.ts';
import { sameShape } from './tensor.ts';
import type { Graph, Node, Value, ValueId } from './types.ts';

/**
 * Throws an Error naming `pass` unless: every id that appears has a value standing at its index; names are unique;
 * every value has one source (graph input, constant, captured, or one node output); nodes come after what they read;
 * node ids and names are unique; constants agree with their value's type and shape; layouts are permutations;
 * outputs have a source.
 */
export function verify(graph: Graph, pass: string): void {
  const fail = (message: string): never => {
    throw new Error(`after pass '${pass}', graph '${graph.name}': ${message}`);
  };
  checkValues(graph, fail);
  const ready = new Set<ValueId>([...graph.inputs, ...(graph.captures?.keys() ?? [])]);
  for (const value of graph.values) {
    if (!value?.constant) continue;
    if (ready.has(value.id)) fail(`'${value.name}' is a constant and an input at once`);
    ready.add(value.id);
  }
  const ids = new Set<number>();
  const names = new Set<string>();
  for (const node of graph.nodes) {
    if (ids.has(node.id)) fail(`two nodes have the id ${node.id} (${node.name})`);
    if (names.has(node.name)) fail(`two nodes are called '${node.name}'`);
    ids.add(node.id);
    names.add(node.name);
    checkNode(graph, node, ready, fail);
  }
  for (const id of graph.outputs) {
    if (!ready.has(id)) fail(`output ${id} ('${graph.values[id]?.name}') has no source`);
  }
}

function checkValues(graph: Graph, fail: (message: string) => never): void {
  const names = new Set<string>();
  graph.values.forEach((value, index) => {
    if (!value) return;
    if (value.id !== index) fail(`value '${value.name}' has id ${value.id} but stands at ${index}`);
    if (names.has(value.name)) fail(`two values are called '${value.name}'`);
    names.add(value.name);
    checkValue(value, fail);
  });
  for (const id of [...graph.inputs, ...graph.outputs]) {
    if (!graph.values[id]) fail(`input or output ${id} has no value`);
  }
}

function checkValue(value: Value, fail: (message: string) => never): void {
  const { name, constant, shape, dtype, layout } = value;
  if (constant && shape && !sameShape(constantShape(constant), shape)) {
    fail(`constant '${name}' has shape [${constantShape(constant)}], its value says [${shape}]`);
  }
  if (constant && dtype && constantDtype(constant) !== dtype) {
    fail(`constant '${name}' is ${constantDtype(constant)}, its value says ${dtype}`);
  }
  if (!layout) return;
  const sorted = [...layout].sort((a, b) => a - b);
  if (layout.length !== shape?.length || sorted.some((axis, i) => axis !== i)) {
    fail(`layout [${layout}] of '${name}' is no permutation of the axes of [${shape}]`);
  }
}

function checkNode(graph: Graph, node: Node, ready: Set<ValueId>, fail: (message: string) => never): void {
  const checkRead = (id: ValueId | undefined): void => {
    if (id === undefined) return;
    if (!graph.values[id]) fail(`${node.op} '${node.name}' reads value ${id}, which does not exist`);
    if (!ready.has(id)) {
      fail(`${node.op} '${node.name}' reads '${graph.values[id]?.name}' before it is computed`);
    }
  };
  node.inputs.forEach(checkRead);
  capturesOf(graph, node).forEach(checkRead);
  for (const id of node.outputs) {
    if (id === undefined) continue;
    const value = graph.values[id];
    if (!value) fail(`${node.op} '${node.name}' writes value ${id}, which does not exist`);
    if (ready.has(id) && !value?.constant) fail(`'${value?.name}' is written twice, again by '${node.name}'`);
    ready.add(id);
  }
}
