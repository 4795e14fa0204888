// Loops over elements, several at a time.

import type { Vectors } from '../../vector/vector.ts';
import type { Operand32 } from '../../wasm/function.ts';

/** Runs `body` for `count` elements: full vectors in a loop, then once for the lanes that are left. */
export function emitLanes(v: Vectors, count: number, body: (lanes: number) => void): void {
  const { f } = v;
  f.scope(() => {
    const done = f.local('i32', 'done');
    f.range(done, 0, count, v.lanes, () => body(v.lanes));
  });
  if (count % v.lanes) body(count % v.lanes);
}

/** Runs `body` for `count` elements, as many at a time as the steps say, the largest first; then for those left over. */
export function inSteps(
  v: Vectors,
  count: Operand32,
  steps: readonly number[],
  body: (number: number) => void,
): void {
  const { f } = v;
  f.scope(() => {
    const done = f.local('i32', 'done');
    f.assign(done, 0);
    let left = typeof count === 'number' ? count : undefined;
    for (const step of typeof count === 'number' ? steps : [...steps, 1]) {
      if (left !== undefined && left < step) continue;
      f.range(done, done, count, step, () => body(step));
      if (left !== undefined) left %= step;
    }
    if (left) body(left);
  });
}
