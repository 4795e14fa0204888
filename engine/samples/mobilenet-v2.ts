// MobileNetV2, width 1.0, 224² (Sandler et al., arXiv 1801.04381), as torchvision has it.
// 3,504,872 parameters without BatchNorm's statistics.

import type { Model, ValueId } from '../ir/types.ts';
import { batchNorm, classifier, convolution, convolutionBlock, relu6 } from './convolution.ts';
import { Network } from './network.ts';

/** Table 2 of the paper: expansion, channels, blocks, stride of the first of them. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

interface BlockOptions {
  readonly from: number;
  readonly to: number;
  readonly expansion: number;
  readonly stride: number;
}

/** Inverted residual with a linear bottleneck. */
function block(network: Network, name: string, input: ValueId, options: BlockOptions): ValueId {
  const { from, to, expansion, stride } = options;
  const wide = from * expansion;
  const activation = relu6;
  let x = input;
  if (expansion !== 1) {
    const expand = { from, to: wide, kernel: 1, input: 'linear', activation } as const;
    x = convolutionBlock(network, `${name}.expand`, x, expand);
  }
  const depthwise = { from: wide, to: wide, kernel: 3, stride, groups: wide, activation };
  x = convolutionBlock(network, `${name}.depthwise`, x, depthwise);
  const residual = stride === 1 && from === to;
  x = convolution(network, `${name}.project.conv`, x, { from: wide, to, kernel: 1 });
  x = batchNorm(network, `${name}.project.bn`, x, to, residual ? 0.4 : 1);
  return residual ? network.op(`${name}.add`, 'Add', [input, x]) : x;
}

/** image: float32 [1, 3, 224, 224] → logits: float32 [1, 1000]. */
export function mobilenetV2(): Model {
  const network = new Network('mobilenet-v2', { seed: 102, opset: 17 });
  const activation = relu6;
  const image = network.input('image', 'float32', [1, 3, 224, 224]);
  let from = 32;
  const stem = { from: 3, to: from, kernel: 3, stride: 2, input: 'linear', activation } as const;
  let x = convolutionBlock(network, 'stem', image, stem);
  STAGES.forEach(([expansion, to, blocks, firstStride], stage) => {
    for (let index = 0; index < blocks; index++) {
      const stride = index === 0 ? firstStride : 1;
      x = block(network, `stage${stage + 1}.${index}`, x, { from, to, expansion, stride });
      from = to;
    }
  });
  x = convolutionBlock(network, 'head', x, { from, to: 1280, kernel: 1, input: 'linear', activation });
  return network.model([classifier(network, 'logits', x, 1280, 1000)]);
}
