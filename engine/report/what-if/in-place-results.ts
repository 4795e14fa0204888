// Results that may take the place of an operand that nobody needs any more, by what an operator has still to read
// when it writes an element.

import { dtypeInfo } from '../../ir/dtypes.ts';
import { valueOf } from '../../ir/graph.ts';
import type { OperatorKind } from '../../ir/ops/definition.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { sliceOf } from '../../ir/slice.ts';
import { sameShape } from '../../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import type { InPlaceResult } from '../../planner/liveness.ts';

/** Copies of their first operand in which some elements are replaced. */
const OVERWRITING = new Set(['ScatterND', 'ScatterElements', 'Scatter']);

/** Which results of a node could lie where which of its operands do, once these are needed no more. */
export function inPlaceResults(graph: Graph, node: Node): InPlaceResult<number>[] {
  const kind = findOperator(node.op, node.version)?.kind;
  const [result] = node.outputs;
  if (result === undefined) return [];
  if (kind === 'elementwise') return ofOperands(graph, node, result);
  const [operand] = node.inputs;
  // What is read in another order as well may be read when it is overwritten.
  if (operand === undefined || node.inputs.lastIndexOf(operand) > 0) return [];
  if (OVERWRITING.has(node.op) || readsLines(node, kind)) {
    return isAlike(graph, operand, result) ? [{ result, operand, distance: 0 }] : [];
  }
  // Elements move towards the start, the first ones first.
  const isForward = node.op === 'Slice' && sliceOf(graph, node)?.steps.every(step => step > 0);
  return isForward ? [{ result, operand, distance: 0, trailing: true }] : [];
}

/** An element of the result needs that of the operand with the same index, and no other of it. */
function ofOperands(graph: Graph, node: Node, result: ValueId): InPlaceResult<number>[] {
  return [...new Set(node.inputs)].flatMap((operand): InPlaceResult<number>[] => {
    if (operand === undefined || !hasShapeOf(graph, operand, result)) return [];
    if (isAlike(graph, operand, result)) return [{ result, operand, distance: 0 }];
    const [from, to] = [bitsOf(graph, operand), bitsOf(graph, result)];
    // The n-th element ends no further up than that of the operand begins that is read next.
    return to > 0 && to <= from ? [{ result, operand, distance: 0, trailing: true }] : [];
  });
}

/** Whether a line of the operand is read before any of the same line is written. */
const readsLines = ({ op }: Node, kind: OperatorKind | undefined): boolean =>
  kind === 'normalization' && op !== 'LRN';

const isAlike = (graph: Graph, a: ValueId, b: ValueId): boolean =>
  valueOf(graph, a).dtype === valueOf(graph, b).dtype && hasShapeOf(graph, a, b);

function hasShapeOf(graph: Graph, a: ValueId, b: ValueId): boolean {
  const [from, to] = [valueOf(graph, a).shape, valueOf(graph, b).shape];
  return from !== undefined && to !== undefined && sameShape(from, to);
}

/** Whole bytes only; 0 for others. */
function bitsOf(graph: Graph, id: ValueId): number {
  const { dtype } = valueOf(graph, id);
  const bits = dtype === undefined ? 0 : dtypeInfo(dtype).bits;
  return bits % 8 === 0 ? bits : 0;
}
