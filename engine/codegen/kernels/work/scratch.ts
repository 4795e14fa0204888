// A kernel's scratch: bytes that all workers share, then those of each worker, all in whole cache lines, so that no two
// workers write in one.

import type { KernelNeeds } from '../../../select/spec/kernel.ts';
import type { KernelContext } from '../../context.ts';
import type { Local } from '../../wasm/function.ts';

const LINE_BYTES = 64;

/** Bytes up to the end of the cache line they end in. */
export const wholeLines = (bytes: number): number => Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;

/** Scratch of so many bytes for each worker. */
export function workerScratch(bytes: number): Pick<KernelNeeds, 'scratchPerWorker' | 'scratchSpare'> {
  const scratchPerWorker = wholeLines(bytes);
  return { scratchPerWorker, scratchSpare: scratchPerWorker - bytes };
}

/** Pushes the address of the scratch that all workers share. */
export function pushSharedScratch(k: KernelContext): void {
  if (!k.scratch) throw new Error(`${k.name} needs scratch and was given none`);
  k.address(k.scratch);
}

/** Pushes the address of the worker's own scratch. */
export function pushWorkerScratch(k: KernelContext, needs: KernelNeeds): void {
  if (!k.scratch) throw new Error(`${k.name} needs scratch and was given none`);
  k.address(k.scratch, needs.scratchShared);
  k.f.get(k.worker);
  k.f.scale(needs.scratchPerWorker);
  k.f.op('i32.add');
}

/** The same in a local. */
export function workerScratchPointer(k: KernelContext, needs: KernelNeeds, name = 'scratch'): Local {
  const pointer = k.f.local('i32', name);
  pushWorkerScratch(k, needs);
  k.f.set(pointer);
  return pointer;
}
