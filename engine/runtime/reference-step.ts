// A step that has no kernel yet: the reference interpreter computes the node from what its inputs hold, and its
// results go where the plan put them.

import { intsAttribute } from '../ir/attributes.ts';
import type { ReadBytes } from '../ir/constant.ts';
import { isFit } from '../ir/ops/bounded.ts';
import { findOperator } from '../ir/ops/index.ts';
import { type Datum, isTensor } from '../reference/datum.ts';
import { type BodyRunner, evaluateData } from '../reference/interpreter.ts';
import type { ProgramStep } from './program.ts';
import type { RunData } from './run-data.ts';

export type ReferenceStep = Extract<ProgramStep, { kind: 'reference' }>;

type Operand = NonNullable<ReferenceStep['inputs'][number]>;

/** What an operator needs that looks at no elements; containers are given as they are. */
function shapeIn(operand: Operand, data: RunData): Datum {
  if ('constant' in operand) return operand.constant;
  const { dtype } = operand;
  return operand.space === 'host' || !dtype
    ? data.read(operand)
    : { dtype, shape: data.shapeOf(operand), data: [] };
}

/** A value's memory looked at as far as its extents go, or as all of its capacity: nothing moves. */
function fitInto({ node, inputs, outputs }: ReferenceStep, data: RunData): void {
  const [from, ...counts] = inputs;
  const [to] = outputs;
  if (!from || 'constant' in from || !to?.shape) throw new Error(`${node.name} has no memory`);
  if (!to.bounded) {
    data.checkPlace(from);
    return;
  }
  const shape = [...to.shape];
  for (const [i, axis] of (intsAttribute(node, 'axes') ?? []).entries()) {
    const count = counts[i];
    const held = count && !('constant' in count) ? data.read(count) : undefined;
    if (!isTensor(held)) throw new Error(`${node.name}: extent ${i} is no number`);
    shape[axis] = Number(held.data[0]);
  }
  data.setShape(to, shape);
}

/** `bodies` may run the node's bodies. Throws when the node cannot run, or gives a tensor that does not fit its place. */
export function runReference(step: ReferenceStep, data: RunData, read: ReadBytes, bodies?: BodyRunner): void {
  if (isFit(step.node.op)) {
    fitInto(step, data);
    return;
  }
  const load = (operand: Operand): Datum => ('constant' in operand ? operand.constant : data.read(operand));
  const shapeOnly = findOperator(step.node.op, step.node.version)?.shapeOnly ?? false;
  const inputs = step.inputs.map(input => input && (shapeOnly ? shapeIn(input, data) : load(input)));
  const outer = (name: string): Datum | undefined => {
    const captured = step.captures?.find(capture => capture.name === name);
    return captured && load(captured.value);
  };
  const results = evaluateData(step.node, inputs, { read, outer, ...(bodies && { bodies }) });
  step.outputs.forEach((view, index) => {
    if (!view) return;
    const result = results[index];
    if (!result) throw new Error(`${step.name}: the reference of ${step.node.op} gave no output ${index}`);
    data.write(view, result);
  });
}
