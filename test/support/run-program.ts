// Runs a compiled program on one thread, with nothing of the runtime: memory, weights, phases one after the other.

import { decodeTensor, encodeTensor, rowMajorStrides, tensorBytes } from '../../engine/ir/tensor.ts';
import type { Tensor } from '../../engine/ir/types.ts';
import { evaluateNode } from '../../engine/reference/interpreter.ts';
import type { Program, TensorView } from '../../engine/runtime/program.ts';

const BASE = 1024;

function dense(view: TensorView): void {
  const strides = rowMajorStrides(view.shape);
  const wrong = view.strides.some((stride, axis) => (view.shape[axis] ?? 1) > 1 && stride !== strides[axis]);
  if (wrong) throw new Error(`${view.name} is not row-major: [${view.shape}] by [${view.strides}]`);
}

/** Outputs in order. Memory starts filled with NaN, so that what is read before it is written shows. */
export function runProgram(program: Program, inputs: readonly Tensor[]): Tensor[] {
  const weights = BASE + Math.ceil(program.arenaBytes / 64) * 64;
  const pages = Math.ceil((weights + program.weightsBytes) / 65536) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const bytes = new Uint8Array(memory.buffer);
  new Float32Array(memory.buffer).fill(Number.NaN);
  for (const { offset, bytes: length, load } of program.weights) {
    load(bytes.subarray(weights + offset, weights + offset + length));
  }
  const global = (value: number) => new WebAssembly.Global({ value: 'i32', mutable: false }, value);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(program.module), {
    env: { memory, arena: global(BASE), weights: global(weights) },
  });
  const place = (view: TensorView) => {
    dense(view);
    const start = (view.space === 'arena' ? BASE : weights) + view.offset;
    return bytes.subarray(start, start + tensorBytes(view.dtype, view.shape));
  };
  const read = (view: TensorView) => decodeTensor(view.dtype, view.shape, place(view).slice());
  program.inputs.forEach((view, i) => {
    const tensor = inputs[i];
    if (!tensor) throw new Error(`no input ${view.name}`);
    encodeTensor(tensor, place(view));
  });
  for (const step of program.steps) {
    if (step.kind === 'kernel') {
      for (const { function: name, units } of step.phases) {
        const phase = instance.exports[name];
        if (typeof phase !== 'function') throw new Error(`no function ${name}`);
        phase(0, units, 0);
      }
      continue;
    }
    const load = (input: TensorView | { readonly constant: Tensor }) =>
      'constant' in input ? input.constant : read(input);
    const operands = step.inputs.map(input => input && load(input));
    const outer = (name: string) => {
      const captured = step.captures?.find(capture => capture.name === name);
      return captured && load(captured.value);
    };
    const results = evaluateNode(step.node, operands, { read: () => new Uint8Array(), outer });
    step.outputs.forEach((view, i) => {
      const result = results[i];
      if (view && result) encodeTensor(result, place(view));
    });
  }
  return program.outputs.map(read);
}
