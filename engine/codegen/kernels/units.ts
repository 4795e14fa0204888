// Integer code that kernels share: the number of a work unit taken apart into indices, limits, addresses in scratch.

import type { KernelNeeds } from '../../select/spec.ts';
import type { KernelContext } from '../context.ts';
import type { FunctionBuilder, Local, Operand32 } from '../wasm/function.ts';

/** index ← rest mod extent; rest ← ⌊rest / extent⌋ */
export function takeIndex(f: FunctionBuilder, rest: Local, extent: number, index: Local): void {
  for (const [op, target] of [
    ['i32.rem_u', index],
    ['i32.div_u', rest],
  ] as const) {
    f.get(rest);
    f.i32(extent);
    f.op(op);
    f.set(target);
  }
}

/** A local for every index that varies, the constant 0 for the others. */
export function indexLocals(f: FunctionBuilder, extents: readonly number[]): Operand32[] {
  return extents.map(extent => (extent === 1 ? 0 : f.local('i32', 'index')));
}

/** Row-major indices out of what is left of a unit's number, the last axis first. */
export function takeIndices(
  f: FunctionBuilder,
  rest: Local,
  extents: readonly number[],
  indices: readonly Operand32[],
): void {
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    const index = indices[axis];
    if (typeof index === 'object') takeIndex(f, rest, extents[axis] ?? 1, index);
  }
}

/**
 * Goes through a worker's units, the blocks of one strip after those of another: `enter` where a strip begins, `body`
 * for every unit.
 */
export function eachBlockOfStrips(
  { f, begin, end }: KernelContext,
  blocks: number,
  block: Local,
  enter: (strip: Local) => void,
  body: () => void,
): void {
  f.scope(() => {
    const [unit, strip, current] = [
      f.local('i32', 'unit'),
      f.local('i32', 'strip'),
      f.local('i32', 'current'),
    ];
    f.i32(-1);
    f.set(current);
    f.range(unit, begin, end, 1, () => {
      f.get(unit);
      f.set(strip);
      takeIndex(f, strip, blocks, block);
      f.get(strip);
      f.get(current);
      f.op('i32.ne');
      f.if(() => {
        f.get(strip);
        f.set(current);
        enter(strip);
      });
      body();
    });
  });
}

/** local ← min(local, bound), signed */
export function limitTo(f: FunctionBuilder, local: Local, bound: Operand32): void {
  f.get(local);
  f.operand(bound);
  f.get(local);
  f.operand(bound);
  f.op('i32.lt_s');
  f.select();
  f.set(local);
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
