// Changes that let values share memory: an elementwise result in the place of its operand, views that move nothing,
// parts of a whole where the whole has them. None computes anything again.

import { intAttribute } from '../../ir/attributes.ts';
import { valueOf } from '../../ir/graph.ts';
import { findOperator } from '../../ir/ops/index.ts';
import { sliceOf } from '../../ir/slice.ts';
import { elementCount, normalizeAxis, rowMajorStrides, sameShape, tensorBytes } from '../../ir/tensor.ts';
import type { Graph, Node, ValueId } from '../../ir/types.ts';
import type { InPlaceResult } from '../../planner/liveness.ts';
import type { Schedule, ScheduledStep, Share } from '../../planner/what-if/schedule.ts';
import type { ModelChange } from './change.ts';
import type { GivenSchedule, GivenStep } from './given-schedule.ts';
import type { WhatIfKind } from './types.ts';

export function sharingChanges({ graph, schedule, steps }: GivenSchedule): ModelChange[] {
  const takesMemory = (id: ValueId | undefined): id is ValueId => id !== undefined && schedule.values.has(id);
  return steps.flatMap(step => {
    const { node } = step;
    const inPlace = inPlaceResults(graph, node).filter(
      ({ result, operand }) => takesMemory(result as ValueId) && takesMemory(operand as ValueId),
    );
    const shares = sharesOf(graph, node).filter(
      ({ result, operand }) => takesMemory(result as ValueId) && takesMemory(operand as ValueId),
    );
    return [
      ...(inPlace.length > 0 ? [change(graph, step, 'in-place', inPlace, { inPlace })] : []),
      ...(shares.length > 0 ? [change(graph, step, kindOf(node), shares, { shares })] : []),
    ];
  });
}

const kindOf = (node: Node): WhatIfKind => (node.op === 'Concat' ? 'slices' : 'view');

function change(
  graph: Graph,
  step: GivenStep,
  kind: WhatIfKind,
  pairs: readonly InPlaceResult<number>[],
  leave: Pick<ScheduledStep, 'inPlace' | 'shares'>,
): ModelChange {
  const { node, key } = step;
  const name = (id: number | undefined): string => valueOf(graph, id as ValueId).name;
  const titles: Partial<Record<WhatIfKind, string>> = {
    'in-place': `${node.name} (${node.op}) in the place of ${name(pairs[0]?.operand)}`,
    slices: `${node.name} (${node.op}) as slices of ${name(pairs[0]?.result)}`,
  };
  const shared = [...new Set(pairs.flatMap(({ result, operand }) => [result, operand]))];
  return {
    id: `${kind}:${key}`,
    kind,
    title: titles[kind] ?? `${node.name} (${node.op}) as a view of ${name(pairs[0]?.operand)}`,
    tensors: shared,
    lowers: shared,
    again: [{ step, share: 0 }],
    trafficBytes: 0,
    work: 0,
    apply: schedule => withLeave(schedule, key, leave),
  };
}

function withLeave(
  schedule: Schedule,
  key: string,
  leave: Pick<ScheduledStep, 'inPlace' | 'shares'>,
): Schedule | undefined {
  const at = schedule.steps.findIndex(step => step.key === key);
  const step = schedule.steps[at];
  return step && { ...schedule, steps: schedule.steps.with(at, { ...step, ...leave }) };
}

/** An element of the result needs that of the operand with the same index, and no other of it. */
function inPlaceResults(graph: Graph, node: Node): InPlaceResult<number>[] {
  const kind = findOperator(node.op, node.version)?.kind;
  const [result] = node.outputs;
  if (result === undefined || (kind !== 'elementwise' && node.op !== 'BatchNormalization')) return [];
  const to = valueOf(graph, result);
  const operands = node.inputs.filter(id => {
    if (id === undefined) return false;
    const from = valueOf(graph, id);
    return from.dtype === to.dtype && from.shape && to.shape && sameShape(from.shape, to.shape);
  });
  return [...new Set(operands)].flatMap(operand =>
    operand === undefined ? [] : [{ result, operand, distance: 0 }],
  );
}

/** Nodes whose result is their first operand under another shape or name. */
const RENAMING = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Dropout']);

/** Operators whose results are bytes of their operands, in one piece and in order. */
function sharesOf(graph: Graph, node: Node): Share[] {
  const [operand] = node.inputs;
  const [result] = node.outputs;
  if (operand === undefined || result === undefined) return [];
  if (RENAMING.has(node.op)) return [{ result, operand, distance: 0 }];
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
  return node.op === 'Slice' ? sliceShares(graph, node, operand, result) : [];
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

/** A slice of one run: all of it is taken of the axes after the first that is cut, one element of those before. */
function sliceShares(graph: Graph, node: Node, operand: ValueId, result: ValueId): Share[] {
  const { shape: whole = [], dtype } = valueOf(graph, operand);
  const { shape: part = [] } = valueOf(graph, result);
  const range = sliceOf(graph, node);
  if (!range || !dtype || range.steps.some((step, axis) => step !== 1 && (part[axis] ?? 0) > 1)) return [];
  const cut = whole.findIndex((extent, axis) => extent !== part[axis]);
  const isRun =
    cut >= 0 &&
    elementCount(part.slice(0, cut)) === 1 &&
    whole.every((extent, axis) => axis <= cut || extent === part[axis]);
  if (!isRun) return [];
  const strides = rowMajorStrides(whole);
  const first = range.starts.reduce((sum, start, axis) => sum + start * (strides[axis] ?? 0), 0);
  return [{ result, operand, distance: -tensorBytes(dtype, [first]) }];
}
