// Fills a box with a constant: an elementwise kernel whose expression reads nothing.

import type { ElementwiseSpec, FillSpec } from '../../../select/spec/elementwise.ts';
import type { Template } from '../../context.ts';
import { memoryType } from '../../vector/memory-types.ts';
import { elementwise } from './elementwise.ts';

const asElementwise = ({ extents, value, write }: FillSpec): ElementwiseSpec => {
  const { type } = memoryType(write.dtype);
  const expression = { nodes: [{ kind: 'constant', value, type }], results: [0] } as const;
  return { kind: 'elementwise', extents, body: { expression, reads: [], writes: [write] } };
};

export const fill: Template<FillSpec> = {
  needs: (spec, simd, threads) => elementwise.needs(asElementwise(spec), simd, threads),
  traverse: (spec, simd, threads, pace) =>
    elementwise.traverse?.(asElementwise(spec), simd, threads, pace) ?? [],
  emit: (k, spec, phase, needs) => elementwise.emit(k, asElementwise(spec), phase, needs),
};
