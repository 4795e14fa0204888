// U-Net (Ronneberger et al., arXiv 1505.04597) in a small form with BatchNorm: 32 channels at 256², 512 at the bottom,
// as in the reference implementation for brain MRI. 7,763,041 parameters without BatchNorm's statistics.

import { attr } from '../ir/graph.ts';
import type { Model, ValueId } from '../ir/types.ts';
import { convolution, convolutionBlock, relu } from './convolution.ts';
import { Network } from './network.ts';

const LEVELS = [32, 64, 128, 256];
const BOTTOM = 512;

interface StepOptions {
  readonly from: number;
  readonly to: number;
}

function doubleConvolution(network: Network, name: string, input: ValueId, options: StepOptions): ValueId {
  const { from, to } = options;
  const shape = { kernel: 3, activation: relu };
  const x = convolutionBlock(network, `${name}.1`, input, { from, to, ...shape });
  return convolutionBlock(network, `${name}.2`, x, { from: to, to, ...shape });
}

const pool = (network: Network, name: string, input: ValueId): ValueId =>
  network.op(name, 'MaxPool', [input], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) });

/** Transposed convolution of 2×2 with stride 2: doubles height and width. */
function upsample(network: Network, name: string, input: ValueId, { from, to }: StepOptions): ValueId {
  const weight = network.weight(`${name}.weight`, [from, to, 2, 2], from, 2);
  const bias = network.spread(`${name}.bias`, [to], -0.1, 0.1);
  return network.op(name, 'ConvTranspose', [input, weight, bias], {
    kernel_shape: attr.ints([2, 2]),
    strides: attr.ints([2, 2]),
  });
}

/** image: float32 [1, 3, 256, 256] → mask: float32 [1, 1, 256, 256], in (0, 1). */
export function unet(): Model {
  const network = new Network('u-net', { seed: 104, opset: 17 });
  let x = network.input('image', 'float32', [1, 3, 256, 256]);
  let from = 3;
  const skips: ValueId[] = [];
  LEVELS.forEach((to, level) => {
    const skip = doubleConvolution(network, `down${level + 1}`, x, { from, to });
    skips.push(skip);
    x = pool(network, `pool${level + 1}`, skip);
    from = to;
  });
  x = doubleConvolution(network, 'bottom', x, { from, to: BOTTOM });
  from = BOTTOM;
  for (const [level, to] of [...LEVELS.entries()].reverse()) {
    const wide = upsample(network, `upsample${level + 1}`, x, { from, to });
    const skip = skips[level];
    if (skip === undefined) throw new Error('as many skips as levels');
    const both = network.op(`concat${level + 1}`, 'Concat', [wide, skip], { axis: attr.int(1) });
    x = doubleConvolution(network, `up${level + 1}`, both, { from: 2 * to, to });
    from = to;
  }
  const logits = convolution(network, 'head', x, { from, to: 1, kernel: 1, bias: true, input: 'linear' });
  return network.model([network.op('mask', 'Sigmoid', [logits])]);
}
