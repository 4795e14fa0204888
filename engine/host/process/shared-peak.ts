// What the machine reaches at best with several threads at once: the register-only loop, run by the workers and with
// the meetings that sessions run with. Cores that share units, clocks or a hypervisor give less than threads × one.

import { fastestMs, peakLoop } from '../../codegen/measure/peak.ts';
import type { SimdClass } from '../../options.ts';
import { controlBytes } from '../../runtime/control.ts';
import { type Stage, walk } from '../../runtime/lock-step.ts';
import { controlOf, instantiateKernels, type WorkerSetup } from '../../runtime/worker.ts';
import { startThreads } from '../threads/threads.ts';
import { compileOptimised } from './compile-ahead.ts';

/** Calls of the loop by each worker in one run: long beside a meeting. */
const CALLS = 4;

/** FLOP per second of all threads together, at their fastest. `clockMs`: from any start. */
export async function measureSharedPeak(
  simd: SimdClass,
  threads: number,
  clockMs: () => number,
): Promise<number> {
  const { module, memory, function: name, bytes, flops } = peakLoop(simd, compileOptimised);
  memory.grow(Math.ceil(controlBytes(1, threads) / 65_536));
  const pieces = { first: 0, units: threads * CALLS, grain: 1, pieces: CALLS, ordered: false, shared: true };
  const stage: Stage = { step: 0, function: name, ...pieces, endsStep: true };
  const setup: WorkerSetup = {
    ...{ memory, module, controlOffset: bytes, arenaOffset: 0, weightsOffset: 0, stepCount: 1 },
    ...{ stages: [stage], threads, cancel: new Int32Array(new SharedArrayBuffer(4)) },
  };
  const others = await startThreads(setup);
  const control = controlOf(setup);
  try {
    const call = instantiateKernels(setup)(name);
    const execute = (_: Stage, begin: number, end: number) => call(begin, end, 0);
    const run = () => walk(setup.stages, { worker: 0, threads, control, cancel: setup.cancel, execute });
    return ((flops * threads * CALLS) / fastestMs(run, clockMs)) * 1000;
  } finally {
    control.exit();
    others.close();
  }
}
