// Work units and loops over the outer axes of a kernel: a flat count of rows, handed out in units.

import type { KernelContext } from '../../context.ts';
import type { Local, Operand32 } from '../../wasm/function.ts';

/** Work (in vector operations per lane, see `expressionCost`) below which a unit is not worth handing to another
 * worker: a few microseconds. */
const UNIT_WORK = 65536;

/** Items handed out in units of so many; the last unit may have fewer. */
export interface Split {
  readonly units: number;
  readonly perUnit: number;
}

/** Splits `count` items of so much work each into units of at least UNIT_WORK. */
export const splitInto = (count: number, cost: number): Split => {
  const perUnit = Math.max(1, Math.min(count, Math.ceil(UNIT_WORK / Math.max(1, cost))));
  return { units: Math.max(1, Math.ceil(count / perUnit)), perUnit };
};

/** The items of the units [begin, end): two i32 locals, from and to. */
export const itemRange = (
  k: KernelContext,
  { perUnit }: Split,
  count: Operand32,
): { from: Local; to: Local } => {
  const { f } = k;
  const from = f.local('i32', 'from');
  const to = f.local('i32', 'to');
  const end = f.local('i32', 'end');
  f.get(k.begin);
  f.scale(perUnit);
  f.set(from);
  f.get(k.end);
  f.scale(perUnit);
  f.tee(end);
  f.operand(count);
  f.get(end);
  f.operand(count);
  f.op('i32.lt_s');
  f.select();
  f.set(to);
  return { from, to };
};

/**
 * Runs `body` for the rows [from, to) of a space of these extents, in row-major order.
 * `body` gets the row's indices, one local per axis.
 */
export const forRows = (
  k: KernelContext,
  extents: readonly number[],
  from: Operand32,
  to: Operand32,
  body: (indices: readonly Local[]) => void,
): void => {
  const { f } = k;
  f.scope(() => {
    const indices = extents.map((_, axis) => f.local('i32', `i${axis}`));
    decompose(k, extents, indices, from);
    const row = f.local('i32', 'row');
    f.range(row, from, to, 1, () => {
      body(indices);
      step(k, extents, indices);
    });
  });
};

/** indices ← those of flat row number `from` */
const decompose = (
  k: KernelContext,
  extents: readonly number[],
  indices: readonly Local[],
  from: Operand32,
): void => {
  const { f } = k;
  if (from === 0) {
    for (const index of indices) {
      f.assign(index, 0);
    }
    return;
  }
  f.scope(() => {
    const rest = f.local('i32', 'rest');
    f.assign(rest, from);
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      const [index, extent] = [indices[axis], extents[axis]];
      if (!index || extent === undefined) continue;
      f.get(rest);
      f.i32(extent);
      f.op('i32.rem_u');
      f.set(index);
      f.get(rest);
      f.i32(extent);
      f.op('i32.div_u');
      f.set(rest);
    }
  });
};

/** indices ← those of the next row */
const step = (k: KernelContext, extents: readonly number[], indices: readonly Local[]): void => {
  const { f } = k;
  const carry = (axis: number): void => {
    const [index, extent] = [indices[axis], extents[axis]];
    if (!index || extent === undefined) return;
    f.increment(index, 1);
    if (axis === 0) return;
    f.get(index);
    f.i32(extent);
    f.op('i32.eq');
    f.if(() => {
      f.assign(index, 0);
      carry(axis - 1);
    });
  };
  carry(extents.length - 1);
};
