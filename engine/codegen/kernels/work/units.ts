// Integer code that kernels share: the number of a work unit taken apart into indices, limits, what is left over behind
// whole tiles, addresses of elements.

import type { Access } from '../../../select/spec/access.ts';
import type { KernelContext } from '../../context.ts';
import type { FunctionBuilder, Local, Operand32 } from '../../wasm/function.ts';

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
    f.assign(current, -1);
    f.range(unit, begin, end, 1, () => {
      f.assign(strip, unit);
      takeIndex(f, strip, blocks, block);
      f.get(strip);
      f.get(current);
      f.op('i32.ne');
      f.if(() => {
        f.assign(current, strip);
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

/**
 * Runs `body` for what is left of `count` behind the `done` ones that filled whole tiles; `rests` are what that can
 * be.
 */
export function eachRest(
  f: FunctionBuilder,
  count: Operand32,
  done: Local,
  rests: readonly number[],
  body: (rest: number) => void,
): void {
  for (const rest of new Set(rests)) {
    if (rest === 0) continue;
    if (typeof count === 'number') {
      body(rest);
      continue;
    }
    f.get(count);
    f.get(done);
    f.op('i32.sub');
    f.i32(rest);
    f.op('i32.eq');
    f.if(() => body(rest));
  }
}

/**
 * Runs `body` with the extent of a block: `size`, but for the last of `total`, which may have less. `at` counts blocks,
 * or what lies in front of one; of the last it is `last`.
 */
export function withBlockSize(
  f: FunctionBuilder,
  { at, last }: { readonly at: Local; readonly last: number },
  total: number,
  size: number,
  body: (valid: number) => void,
): void {
  const rest = total % size;
  if (rest === 0 || total < size) {
    body(rest || size);
    return;
  }
  f.get(at);
  f.i32(last);
  f.op('i32.eq');
  f.if(
    () => body(rest),
    () => body(size),
  );
}

/** Pushes the address of an element of so many bytes; indices that are left out are 0. */
export function pushElement(
  k: KernelContext,
  { buffer, offset, strides }: Access,
  bytes: number,
  at: readonly (Local | undefined)[],
): void {
  const { f } = k;
  k.address(buffer, offset * bytes);
  strides.forEach((stride, axis) => {
    const index = at[axis];
    if (!index || stride === 0) return;
    f.get(index);
    f.scale(stride * bytes);
    f.op('i32.add');
  });
}
