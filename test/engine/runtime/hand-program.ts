// A small program written by hand, for tests of the runtime: two inputs, a parallel sum, a serial scan of it,
// and a parallel scaling, in WebAssembly text. Wrong barriers show as wrong numbers.

import wabt from 'wabt';
import type { ValueId } from '../../../engine/ir/types.ts';
import { DEFAULT_OPTIONS, sharesMemory } from '../../../engine/options.ts';
import type { Program, ProgramStep, TensorView } from '../../../engine/runtime/program.ts';

/** Elements of every tensor. */
export const COUNT = 1000;

const BYTES = 4 * COUNT;
/** byte offsets in the arena */
const AT = { a: 0, b: BYTES, sum: 2 * BYTES, scan: 3 * BYTES, out: 4 * BYTES };

/** sum = a + b, element by element; scan[i] = sum[0] + … + sum[i]; out[i] = scan[i] · weight[i] */
const textOf = (memory: string): string => `(module
  (import "env" "memory" (memory 1 65536${memory}))
  (import "env" "arena" (global $arena i32))
  (import "env" "weights" (global $weights i32))
  (func $at (param $base i32) (param $i i32) (result i32)
    (i32.add (global.get $arena) (i32.add (local.get $base) (i32.shl (local.get $i) (i32.const 2)))))
  (func (export "sum") (param $i i32) (param $end i32) (param $worker i32)
    (loop $next
      (f32.store (call $at (i32.const ${AT.sum}) (local.get $i))
        (f32.add (f32.load (call $at (i32.const ${AT.a}) (local.get $i)))
                 (f32.load (call $at (i32.const ${AT.b}) (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_s (local.get $i) (local.get $end)))))
  (func (export "scan") (param $begin i32) (param $end i32) (param $worker i32)
    (local $i i32) (local $running f32)
    (loop $next
      (local.set $running
        (f32.add (local.get $running) (f32.load (call $at (i32.const ${AT.sum}) (local.get $i)))))
      (f32.store (call $at (i32.const ${AT.scan}) (local.get $i)) (local.get $running))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_s (local.get $i) (i32.const ${COUNT})))))
  (func (export "scale") (param $i i32) (param $end i32) (param $worker i32)
    (loop $next
      (f32.store (call $at (i32.const ${AT.out}) (local.get $i))
        (f32.mul (f32.load (call $at (i32.const ${AT.scan}) (local.get $i)))
                 (f32.load (i32.add (global.get $weights) (i32.shl (local.get $i) (i32.const 2))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_s (local.get $i) (local.get $end)))))
  (func (export "trap") (param i32 i32 i32) (if (local.get 2) (then (unreachable)))))`;

async function assemble(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const { parseWat } = await wabt();
  const module = parseWat('hand.wat', text, { threads: true });
  try {
    return Uint8Array.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

const view = (value: number, name: string, offset: number): TensorView => ({
  value: value as ValueId,
  name,
  dtype: 'float32',
  shape: [COUNT],
  space: 'arena',
  offset,
  strides: [1],
});

const kernel = (index: number, name: string, units: number, flops = 1e7): ProgramStep => ({
  kind: 'kernel',
  template: 'hand',
  index,
  name,
  op: name,
  fusedOps: [name],
  origin: [],
  reads: [],
  writes: [],
  flops,
  bytesRead: 0,
  bytesWritten: 0,
  phases: [{ function: name, units }],
});

/** Runs `steps` (exports of the module above); steps may be given twice to make a run longer. */
export async function handProgram(
  threads: number,
  steps: readonly (readonly [name: string, units: number])[] = [
    ['sum', COUNT],
    ['scan', 1],
    ['scale', COUNT],
  ],
): Promise<Program> {
  const weights = Float32Array.from({ length: COUNT }, (_, i) => 1 + (i % 7));
  const options = { ...DEFAULT_OPTIONS, threads };
  return {
    options,
    module: await assemble(textOf(sharesMemory(options) ? ' shared' : '')),
    steps: steps.map(([name, units], index) => kernel(index, name, units)),
    weights: [
      {
        name: 'weight',
        offset: 0,
        bytes: BYTES,
        load: target => target.set(new Uint8Array(weights.buffer)),
      },
    ],
    weightsBytes: BYTES,
    arenaBytes: 5 * BYTES,
    inputs: [view(0, 'a', AT.a), view(1, 'b', AT.b)],
    outputs: [view(2, 'out', AT.out)],
    plan: {
      problem: { buffers: [] },
      buffers: [],
      result: {
        solution: { offsets: [], height: 0 },
        placements: [],
        lowerBound: { bytes: 0, step: 0, witness: [] },
        unplannedBytes: 0,
        optimal: true,
        durationMs: 0,
      },
    },
    compileSteps: [],
  };
}

/** What the program must give, computed in single precision. */
export function expectedOutput(a: Float32Array, b: Float32Array): Float32Array {
  let running = 0;
  return Float32Array.from(a, (x, i) => {
    running = Math.fround(running + Math.fround(x + (b[i] ?? 0)));
    return Math.fround(running * (1 + (i % 7)));
  });
}
