// Runs one emitted kernel on a memory of its own, its units split over several workers (one after the other), and
// compares every buffer, untouched elements included, with what the specification means.

import { emitModule, kernelNeeds } from '../../../../engine/codegen/emit.ts';
import { type SimdClass, sharesMemory } from '../../../../engine/options.ts';
import type { BufferRef } from '../../../../engine/select/spec/access.ts';
import type { KernelSpec, Wanted } from '../../../../engine/select/spec/kernel.ts';
import { type HeavySpec, interpret } from './interpret.ts';

export interface KernelTarget {
  readonly simd: SimdClass;
  readonly fma: boolean;
  readonly threads: number;
}

export const TARGETS: readonly KernelTarget[] = [
  { simd: 'scalar', fma: false, threads: 1 },
  { simd: '128', fma: true, threads: 2 },
  { simd: '256', fma: true, threads: 3 },
  { simd: '128', fma: false, threads: 1 },
];

/** Initial contents; the index in the array is the buffer's id in its space. */
export interface Buffers {
  readonly arena: readonly Float32Array[];
  readonly weights: readonly Float32Array[];
}

const PAGE = 65536;

/** Rows of a chain are inside its scratch: no kernel alone touches them. */
const spaceOf = ({ space }: BufferRef): keyof Buffers => (space === 'weights' ? 'weights' : 'arena');

/** Not 0, so that a forgotten base shows, but close to it, so that a pointer before a buffer is out of bounds. */
const ARENA_BASE = 64;

interface Machine {
  readonly memory: WebAssembly.Memory;
  readonly bases: { readonly arena: number; readonly weights: number };
  readonly offsetOf: (ref: BufferRef) => number;
  readonly view: (ref: BufferRef) => Float32Array;
}

/** A buffer of the arena that lies a distance above the start of another one, over it if that is less than its size. */
export interface Placed {
  readonly buffer: number;
  readonly over: number;
  /** bytes */
  readonly distance: number;
}

/** Lays the buffers out, 64 bytes aligned, and copies their contents, that of a placed buffer last. */
export function machine(
  buffers: Buffers,
  scratchBytes: number,
  target: KernelTarget,
  placed?: Placed,
): Machine {
  const arena = [...buffers.arena, new Float32Array(Math.ceil(scratchBytes / 4))];
  const layout = (list: readonly Float32Array[]): { offsets: number[]; bytes: number } => {
    const offsets: number[] = [];
    let bytes = 0;
    for (const data of list) {
      offsets.push(bytes);
      bytes += Math.ceil((data.byteLength + 32) / 64) * 64;
    }
    return { offsets, bytes };
  };
  const inArena = layout(arena);
  if (placed) {
    const [upper, lower] = [placed.buffer, placed.over].map(id => arena[id]?.byteLength ?? 0);
    inArena.offsets[placed.over] = inArena.bytes;
    inArena.offsets[placed.buffer] = inArena.bytes + placed.distance;
    inArena.bytes += Math.ceil((Math.max(lower ?? 0, placed.distance + (upper ?? 0)) + 32) / 64) * 64;
  }
  const inWeights = layout(buffers.weights);
  const bases = { arena: ARENA_BASE, weights: ARENA_BASE + inArena.bytes + 64 };
  const pages = Math.ceil((bases.weights + inWeights.bytes) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: sharesMemory(target) });
  const offsetOf = (ref: BufferRef): number =>
    (ref.space === 'arena' ? inArena : inWeights).offsets[ref.id] ?? Number.NaN;
  const dataOf = (ref: BufferRef): Float32Array =>
    (ref.space === 'arena' ? arena : buffers.weights)[ref.id] ?? new Float32Array(0);
  const view = (ref: BufferRef): Float32Array =>
    new Float32Array(memory.buffer, bases[spaceOf(ref)] + offsetOf(ref), dataOf(ref).length);
  for (const space of ['arena', 'weights'] as const)
    (space === 'arena' ? arena : buffers.weights).forEach((data, id) => {
      view({ space, id }).set(data);
    });
  const last = placed && { space: 'arena' as const, id: placed.buffer };
  if (last) view(last).set(dataOf(last));
  return { memory, bases, offsetOf, view };
}

/**
 * Emits the kernel for the buffers and returns the machine and one call that runs all of its phases. Of several with
 * names, all the same, it is the first. `call` runs units [begin, end) of one phase on the first worker.
 */
export function prepare(
  spec: KernelSpec,
  buffers: Buffers,
  target: KernelTarget,
  placed?: Placed,
  names: readonly string[] = ['kernel'],
  wanted?: Wanted,
): {
  machine: Machine;
  run: () => void;
  call: (phase: number, begin: number, end: number) => void;
  units: readonly number[];
} {
  const needs = kernelNeeds(spec, target.simd, target.threads);
  const scratchBytes =
    needs.scratchShared + needs.scratchPerWorker * target.threads - (needs.scratchSpare ?? 0);
  const made = machine(buffers, scratchBytes, target, placed);
  const scratch: BufferRef = { space: 'arena', id: buffers.arena.length };
  const kernels = names.map(name => ({ name, spec, scratch, ...(wanted && { wanted }) }));
  const { bytes, phases } = emitModule(kernels, made.offsetOf, target);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: {
      memory: made.memory,
      arena: new WebAssembly.Global({ value: 'i32' }, made.bases.arena),
      weights: new WebAssembly.Global({ value: 'i32' }, made.bases.weights),
    },
  });
  const own = phases[0] ?? [];
  const functionOf = (name: string | undefined) =>
    instance.exports[name ?? ''] as (begin: number, end: number, worker: number) => void;
  const run = (): void => {
    for (const phase of own)
      for (let worker = 0; worker < target.threads; worker++) {
        const part = (k: number): number => Math.floor((phase.units * k) / target.threads);
        functionOf(phase.function)(part(worker), part(worker + 1), worker);
      }
  };
  const call = (phase: number, begin: number, end: number): void =>
    functionOf(own[phase]?.function)(begin, end, 0);
  return { machine: made, run, call, units: own.map(({ units }) => units) };
}

/** The first differences between the kernel and the interpreter, as text; none when they agree. */
export function differences(spec: HeavySpec, buffers: Buffers, target: KernelTarget): string[] {
  return differencesFrom(spec, spec, buffers, target);
}

/** The same for a kernel that computes in another way what `spec` means. */
export function differencesFrom(
  spec: HeavySpec,
  kernel: KernelSpec,
  buffers: Buffers,
  target: KernelTarget,
): string[] {
  const { machine: made, run } = prepare(kernel, buffers, target);
  run();
  const shared = prepare(kernel, buffers, target, undefined, ['kernel', 'another']);
  shared.run();
  const read = (ref: BufferRef): Float32Array => buffers[spaceOf(ref)][ref.id] ?? new Float32Array(0);
  const expected = {
    arena: buffers.arena.map(data => Float64Array.from(data)),
    weights: buffers.weights.map(data => Float64Array.from(data)),
  };
  interpret(spec, read, (ref, element, value) => {
    const data = expected[spaceOf(ref)][ref.id];
    if (!data || element < 0 || element >= data.length) throw new Error(`write outside of buffer ${ref.id}`);
    data[element] = value;
  });
  const found: string[] = [];
  for (const space of ['arena', 'weights'] as const)
    expected[space].forEach((data, id) => {
      const actual = made.view({ space, id });
      const alike = shared.machine.view({ space, id });
      data.forEach((value, k) => {
        const got = actual[k] ?? Number.NaN;
        if (!Object.is(alike[k], got) && found.length < 5)
          found.push(`${space} ${id}[${k}]: ${got}, but ${alike[k]} where the code is shared`);
        const close = Object.is(got, value) || Math.abs(got - value) <= 1e-4 + 1e-4 * Math.abs(value);
        if (!close && found.length < 5) found.push(`${space} ${id}[${k}]: expected ${value}, got ${got}`);
      });
    });
  return found;
}
