// Which SIMD classes an engine process can offer. 256-bit code is V8 pairing 128-bit operations
// (--experimental-wasm-revectorize): Node for x64, not on macOS, on a processor with AVX2.

import { readFileSync } from 'node:fs';
import type { SimdClass } from '../../options.ts';

/** Engine processes differ in one V8 flag; scalar and 128 share one. */
export type ProcessClass = 'plain' | '256';

/** The kind of process that kernels of a class run in. */
export const processClassOf = (simd: SimdClass): ProcessClass => (simd === '256' ? '256' : 'plain');

export const REVECTORIZE_FLAG = '--experimental-wasm-revectorize';

/** Linux says what the processor has; elsewhere an x64 machine is taken to have AVX2 (V8 falls back without). */
function hasAvx2(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return true;
  }
}

/** Classes that engine processes on this machine can run, best last. */
export function availableSimdClasses(): readonly SimdClass[] {
  const paired = process.arch === 'x64' && process.platform !== 'darwin' && hasAvx2();
  return paired ? ['scalar', '128', '256'] : ['scalar', '128'];
}
