// The models the app has to open on first start. Listing them builds nothing.

import type { Model } from '../ir/types.ts';
import { bertEncoder } from './bert-encoder.ts';
import { mobilenetV1 } from './mobilenet-v1.ts';
import { mobilenetV2 } from './mobilenet-v2.ts';
import { reluDecoder } from './relu-decoder.ts';
import { resnet50 } from './resnet-50.ts';
import { sixTensors } from './six-tensors.ts';
import { unet } from './unet.ts';

/** A model that is built in code, so that there is one without a file. */
export interface Sample {
  /** stable, kebab-case */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Builds the model; takes up to a second. The same every time. */
  readonly build: () => Model;
}

export const SAMPLES: readonly Sample[] = [
  {
    name: 'six-tensors',
    title: 'Six tensors',
    description:
      'The smallest example of reusing memory: six tensors of 100 bytes, in 300 as given and in less when fused',
    build: sixTensors,
  },
  {
    name: 'mobilenet-v1',
    title: 'MobileNetV1',
    description: 'Depthwise-separable convolutions, 224², 4.2 M parameters',
    build: mobilenetV1,
  },
  {
    name: 'mobilenet-v2',
    title: 'MobileNetV2',
    description: 'Inverted residuals with linear bottlenecks, 224², 3.5 M parameters',
    build: mobilenetV2,
  },
  {
    name: 'resnet-50',
    title: 'ResNet-50',
    description: 'Bottleneck residual network v1.5, 224², 25.6 M parameters',
    build: resnet50,
  },
  {
    name: 'u-net',
    title: 'U-Net',
    description: 'Segmentation with skip connections, 256², 7.8 M parameters',
    build: unet,
  },
  {
    name: 'bert-encoder',
    title: 'BERT encoder',
    description: '6 layers, width 384, 12 heads, 128 tokens, GELU, 22.7 M parameters',
    build: bertEncoder,
  },
  {
    name: 'relu-decoder',
    title: 'ReLU transformer decoder',
    description: '6 layers, width 512, 8 heads, 128 tokens, causal, 27.4 M parameters',
    build: reluDecoder,
  },
];
