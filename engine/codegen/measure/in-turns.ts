// Which of several ways to compute a kernel is fastest here: each runs on memory of its own, one after the other, again
// and again.

import { type SimdClass, sharesMemory } from '../../options.ts';
import type { Question } from '../../select/choices.ts';
import type { BufferRef } from '../../select/spec/access.ts';
import type { KernelSpec } from '../../select/spec/kernel.ts';
import { bufferName } from '../alike.ts';
import { emitModule, kernelNeeds } from '../emit.ts';

/** So long after the last run that was so many times as fast as those before: V8 replaces its first code meanwhile. */
const MEASURE_MS = 150;
const NEW_CODE = 1.5;
const LEAST_ROUNDS = 5;
/** A candidate must be this much faster than the first, which is the model's choice. */
const LEAST_GAIN = 1.03;
const PAGE = 65_536;
/** bytes: buffers begin in cache lines of their own */
const LINE = 64;

/** Which candidate was fastest. */
export interface Answer<Choice> extends Question<Choice> {
  readonly choice: Choice;
  /** ns of the fastest run of each candidate */
  readonly durationsNs: readonly number[];
}

/** The fastest candidate; the first unless another is clearly faster. `clockMs`: from any start. */
export function measureInTurns<Choice>(
  { key, candidates }: Question<Choice>,
  runOf: (candidate: Choice) => () => void,
  clockMs: () => number,
): Answer<Choice> {
  const runs = candidates.map(runOf);
  const durationsNs = runs.map(() => Number.POSITIVE_INFINITY);
  let start = clockMs();
  for (let round = 0; clockMs() - start < MEASURE_MS || round < LEAST_ROUNDS; round++) {
    runs.forEach((run, index) => {
      const begin = clockMs();
      run();
      const end = clockMs();
      const [before = 0, now] = [durationsNs[index], (end - begin) * 1e6];
      if (before > now * NEW_CODE) start = end;
      durationsNs[index] = Math.min(before, now);
    });
  }
  const [modelled = 0] = durationsNs;
  const fastest = Math.min(...durationsNs);
  const choice = candidates[modelled / fastest >= LEAST_GAIN ? durationsNs.indexOf(fastest) : 0];
  if (choice === undefined) throw new Error(`${key} has no candidates`);
  return { key, candidates, choice, durationsNs };
}

/** What a kernel reads or writes. */
export interface LoneBuffer {
  readonly ref: BufferRef;
  readonly bytes: number;
}

/** One kernel for one thread, ready to be called; its operands are ones. */
export function loneKernel(spec: KernelSpec, buffers: readonly LoneBuffer[], simd: SimdClass): () => void {
  const target = { simd, fma: true, threads: 1 };
  const { scratchShared, scratchPerWorker } = kernelNeeds(spec, simd, 1);
  const scratch: BufferRef = { space: 'arena', id: -1 };
  let end = LINE;
  const offsets = new Map<string, number>();
  for (const { ref, bytes } of [...buffers, { ref: scratch, bytes: scratchShared + scratchPerWorker }]) {
    offsets.set(bufferName(ref), end);
    end += Math.ceil(bytes / LINE) * LINE + LINE;
  }
  const kernel = { name: 'kernel', spec, scratch };
  const { bytes, phases } = emitModule([kernel], ref => offsets.get(bufferName(ref)) ?? Number.NaN, target);
  const pages = Math.ceil(end / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: sharesMemory(target) });
  // Pages that nobody wrote are all the same page.
  new Float32Array(memory.buffer).fill(1);
  const base = new WebAssembly.Global({ value: 'i32' }, 0);
  const env = { memory, arena: base, weights: base };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });
  const calls = phases.flat().map(({ function: name, units }) => {
    const call = exports[name];
    if (typeof call !== 'function') throw new Error(`the module exports no function ${name}`);
    return () => call(0, units, 0);
  });
  return () => {
    for (const call of calls) call();
  };
}
