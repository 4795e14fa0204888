// Maximum and average pooling. Positions in the padding never win a maximum and add nothing to an average.

import { LANES } from '../../../options.ts';
import type { PoolSpec } from '../../../select/spec/window.ts';
import type { Template } from '../../context.ts';
import { withPlanes } from '../strip/planes.ts';
import { emitWindow } from './emit.ts';
import { windowTraversal } from './traversal.ts';
import { type WindowKernel, windowNeeds } from './window.ts';

function kernelOf(spec: PoolSpec): WindowKernel {
  const { mode, countPadding, window } = spec;
  return {
    ...spec,
    operation: mode === 'max' ? { kind: 'max' } : { kind: 'average', countPadding },
    outside: spec.outside,
    input: withPlanes(window, spec.input),
    epilogue: withPlanes(window, spec.epilogue),
  };
}

export const pool: Template<PoolSpec> = {
  needs: (spec, simd, threads) => windowNeeds(kernelOf(spec), LANES[simd], threads),
  traverse: (spec, simd, threads, pace) => windowTraversal(kernelOf(spec), LANES[simd], threads, pace),
  emit: (k, spec, _phase, needs) => emitWindow(k, kernelOf(spec), needs),
};
