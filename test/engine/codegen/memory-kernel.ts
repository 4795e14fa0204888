// Runs any emitted kernel on a memory of its own: buffers of any element type in, all buffers out.

import { emitModule, kernelNeeds } from '../../../engine/codegen/emit.ts';
import type { Target } from '../../../engine/codegen/vector/vector.ts';
import type { Dtype } from '../../../engine/ir/types.ts';
import { sharesMemory } from '../../../engine/options.ts';
import type { KernelSpec } from '../../../engine/select/spec/kernel.ts';

export type Elements = Float32Array | Int32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

export const TARGETS: readonly Target[] = [
  { simd: 'scalar', fma: false, threads: 1 },
  { simd: '128', fma: false, threads: 2 },
  { simd: '128', fma: true, threads: 1 },
  { simd: '256', fma: false, threads: 1 },
  { simd: '256', fma: true, threads: 3 },
];

export const nameOf = (target: Target): string => `${target.simd}${target.fma ? ' fma' : ''}`;

const PAGE = 65536;
/** Bytes before the first buffer and between buffers: what lies there must not change. */
const GAP = 64;
const GUARD = 0xa5;

/**
 * Buffer k of the arena holds buffers[k]; returns what they hold afterwards. Units are split over the target's
 * threads, run one after the other. Throws when a byte between the buffers changed, and when code that is shared with
 * another kernel like it, and so told where buffers are, does anything else.
 */
export const runKernel = (spec: KernelSpec, buffers: readonly Elements[], target: Target): Elements[] => {
  const alone = runFirst(spec, ['kernel'], buffers, target);
  const alike = runFirst(spec, ['kernel', 'another'], buffers, target);
  alone.forEach((data, k) => {
    if (Buffer.compare(bytesOf(data), bytesOf(alike[k] ?? data)) !== 0)
      throw new Error(`buffer ${k} differs where the code is shared`);
  });
  return alone;
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Elements): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Of a module with so many of the kernel. */
const runFirst = (
  spec: KernelSpec,
  names: readonly string[],
  buffers: readonly Elements[],
  target: Target,
): Elements[] => {
  const needs = kernelNeeds(spec, target.simd, target.threads);
  const scratchBytes =
    needs.scratchShared + needs.scratchPerWorker * target.threads - (needs.scratchSpare ?? 0);
  const sizes = [...buffers.map(data => data.byteLength), scratchBytes];
  const offsets: number[] = [];
  let end = GAP;
  for (const size of sizes) {
    offsets.push(end);
    end += Math.ceil(size / 16) * 16 + GAP;
  }
  const pages = Math.ceil(end / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: sharesMemory(target) });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(GUARD);
  buffers.forEach((data, k) => {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offsets[k]);
  });
  const scratch = { space: 'arena', id: buffers.length } as const;
  const base = 16;
  const module = emitModule(
    names.map(name => ({ name, spec, scratch })),
    ({ id }) => (offsets[id] ?? Number.NaN) - base,
    target,
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes), {
    env: {
      memory,
      arena: new WebAssembly.Global({ value: 'i32' }, base),
      weights: new WebAssembly.Global({ value: 'i32' }, 0),
    },
  });
  for (const phase of module.phases[0] ?? [])
    for (let worker = 0; worker < target.threads; worker++) {
      const part = (k: number): number => Math.floor((phase.units * k) / target.threads);
      (exports[phase.function] as (...args: number[]) => void)(part(worker), part(worker + 1), worker);
    }
  sizes.forEach((size, k) => {
    const from = (offsets[k] ?? 0) + size;
    for (let at = from; at < (offsets[k + 1] ?? end); at++)
      if (bytes[at] !== GUARD) throw new Error(`byte ${at - from} after buffer ${k} was written`);
  });
  return buffers.map((data, k) => {
    const copy = bytes.slice(offsets[k], (offsets[k] ?? 0) + data.byteLength).buffer;
    return new (data.constructor as new (buffer: ArrayBuffer) => Elements)(copy);
  });
};

export const arrayOf = (dtype: Dtype, length: number): Elements => {
  if (dtype === 'float32') return new Float32Array(length);
  if (dtype === 'int32') return new Int32Array(length);
  if (dtype === 'int16') return new Int16Array(length);
  if (dtype === 'uint16') return new Uint16Array(length);
  if (dtype === 'int8') return new Int8Array(length);
  return new Uint8Array(length);
};

/** A seeded generator of numbers in [0, 1): mulberry32. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};
