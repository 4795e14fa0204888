// Runs one operator through the interpreter, from plain numbers.

import { attr } from '../../../engine/ir/graph.ts';
import { numbersOf, tensorOf } from '../../../engine/ir/tensor.ts';
import type { Attribute, Dtype, Node, NodeId, Tensor, ValueId } from '../../../engine/ir/types.ts';
import { evaluateNode } from '../../../engine/reference/interpreter.ts';
import { noFiles } from '../../support/build-graph.ts';

export { attr };

export const f32 = (shape: readonly number[], values: readonly number[]): Tensor =>
  tensorOf('float32', shape, values);
export const i64 = (shape: readonly number[], values: readonly number[]): Tensor =>
  tensorOf('int64', shape, values);
export const of = (dtype: Dtype, shape: readonly number[], values: readonly number[]): Tensor =>
  tensorOf(dtype, shape, values);

export interface OpOptions {
  readonly version?: number;
  readonly outputs?: number;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export function makeNode(op: string, inputCount: number, options: OpOptions = {}): Node {
  const id = 0 as NodeId;
  const outputs = Array.from({ length: options.outputs ?? 1 }, (_, i) => (inputCount + i) as ValueId);
  return {
    id,
    name: op,
    op,
    version: options.version ?? 21,
    inputs: Array.from({ length: inputCount }, (_, i) => i as ValueId),
    outputs,
    attributes: options.attributes ?? {},
    origin: [id],
  };
}

/** All outputs. */
export function runAll(
  op: string,
  inputs: readonly (Tensor | undefined)[],
  options: OpOptions = {},
): Tensor[] {
  const results = evaluateNode(makeNode(op, inputs.length, options), inputs, { read: noFiles });
  return results.map((tensor, i) => {
    if (tensor === undefined) throw new Error(`${op}: no output ${i}`);
    return tensor;
  });
}

/** The first output. */
export function run(op: string, inputs: readonly (Tensor | undefined)[], options: OpOptions = {}): Tensor {
  const [tensor] = runAll(op, inputs, options);
  if (tensor === undefined) throw new Error(`${op}: no output`);
  return tensor;
}

/** The first output's elements. */
export const values = (
  op: string,
  inputs: readonly (Tensor | undefined)[],
  options: OpOptions = {},
): number[] => numbersOf(run(op, inputs, options));
