// A step that has no kernel yet: the reference interpreter computes the node from what its inputs hold, and its
// results go where the plan put them.

import type { ReadBytes } from '../ir/constant.ts';
import type { Datum } from '../reference/datum.ts';
import { type BodyRunner, evaluateData } from '../reference/interpreter.ts';
import type { ProgramStep } from './program.ts';
import type { RunData } from './run-data.ts';

export type ReferenceStep = Extract<ProgramStep, { kind: 'reference' }>;

/** `bodies` may run the node's bodies. Throws when the node cannot run, or gives a tensor that does not fit its place. */
export function runReference(step: ReferenceStep, data: RunData, read: ReadBytes, bodies?: BodyRunner): void {
  const load = (operand: NonNullable<ReferenceStep['inputs'][number]>): Datum =>
    'constant' in operand ? operand.constant : data.read(operand);
  const inputs = step.inputs.map(input => input && load(input));
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
