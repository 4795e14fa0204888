// Results that are bytes of their operands, in one piece and in order: whoever computes them moves nothing where both
// lie in one place.

import { intAttribute, intsAttribute } from '../../ir/attributes.ts';
import { dtypeInfo } from '../../ir/dtypes.ts';
import { valueOf } from '../../ir/graph.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { constantNumbers } from '../../ir/patch.ts';
import { sliceOf } from '../../ir/slice.ts';
import { elementCount, normalizeAxis, rowMajorStrides, sameShape, tensorBytes } from '../../ir/tensor.ts';
import type { Graph, Node, Shape, Value, ValueId } from '../../ir/types.ts';
import type { Share } from '../../planner/what-if/shares.ts';

/** Which bytes of a value another one is: first byte, or undefined where it is not one run of them. */
type RunRule = (graph: Graph, node: Node, whole: Value, part: Value) => number | undefined;

/** Nodes whose result is a run of their first operand's bytes. */
const RUNS: Readonly<Record<string, RunRule>> = {
  ...Object.fromEntries(
    ['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Dropout'].map(op => [op, () => 0]),
  ),
  ...Object.fromEntries(['Expand', 'Tile'].map(op => [op, unrepeated])),
  ...Object.fromEntries(['Cast', 'CastLike'].map(op => [op, unconverted])),
  Transpose: unmoved,
  Slice: sliced,
  Gather: gathered,
};

/** Pairs of values of a node of which one could be a run of the bytes of the other, so that nothing is moved. */
export function sameBytes(graph: Graph, node: Node): Share[] {
  const [operand] = node.inputs;
  const [result] = node.outputs;
  if (operand === undefined || result === undefined || !isOfBytes(graph, operand)) return [];
  if (node.op === 'Concat') {
    return placesOf(graph, node, result, node.inputs).map(({ part, at }) => ({
      result,
      operand: part,
      distance: at,
    }));
  }
  if (node.op === 'Split') {
    return placesOf(graph, node, operand, node.outputs).map(({ part, at }) => ({
      result: part,
      operand,
      distance: -at,
    }));
  }
  const isRandom = findOperator(node.op, node.version)?.random(node) ?? true;
  const rule = Object.hasOwn(RUNS, node.op) && !isRandom ? RUNS[node.op] : undefined;
  const first = rule?.(graph, node, valueOf(graph, operand), valueOf(graph, result));
  return first === undefined ? [] : [{ result, operand, distance: first === 0 ? 0 : -first }];
}

/** Elements begin where bytes do. */
function isOfBytes(graph: Graph, id: ValueId): boolean {
  const { dtype } = valueOf(graph, id);
  return dtype !== undefined && dtypeInfo(dtype).bits % 8 === 0;
}

/** Where the parts of a whole begin, in bytes, if they are runs of it: nothing lies outside the axis they share. */
function placesOf(
  graph: Graph,
  node: Node,
  whole: ValueId,
  parts: readonly (ValueId | undefined)[],
): { readonly part: ValueId; readonly at: number }[] {
  const { shape, dtype } = valueOf(graph, whole);
  if (!shape || !dtype) return [];
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), shape.length);
  if (elementCount(shape.slice(0, axis)) !== 1) return [];
  let at = 0;
  return parts.flatMap(part => {
    const size = part === undefined ? undefined : valueOf(graph, part).shape;
    if (part === undefined || size === undefined) return [];
    const start = at;
    at += tensorBytes(dtype, size);
    return [{ part, at: start }];
  });
}

/** Nothing is there twice. */
function unrepeated(_graph: Graph, _node: Node, { shape: from }: Value, { shape: to }: Value) {
  return from && to && elementCount(from) === elementCount(to) ? 0 : undefined;
}

function unconverted(_graph: Graph, _node: Node, from: Value, to: Value): number | undefined {
  return from.dtype === to.dtype ? 0 : undefined;
}

/** Axes that have more than one element stay in their order. */
function unmoved(_graph: Graph, node: Node, { shape = [] }: Value): number | undefined {
  const order = intsAttribute(node, 'perm') ?? [...shape.keys()].reverse();
  const wide = order.filter(axis => (shape[axis] ?? 1) > 1);
  return wide.every((axis, i) => i === 0 || axis > (wide[i - 1] ?? 0)) ? 0 : undefined;
}

function sliced(graph: Graph, node: Node, whole: Value, part: Value): number | undefined {
  const range = sliceOf(graph, node);
  const extents = part.shape ?? [];
  if (!range || range.steps.some((step, axis) => step !== 1 && (extents[axis] ?? 0) > 1)) return undefined;
  return firstOfRun(whole, extents, range.starts);
}

/** Elements of one axis, each the one after the other. */
function gathered(graph: Graph, node: Node, whole: Value): number | undefined {
  const shape = whole.shape ?? [];
  const axis = normalizeAxis(intAttribute(node, 'axis', 0), shape.length);
  const extent = shape[axis] ?? 0;
  const numbers = constantNumbers(graph, node.inputs[1])?.map(index => (index < 0 ? index + extent : index));
  const [first] = numbers ?? [];
  if (!numbers || first === undefined || numbers.some((index, i) => index !== first + i)) return undefined;
  const starts = shape.map((_, at) => (at === axis ? first : 0));
  return firstOfRun(whole, shape.with(axis, numbers.length), starts);
}

/** A box is one run if it has all of the axes behind the first that is cut, and one element of those before. */
function firstOfRun({ shape: whole = [], dtype }: Value, box: Shape, starts: Shape): number | undefined {
  if (!dtype) return undefined;
  if (sameShape(whole, box)) return 0;
  const cut = whole.findIndex((extent, axis) => extent !== box[axis]);
  const isRun =
    elementCount(box.slice(0, cut)) === 1 &&
    whole.every((extent, axis) => axis <= cut || extent === box[axis]);
  if (!isRun) return undefined;
  const strides = rowMajorStrides(whole);
  return tensorBytes(dtype, [starts.reduce((sum, start, axis) => sum + start * (strides[axis] ?? 0), 0)]);
}
