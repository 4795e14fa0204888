// An input that is read as stored numbers of 8 bits less a zero point known now: integer kernels need no floats for it.

import type { Access, Prologue } from '../../../select/spec/access.ts';

/** Elements of 8 bits, and the number that is taken from each. */
export interface NarrowRead {
  /** contiguous along the axis that was asked for */
  readonly access: Access;
  readonly zero: number;
}

/** The input as such a read: toF32(x), or toF32(x) − zero, of consecutive elements along `axis`; or undefined. */
export function narrowRead({ expression, reads }: Prologue, axis: number): NarrowRead | undefined {
  const { nodes, results } = expression;
  const nodeAt = (id: number | undefined) => nodes[id ?? -1];
  let node = nodeAt(results[0]);
  let zero = 0;
  if (node?.kind === 'apply' && node.op === 'sub') {
    const subtrahend = nodeAt(node.args[1]);
    if (subtrahend?.kind !== 'constant') return undefined;
    zero = subtrahend.value;
    node = nodeAt(node.args[0]);
  }
  if (node?.kind !== 'apply' || node.op !== 'toF32') return undefined;
  const input = nodeAt(node.args[0]);
  const access = input?.kind === 'input' ? reads[input.index] : undefined;
  const stored = access?.dtype === 'uint8' || access?.dtype === 'int8';
  const fits = Number.isInteger(zero) && Math.abs(zero) <= 255 && results.length === 1;
  return access && stored && fits && access.strides[axis] === 1 ? { access, zero } : undefined;
}
