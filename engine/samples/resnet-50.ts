// ResNet-50 (He et al., arXiv 1512.03385), "v1.5" as torchvision has it: the stride of a block is in its 3×3.
// 25,557,032 parameters without BatchNorm's statistics.

import { attr } from '../ir/graph.ts';
import type { Model, ValueId } from '../ir/types.ts';
import { batchNorm, classifier, convolution, convolutionBlock, relu } from './convolution.ts';
import { Network } from './network.ts';

/** Table 1 of the paper: width inside the blocks, blocks, stride of the first of them. */
const STAGES = [
  [64, 3, 1],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 2],
] as const;

const EXPANSION = 4;

interface BlockOptions {
  readonly from: number;
  readonly width: number;
  readonly stride: number;
}

/** Bottleneck: 1×1, 3×3, 1×1 and the shortcut, which is projected where the shape changes. */
function bottleneck(network: Network, name: string, input: ValueId, options: BlockOptions): ValueId {
  const { from, width, stride } = options;
  const to = width * EXPANSION;
  const activation = relu;
  let x = convolutionBlock(network, `${name}.1`, input, { from, to: width, kernel: 1, activation });
  x = convolutionBlock(network, `${name}.2`, x, { from: width, to: width, kernel: 3, stride, activation });
  x = convolution(network, `${name}.3.conv`, x, { from: width, to, kernel: 1 });
  x = batchNorm(network, `${name}.3.bn`, x, to, 0.4);
  let shortcut = input;
  if (from !== to) {
    shortcut = convolution(network, `${name}.shortcut.conv`, input, { from, to, kernel: 1, stride });
    shortcut = batchNorm(network, `${name}.shortcut.bn`, shortcut, to);
  }
  return relu(network, `${name}.relu`, network.op(`${name}.add`, 'Add', [x, shortcut]));
}

/** image: float32 [1, 3, 224, 224] → logits: float32 [1, 1000]. */
export function resnet50(): Model {
  const network = new Network('resnet-50', { seed: 103, opset: 17 });
  const image = network.input('image', 'float32', [1, 3, 224, 224]);
  let from = 64;
  const stem = { from: 3, to: from, kernel: 7, stride: 2, input: 'linear', activation: relu } as const;
  let x = convolutionBlock(network, 'stem', image, stem);
  x = network.op('stem.pool', 'MaxPool', [x], {
    ceil_mode: attr.int(0),
    kernel_shape: attr.ints([3, 3]),
    pads: attr.ints([1, 1, 1, 1]),
    strides: attr.ints([2, 2]),
  });
  STAGES.forEach(([width, blocks, firstStride], stage) => {
    for (let index = 0; index < blocks; index++) {
      const stride = index === 0 ? firstStride : 1;
      x = bottleneck(network, `stage${stage + 1}.${index}`, x, { from, width, stride });
      from = width * EXPANSION;
    }
  });
  return network.model([classifier(network, 'logits', x, from, 1000)]);
}
