// MobileNetV1, width 1.0, 224² (Howard et al., arXiv 1704.04861), as Keras has it: ReLU6, and padding only below and
// to the right where the stride is 2. 4,231,976 parameters without BatchNorm's statistics.

import { attr } from '../ir/graph.ts';
import type { Model } from '../ir/types.ts';
import { classifier, convolutionBlock, relu6 } from './convolution.ts';
import { Network } from './network.ts';

/** Table 1 of the paper: channels after the pointwise convolution, stride of the depthwise one. */
const BLOCKS = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/** image: float32 [1, 3, 224, 224] → probabilities: float32 [1, 1000]. */
export function mobilenetV1(): Model {
  const network = new Network('mobilenet-v1', { seed: 101, opset: 17 });
  const same = (stride: 1 | 2) => ({
    kernel: 3,
    stride,
    pads: stride === 1 ? ([1, 1, 1, 1] as const) : ([0, 0, 1, 1] as const),
    activation: relu6,
  });
  const image = network.input('image', 'float32', [1, 3, 224, 224]);
  let channels = 32;
  let x = convolutionBlock(network, 'stem', image, { from: 3, to: channels, input: 'linear', ...same(2) });
  BLOCKS.forEach(([to, stride], index) => {
    const block = `block${index + 1}`;
    const depthwise = { from: channels, to: channels, groups: channels, ...same(stride) };
    x = convolutionBlock(network, `${block}.depthwise`, x, depthwise);
    const pointwise = { from: channels, to, kernel: 1, activation: relu6 };
    x = convolutionBlock(network, `${block}.pointwise`, x, pointwise);
    channels = to;
  });
  const logits = classifier(network, 'classifier', x, channels, 1000);
  return network.model([network.op('probabilities', 'Softmax', [logits], { axis: attr.int(-1) })]);
}
