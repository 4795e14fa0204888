// A step that has no kernel yet: the reference interpreter computes the node from what its inputs hold, and its
// results go where the plan put them.

import type { ReadBytes } from '../ir/constants/reading.ts';
import { findOperator } from '../ir/ops/index.ts';
import { isTypedArray } from '../ir/tensor.ts';
import type { Call } from '../reference/call.ts';
import { type Datum, isTensor } from '../reference/datum.ts';
import { type BodyRunner, evaluator } from '../reference/interpreter.ts';
import type { RandomStreams } from '../reference/random.ts';
import { extentCall } from './extent-steps.ts';
import type { ReferenceStep, ValueView } from './program.ts';
import type { RunData } from './run-data.ts';

type Operand = NonNullable<ReferenceStep['inputs'][number]>;

/** What an operator needs that looks at no elements; containers are given as they are. */
function shapeIn(view: ValueView, data: RunData): Datum {
  const { dtype } = view;
  return view.space === 'host' || !dtype ? data.read(view) : { dtype, shape: data.shapeOf(view), data: [] };
}

/**
 * The step made ready to run many times. `bodies` may run the node's bodies. A call throws when the node cannot run, or
 * gives a tensor that does not fit its place.
 */
export function referenceCall(
  step: ReferenceStep,
  data: RunData,
  read: ReadBytes,
  random: RandomStreams,
  bodies?: BodyRunner,
): () => void {
  const { node, inputs, outputs } = step;
  const direct = extentCall(step, data);
  const shapeOnly = findOperator(node.op, node.version)?.shapeOnly ?? false;
  const loads = inputs.map(input => input && loaderOf(input, data, shapeOnly));
  const captures = new Map(step.captures?.map(({ name, value }) => [name, loaderOf(value, data, false)]));
  const outer = (name: string): Datum | undefined => captures.get(name)?.();
  let given: readonly (Datum | undefined)[] = [];
  const place: Call['place'] = (output, dtype, shape) => {
    const view = outputs[output];
    const elements = view && data.place(view, dtype, shape);
    return elements && !given.some(datum => isOver(datum, elements)) ? elements : undefined;
  };
  const evaluate = evaluator(
    node,
    { read, outer, random, ...(bodies && { bodies }) },
    { isFixed: index => 'constant' in (inputs[index] ?? {}), place },
  );
  const isInMemory = (operand: Operand | undefined): boolean =>
    operand !== undefined && !('constant' in operand) && operand.space !== 'host';
  const isOwn = !inputs.some(isInMemory) && !step.captures?.some(({ value }) => isInMemory(value));
  return () => {
    if (direct?.()) return;
    given = loads.map(load => load?.());
    const results = evaluate(given);
    for (const [index, view] of outputs.entries()) {
      if (!view) continue;
      const result = results[index];
      if (!result) throw new Error(`${step.name}: the reference of ${node.op} gave no output ${index}`);
      data.write(view, result, isOwn);
    }
  };
}

/** Whether elements of a tensor lie in memory that is to be written. */
function isOver(datum: Datum | undefined, place: ArrayBufferView): boolean {
  if (!isTensor(datum)) return datum !== undefined;
  const { data } = datum;
  return (
    isTypedArray(data) &&
    data.buffer === place.buffer &&
    data.byteOffset < place.byteOffset + place.byteLength &&
    place.byteOffset < data.byteOffset + data.byteLength
  );
}

/** What an operand is in a run, as it is asked for. */
function loaderOf(operand: Operand, data: RunData, shapeOnly: boolean): () => Datum {
  if ('constant' in operand) {
    const { constant } = operand;
    return () => constant;
  }
  return shapeOnly ? () => shapeIn(operand, data) : () => data.look(operand);
}
