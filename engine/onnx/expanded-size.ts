// How large a model becomes when its functions are expanded, counted before anything is: a few functions that call one
// another twice make more nodes than any memory holds.

import { type FileFunction, type FileModel, type FileNode, functionKey } from './file-model.ts';

/** Calls deeper than this are refused when they are expanded, and count nothing here. */
export const MAX_CALL_DEPTH = 100;

/** Nodes and operands after expansion, at least; a function is counted once, however often it is called. */
export function expandedParts({ graph, functions }: FileModel): number {
  const known = new Map<FileFunction, number>();
  const ofNodes = (nodes: readonly FileNode[], depth: number): number =>
    nodes.reduce((sum, node) => sum + ofNode(node, depth), 0);
  const ofNode = ({ inputs, outputs, attributes, ...node }: FileNode, depth: number): number => {
    const callee = functions.get(functionKey(node.domain, node.type, node.overload));
    const bodies = attributes.reduce(
      (sum, { value }) => sum + (value?.type === 'file-graph' ? ofNodes(value.graph.nodes, depth) : 0),
      0,
    );
    const called = callee ? ofFunction(callee, depth + 1) : 0;
    return 1 + inputs.length + outputs.length + attributes.length + bodies + called;
  };
  const ofFunction = (callee: FileFunction, depth: number): number => {
    const counted = known.get(callee);
    if (counted !== undefined) return counted;
    if (depth > MAX_CALL_DEPTH) return 0;
    // One that calls itself ends there.
    known.set(callee, 0);
    const parts = callee.inputs.length + callee.outputs.length + callee.defaults.length;
    const size = parts + ofNodes(callee.nodes, depth);
    known.set(callee, size);
    return size;
  };
  return graph ? ofNodes(graph.nodes, 0) : 0;
}
