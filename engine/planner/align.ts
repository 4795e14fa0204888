// Rounding of offsets. Bytes are integers below 2^53, so no bit operations.

/** The smallest multiple of `alignment` that is not below `offset`. Both in bytes. */
export function alignUp(offset: number, alignment: number): number {
  return alignment === 1 ? offset : Math.ceil(offset / alignment) * alignment;
}

/** Whatever moves by a multiple of it stays aligned to both. */
export function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
