// Runs a compiled program on one thread, with little of the runtime: memory, weights, phases one after the other.
// Bodies are compiled however small they are.

import { bodyCompiler } from '../../engine/body-compiler.ts';
import { rowMajorStrides } from '../../engine/ir/tensor.ts';
import type { Tensor } from '../../engine/ir/types.ts';
import { sharesMemory } from '../../engine/options.ts';
import { type Datum, isTensor } from '../../engine/reference/datum.ts';
import { RandomStreams } from '../../engine/reference/random.ts';
import { CompiledBodies } from '../../engine/runtime/bodies.ts';
import type { Program, ValueView } from '../../engine/runtime/program.ts';
import { referenceCall } from '../../engine/runtime/reference-step.ts';
import { RunData } from '../../engine/runtime/run-data.ts';

const BASE = 1024;

const noBytes = () => new Uint8Array();

function dense(view: ValueView): void {
  if (view.space === 'host' || view.bounded) return;
  const strides = rowMajorStrides(view.shape);
  const wrong = view.strides.some((stride, axis) => (view.shape[axis] ?? 1) > 1 && stride !== strides[axis]);
  if (wrong) throw new Error(`${view.name} is not row-major: [${view.shape}] by [${view.strides}]`);
}

/** A call of a phase's function. */
export interface Call {
  readonly begin: number;
  readonly end: number;
  readonly worker: number;
}

const ALL = (units: number): Call[] => [{ begin: 0, end: units, worker: 0 }];

/**
 * Outputs in order; `callsOf` cuts the units of each band of a phase into calls. Several workers may be at any step
 * then, however small: such programs are compiled without overlap.
 * Memory starts filled with NaN, so that what is read before it is written shows.
 */
export function runProgram(
  program: Program,
  inputs: readonly Datum[],
  callsOf: (units: number) => readonly Call[] = ALL,
): Tensor[] {
  const weights = BASE + Math.ceil(program.arenaBytes / 64) * 64;
  const pages = Math.ceil((weights + program.weightsBytes) / 65536) + 1;
  const memory = new WebAssembly.Memory({
    initial: pages,
    maximum: 65536,
    shared: sharesMemory(program.options),
  });
  const bytes = new Uint8Array(memory.buffer);
  new Float32Array(memory.buffer).fill(Number.NaN);
  for (const { offset, bytes: length, load } of program.weights) {
    load(bytes.subarray(weights + offset, weights + offset + length));
  }
  const global = (value: number) => new WebAssembly.Global({ value: 'i32', mutable: false }, value);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(program.module), {
    env: { memory, arena: global(BASE), weights: global(weights) },
  });
  const data = new RunData(memory.buffer, space => (space === 'arena' ? BASE : weights));
  program.inputs.forEach((view, i) => {
    const datum = inputs[i];
    if (!datum) throw new Error(`no input ${view.name}`);
    dense(view);
    data.write(view, datum);
  });
  const { options } = program;
  const compiler = bodyCompiler(options, { read: noBytes, clock: () => 0 });
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  const always = { again: 0, atOnce: 0 };
  const random = new RandomStreams();
  const bodies = options.reference
    ? undefined
    : new CompiledBodies(compiler, { read: noBytes, cancel, random }, always);
  for (const step of program.steps) {
    if (step.kind === 'kernel') {
      for (const { function: name, units, bands = [] } of step.phases) {
        const phase = instance.exports[name];
        if (typeof phase !== 'function') throw new Error(`no function ${name}`);
        const firsts = [0, ...bands];
        for (const [band, first] of firsts.entries()) {
          const calls = callsOf((firsts[band + 1] ?? units) - first);
          for (const { begin, end, worker } of calls) phase(first + begin, first + end, worker);
        }
      }
      continue;
    }
    referenceCall(step, data, noBytes, random, bodies)();
  }
  return program.outputs.map(view => {
    dense(view);
    const datum = data.read(view);
    if (!isTensor(datum)) throw new Error(`${view.name} is no tensor`);
    return datum;
  });
}
