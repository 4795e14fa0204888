// One call of an operator: what a reference function is given, and short ways to reach into it.

import { allocate } from '../ir/dtypes.ts';
import type { InferContext, ValueType } from '../ir/ops/definition.ts';
import { ShapeError } from '../ir/ops/errors.ts';
import { elementCount, makeTensor } from '../ir/tensor.ts';
import type { Constant, Dtype, Node, Shape, Tensor, TensorData } from '../ir/types.ts';
import type { TurnResults, Turns } from './control/turns.ts';
import type { Datum } from './datum.ts';

/** A node and what it is called with; a reference function turns it into one value per output. */
export interface Call {
  readonly node: Node;
  /** every input, containers too; undefined is an omitted optional one */
  readonly data: readonly (Datum | undefined)[];
  /** the inputs that are tensors */
  readonly inputs: readonly (Tensor | undefined)[];
  /** type of each output by the operator's shape rule; no shape where it depends on data */
  readonly outputs: readonly ValueType[];
  /** the same call as the shape rules see it, with every input's elements known */
  readonly context: InferContext;
  /** runs the body in a graph attribute */
  readonly body: (attribute: string, inputs: readonly Datum[]) => readonly Datum[];
  /** runs turns of that body, maybe all; undefined where the next one is to be run by `body` */
  readonly turns: (attribute: string, turns: Turns) => TurnResults | undefined;
  readonly load: (constant: Constant) => Tensor;
  /**
   * What follows from the node, its inputs' types and the elements its shape rule asks for; made once per key while
   * these stay.
   */
  readonly once: <T>(key: string | number, make: () => T) => T;
  /**
   * Where an output of this type is to be, for a reference that writes all of its elements; what is there now is
   * nobody's. Undefined where it has no place yet.
   */
  readonly place: (output: number, dtype: Dtype, shape: Shape) => TensorData | undefined;
  /** uniform in [0, 1), from the node's own stream */
  readonly random: () => number;
}

/**
 * Row-major tensors in, row-major tensors (seldom containers) out, one per output of the node (undefined where
 * unused).
 */
export type Reference = (call: Call) => readonly (Datum | undefined)[];

/** Operator name → its reference. */
export type References = Readonly<Record<string, Reference>>;

/** An input that must be there. */
export function inputOf(call: Call, index: number): Tensor {
  const tensor = call.inputs[index];
  if (tensor === undefined) throw new ShapeError(`expected input ${index}, which is not given`, call.node);
  return tensor;
}

/** As the operator's rule gave it; throws where it did not, which is a bug of ours. */
export function outputShape(call: Call, index = 0): Shape {
  const shape = call.outputs[index]?.shape;
  if (shape === undefined) throw new Error(`${call.node.op}: the shape of output ${index} is unknown`);
  return shape;
}

/** As the operator's rule gave it; throws where it did not, which is a bug of ours. */
export function outputDtype(call: Call, index = 0): Dtype {
  const dtype = call.outputs[index]?.dtype;
  if (dtype === undefined) throw new Error(`${call.node.op}: the type of output ${index} is unknown`);
  return dtype;
}

/** Data for an output, to be filled and wrapped by `outputOf`. */
export const allocateOutput = (call: Call, index = 0): TensorData =>
  allocate(outputDtype(call, index), elementCount(outputShape(call, index)));

/** The same for references that write all of its elements: what is there now may be anything. */
export const placeOutput = (call: Call, index = 0): TensorData =>
  call.place(index, outputDtype(call, index), outputShape(call, index)) ?? allocateOutput(call, index);

/** An output of the type and shape that the rule gave, with these elements. */
export const outputOf = (call: Call, data: TensorData, index = 0): Tensor =>
  makeTensor(outputDtype(call, index), outputShape(call, index), data);
