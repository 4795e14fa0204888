// Reads weights ahead: while the tiles of a run multiply with one panel, they fetch the next. A core computes faster
// than weights come from a shared cache or from memory, so the first tile with a new panel would wait for it.
// WebAssembly has no prefetch, so bytes are loaded and dropped, a few for each tile: the processor waits for none of them,
// and goes on by itself with addresses that follow one another.

import type { FunctionBuilder, Local } from '../../wasm/function.ts';

/** What is read ahead. */
export interface Ahead {
  /** where to go on reading */
  readonly pointer: Local;
  /** how many share a panel, and read the next one together */
  readonly tiles: number;
}

/** of a cache line; some processors have longer ones */
const LINE_BYTES = 64;

/** Undefined where a panel is used so rarely that there is no time to read the next one. */
export function aheadOf(f: FunctionBuilder, tiles: number): Ahead | undefined {
  return tiles > 1 ? { pointer: f.local('i32', 'ahead'), tiles } : undefined;
}

/** Goes to what follows a panel of so many bytes; to the panel itself behind the `last` one: nothing may follow it. */
export function seekAhead(
  f: FunctionBuilder,
  { pointer }: Ahead,
  panel: Local,
  { index, last, bytes }: { readonly index: Local; readonly last: number; readonly bytes: number },
): void {
  f.get(index);
  f.i32(last);
  f.op('i32.ne');
  f.scale(bytes);
  f.get(panel);
  f.op('i32.add');
  f.set(pointer);
}

/** Reads one tile's part of what follows so many bytes of the panel, and goes on behind it: never beyond all of it. */
export function readAhead(f: FunctionBuilder, { pointer, tiles }: Ahead, bytes: number): void {
  const part = Math.floor(bytes / tiles);
  if (part === 0) return;
  for (let offset = 0; offset < part; offset += LINE_BYTES) {
    f.get(pointer);
    f.memory('i32.load8_u', offset);
    f.drop();
  }
  f.increment(pointer, part);
}
