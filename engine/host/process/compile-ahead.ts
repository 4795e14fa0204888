// A program's module compiled ahead of its first run: by the optimising compiler, on V8's own threads, while weights
// are loaded. Left to itself V8 compiles a function when it is first called, and that call runs to its end in
// baseline code, several times as slow. What is not ready by then runs in baseline code all the same.

import v8 from 'node:v8';
import type { Program } from '../../runtime/program.ts';

const AHEAD = ['--no-wasm-lazy-compilation', '--no-wasm-dynamic-tiering'];
const ON_DEMAND = ['--wasm-lazy-compilation', '--wasm-dynamic-tiering'];

/** By the optimising compiler alone, before the module is handed out. */
const AT_ONCE = ['--no-wasm-lazy-compilation', '--no-liftoff'];
const AS_BEFORE = ['--wasm-lazy-compilation', '--liftoff'];

/**
 * Floating-point operations of a run for each byte of its module from which compiling ahead takes less from loading
 * than it gives to the first run. Measured: at 5000 that gains 300 ms, at 800 nothing, below 700 it loses.
 */
const FLOPS_PER_BYTE = 1000;

/** The module of a program that is to run soon. */
export function compileAhead({ module, steps }: Program): WebAssembly.Module {
  const flops = steps.reduce((sum, step) => sum + step.flops, 0);
  const compile = () => new WebAssembly.Module(module);
  return flops >= FLOPS_PER_BYTE * module.length ? withFlags(AHEAD, ON_DEMAND, compile) : compile();
}

/**
 * A small module whose first call already runs optimised code, however busy the machine is: it is compiled before this
 * returns, and has no baseline code.
 */
export const compileOptimised = (module: Uint8Array<ArrayBuffer>): WebAssembly.Module =>
  withFlags(AT_ONCE, AS_BEFORE, () => new WebAssembly.Module(module));

/** V8 reads these flags when it is given a module: they hold for what is compiled within `compile` only. */
function withFlags<T>(flags: readonly string[], after: readonly string[], compile: () => T): T {
  for (const flag of flags) v8.setFlagsFromString(flag);
  try {
    return compile();
  } finally {
    for (const flag of after) v8.setFlagsFromString(flag);
  }
}
