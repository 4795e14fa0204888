// Rounding of offsets. Bytes are integers below 2^53, so no bit operations.

/** The smallest multiple of `alignment` that is not below `offset`. Both in bytes. */
export function alignUp(offset: number, alignment: number): number {
  return alignment === 1 ? offset : Math.ceil(offset / alignment) * alignment;
}
