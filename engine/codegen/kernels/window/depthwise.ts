// Depthwise convolution: one input channel to one output channel.

import { LANES } from '../../../options.ts';
import type { DepthwiseSpec } from '../../../select/spec/window.ts';
import type { Template } from '../../context.ts';
import { readsPadding } from '../product/convolution.ts';
import { withPlanes } from '../strip/planes.ts';
import { emitWindow } from './emit.ts';
import { windowTraversal } from './traversal.ts';
import { type WindowKernel, windowNeeds } from './window.ts';

function kernelOf(spec: DepthwiseSpec): WindowKernel {
  if (spec.inChannels !== 1 || spec.outChannels !== 1)
    throw new Error(
      `a depthwise kernel expects 1 → 1 channels per group, got ${spec.inChannels} → ${spec.outChannels}`,
    );
  const { weights, bias, window } = spec;
  const padded = readsPadding(window, spec.inputSize, spec.outputSize);
  return {
    ...spec,
    operation: { kind: 'weighted', weights, ...(bias && { bias }) },
    channels: spec.groups,
    input: withPlanes(window, spec.input),
    epilogue: withPlanes(window, spec.epilogue),
    outside: padded && spec.outside !== 0 ? spec.outside : undefined,
  };
}

export const depthwise: Template<DepthwiseSpec> = {
  needs: (spec, simd, threads) => windowNeeds(kernelOf(spec), LANES[simd], threads),
  traverse: (spec, simd, threads, pace) => windowTraversal(kernelOf(spec), LANES[simd], threads, pace),
  emit: (k, spec, _phase, needs) => emitWindow(k, kernelOf(spec), needs),
};
