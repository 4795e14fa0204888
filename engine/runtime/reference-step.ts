// A step that has no kernel yet: the reference interpreter computes the node from tensors read out of WASM memory
// and its results are written back to where the plan put them.

import type { ReadBytes } from '../ir/constant.ts';
import type { Tensor } from '../ir/types.ts';
import { evaluateNode } from '../reference/interpreter.ts';
import type { ProgramStep, TensorView } from './program.ts';
import { bytesFor, readView, writeBytes } from './tensor-access.ts';

export type ReferenceStep = Extract<ProgramStep, { kind: 'reference' }>;

export interface ReferenceMemory {
  readonly buffer: ArrayBufferLike;
  /** bytes from the start of the memory to the start of a space */
  readonly base: (space: TensorView['space']) => number;
  readonly read: ReadBytes;
}

/** Throws when the node cannot run, or gives a tensor that does not fit its place. */
export function runReference(step: ReferenceStep, memory: ReferenceMemory): void {
  const load = (value: TensorView | { readonly constant: Tensor }): Tensor =>
    'constant' in value ? value.constant : readView(memory.buffer, memory.base(value.space), value);
  const inputs = step.inputs.map(input => input && load(input));
  const outer = (name: string): Tensor | undefined => {
    const captured = step.captures?.find(capture => capture.name === name);
    return captured && load(captured.value);
  };
  const results = evaluateNode(step.node, inputs, { read: memory.read, outer });
  step.outputs.forEach((view, index) => {
    if (!view) return;
    const result = results[index];
    if (!result) throw new Error(`${step.name}: the reference of ${step.node.op} gave no output ${index}`);
    writeBytes(memory.buffer, memory.base(view.space), view, bytesFor(view, result));
  });
}
