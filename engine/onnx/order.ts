// Puts a file's nodes in execution order. Files must be sorted already, so a sorted one comes back as it is;
// others are sorted stably: a node moves only as far forward as what needs it demands.

import type { FileGraph, FileNode } from './file-model.ts';

export interface OrderedNodes {
  readonly nodes: readonly FileNode[];
  /** whether any node had to move */
  readonly moved: boolean;
  /** nodes that need, directly or not, their own result; they stand where the file has them */
  readonly cyclic: readonly FileNode[];
  /** names that some node outputs */
  readonly defined: ReadonlySet<string>;
}

/** Depth-first from each node in file order: what a node needs comes before it. O(nodes + edges). */
export function orderNodes(nodes: readonly FileNode[]): OrderedNodes {
  const producers = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const name of node.outputs) if (name !== '' && !producers.has(name)) producers.set(name, index);
  });
  const needs = nodes.map(node => neededBy(node, producers));
  const state = new Uint8Array(nodes.length); // 0 unseen, 1 open, 2 placed
  const order: number[] = [];
  const cyclic = new Set<number>();
  for (let root = 0; root < nodes.length; root++) {
    if (state[root] !== 0) continue;
    const open = [{ index: root, next: 0 }];
    state[root] = 1;
    for (let top = open.at(-1); top; top = open.at(-1)) {
      const need = needs[top.index]?.[top.next++];
      if (need === undefined) {
        state[top.index] = 2;
        order.push(top.index);
        open.pop();
      } else if (state[need] === 0) {
        state[need] = 1;
        open.push({ index: need, next: 0 });
      } else if (state[need] === 1) cyclic.add(need);
    }
  }
  const pick = (indexes: Iterable<number>): FileNode[] =>
    [...indexes].map(index => nodes[index]).filter(node => node !== undefined);
  return {
    nodes: pick(order),
    moved: order.some((index, position) => index !== position),
    cyclic: pick(cyclic),
    defined: new Set(producers.keys()),
  };
}

function neededBy(node: FileNode, producers: ReadonlyMap<string, number>): number[] {
  const needed = new Set<number>();
  for (const name of namesReadBy(node)) {
    const producer = producers.get(name);
    if (producer !== undefined) needed.add(producer);
  }
  return [...needed];
}

/** The names a node reads in the graph it stands in, those that its subgraphs take from there included. */
function namesReadBy(node: FileNode): Set<string> {
  const names = new Set(node.inputs);
  for (const { value } of node.attributes) {
    if (value?.type === 'file-graph') for (const name of freeNames(value.graph)) names.add(name);
  }
  return names;
}

const freeNamesOf = new WeakMap<FileGraph, ReadonlySet<string>>();

/** Names that a subgraph reads and does not define. */
function freeNames(graph: FileGraph): ReadonlySet<string> {
  const known = freeNamesOf.get(graph);
  if (known) return known;
  const names = new Set(graph.outputs.map(output => output.name));
  for (const node of graph.nodes) for (const name of namesReadBy(node)) names.add(name);
  for (const node of graph.nodes) for (const name of node.outputs) names.delete(name);
  for (const { name } of [...graph.inputs, ...graph.initializers]) names.delete(name);
  freeNamesOf.set(graph, names);
  return names;
}
