// Which rows read which, in generated code: the arithmetic of plan.ts on i32 locals and globals.

import type { RowsRead } from '../../../select/spec/chain.ts';
import type { FunctionBuilder, Local } from '../../wasm/function.ts';

/** Pushes firstRead(read, row); `row` pushes the row. */
export function pushFirstRead(f: FunctionBuilder, read: RowsRead, rows: number, row: () => void): void {
  row();
  pushSource(f, read);
  clampTop(f, rows);
}

/** Pushes endOfReads(read, row), where that is not below 0 but for the first row; `row` pushes the row. */
export function pushEndOfReads(f: FunctionBuilder, read: RowsRead, rows: number, row: () => void): void {
  row();
  f.i32(1);
  f.op('i32.sub');
  pushSource(f, read);
  f.i32(read.span);
  f.op('i32.add');
  clampTop(f, rows);
  f.i32(0);
  row();
  f.select();
}

/** target ← min(target, value), signed; `value` pushes one. */
export function lower(f: FunctionBuilder, target: Local, value: () => void): void {
  f.scope(() => {
    const other = f.local('i32', 'other');
    value();
    f.set(other);
    f.get(target);
    f.get(other);
    f.get(target);
    f.get(other);
    f.op('i32.lt_s');
    f.select();
    f.set(target);
  });
}

/** i32 on the stack: an output row → ⌊(multiplier · row + shift) / divisor⌋ */
function pushSource(f: FunctionBuilder, { multiplier, shift, divisor }: RowsRead): void {
  // Division is of numbers from 0 on; rows from -1 on are asked about.
  const raised = Math.max(0, Math.ceil((multiplier - shift) / divisor));
  f.scale(multiplier);
  f.i32(shift + raised * divisor);
  f.op('i32.add');
  if (divisor === 1 && raised === 0) return;
  if (divisor !== 1) {
    f.i32(divisor);
    f.op('i32.div_u');
  }
  f.i32(raised);
  f.op('i32.sub');
}

/** i32 on the stack → the nearest of 0 … rows */
function clampTop(f: FunctionBuilder, rows: number): void {
  f.scope(() => {
    const row = f.local('i32', 'row');
    f.set(row);
    lower(f, row, () => f.i32(rows));
    f.get(row);
    f.i32(0);
    f.get(row);
    f.i32(0);
    f.op('i32.gt_s');
    f.select();
  });
}
