// How fast could code of a SIMD class be at best: a loop of multiply-adds that never leave the registers. What kernels
// reach is shown as a share of it, because absolute speeds drift between machines and minutes.

import { LANES, type SimdClass } from '../../options.ts';
import { Vectors } from '../vector/vector.ts';
import { ModuleBuilder } from '../wasm/module.ts';

const ROUNDS = 100_000;
/** independent sums: enough to hide the latency of an addition, few enough for V8's vector registers */
const CHAINS = 12;
const PAGE_BYTES = 65_536;
const MOST_PAGES = 16;

/** The loop, compiled, with its memory. */
export interface PeakLoop {
  /** imports env.memory; exports `function`, which may be told a range of calls: begin, end */
  readonly module: WebAssembly.Module;
  /** shared, and can grow; the loop uses its first `bytes` */
  readonly memory: WebAssembly.Memory;
  readonly function: string;
  readonly bytes: number;
  /** of one call */
  readonly flops: number;
}

/** To optimised code at once: a machine that is busy may not get to that while the loop is measured. */
export type CompileOptimised = (module: Uint8Array<ArrayBuffer>) => WebAssembly.Module;

/** The loop, to be called on any thread. */
export function peakLoop(simd: SimdClass, compile: CompileOptimised): PeakLoop {
  const module = new ModuleBuilder();
  module.importMemory('env', 'memory', { initial: 1, maximum: MOST_PAGES, shared: true });
  const options = { params: ['i32', 'i32'], exported: true, paramNames: ['begin', 'end'] } as const;
  module.define('run', options, f => {
    const [begin, end] = f.params;
    if (!begin || !end) throw new Error('expected the parameters begin and end');
    const v = new Vectors(f, module, { fma: simd !== 'scalar' }, LANES[simd]);
    const pointer = f.local('i32');
    const sums = Array.from({ length: CHAINS }, (_, k) => v.load(pointer, 64 * k));
    const factor = v.load(pointer, 1024);
    const call = f.local('i32');
    f.range(call, begin, end, 1, () => {
      const round = f.local('i32');
      f.range(round, 0, ROUNDS, 1, () => {
        for (const sum of sums) v.accumulate(sum, factor, factor);
      });
    });
    sums.forEach((sum, k) => {
      v.store(pointer, 64 * k, sum);
    });
  });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  // Denormal numbers could slow the loop down; ones cannot.
  new Float32Array(memory.buffer, 0, PAGE_BYTES / 4).fill(1);
  const flops = 2 * ROUNDS * CHAINS * LANES[simd];
  return {
    module: compile(module.finish()),
    memory,
    function: 'run',
    bytes: PAGE_BYTES,
    flops,
  };
}

const MEASURE_MS = 60;
const UNTIMED_RUNS = 5;

/** FLOP per second of the loop on this thread, at its fastest. `clockMs`: from any start. */
export function measurePeak(simd: SimdClass, clockMs: () => number, compile: CompileOptimised): number {
  const { module, memory, function: name, flops } = peakLoop(simd, compile);
  const call = new WebAssembly.Instance(module, { env: { memory } }).exports[name];
  if (typeof call !== 'function') throw new Error(`the module exports no function ${name}`);
  return (flops / fastestMs(() => call(0, 1), clockMs)) * 1000;
}

/** ms of the fastest of many runs. `clockMs`: from any start. */
export function fastestMs(run: () => unknown, clockMs: () => number): number {
  for (let k = 0; k < UNTIMED_RUNS; k++) run();
  let bestMs = Number.POSITIVE_INFINITY;
  for (const start = clockMs(); clockMs() - start < MEASURE_MS; ) {
    const begin = clockMs();
    run();
    bestMs = Math.min(bestMs, clockMs() - begin);
  }
  return bestMs;
}

/** More than any cache holds. */
const COPIED_BYTES = 1 << 26;

/** Bytes read and written per second by copying what no cache holds, on this thread, at its fastest. */
export function measureCopying(clockMs: () => number): number {
  const [from, to] = [new Float64Array(COPIED_BYTES / 8).fill(1), new Float64Array(COPIED_BYTES / 8)];
  // Its pages exist once they were written, which the untimed runs do.
  return ((2 * COPIED_BYTES) / fastestMs(() => to.set(from), clockMs)) * 1000;
}
