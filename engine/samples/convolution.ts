// Building blocks of convolutional networks, as exporters write them: Conv without bias, BatchNormalization as a node
// of its own, activation. Activations are NCHW.

import { attr } from '../ir/graph.ts';
import type { ValueId } from '../ir/types.ts';
import type { Network } from './network.ts';

/** Channels before and after, and the window. */
export interface ConvolutionOptions {
  readonly from: number;
  readonly to: number;
  /** height and width of the window */
  readonly kernel: number;
  /** default 1 */
  readonly stride?: number;
  /** [top, left, bottom, right]; default: so that stride 1 keeps the size */
  readonly pads?: readonly [number, number, number, number];
  /** default 1; as many as channels is depthwise */
  readonly groups?: number;
  readonly bias?: boolean;
  /** what the input went through: behind a ReLU (default) half of its power is gone, and weights make up for it */
  readonly input?: 'rectified' | 'linear';
}

/** A Conv with seeded weights [to, from / groups, kernel, kernel]. */
export function convolution(
  network: Network,
  name: string,
  input: ValueId,
  options: ConvolutionOptions,
): ValueId {
  const { from, to, kernel, stride = 1, groups = 1, bias = false } = options;
  const around = (kernel - 1) >> 1;
  const pads = options.pads ?? [around, around, around, around];
  const channels = from / groups;
  const gain = options.input === 'linear' ? 1 : 2;
  const shape = [to, channels, kernel, kernel];
  const weight = network.weight(`${name}.weight`, shape, channels * kernel * kernel, gain);
  const inputs = [input, weight];
  if (bias) inputs.push(network.spread(`${name}.bias`, [to], -0.1, 0.1));
  return network.op(name, 'Conv', inputs, {
    dilations: attr.ints([1, 1]),
    group: attr.int(groups),
    kernel_shape: attr.ints([kernel, kernel]),
    pads: attr.ints(pads),
    strides: attr.ints([stride, stride]),
  });
}

/**
 * Inference BatchNormalization whose statistics fit activations of order 1; `scale` is the middle of gamma
 * (small at the end of residual branches, so that sums over many blocks stay of order 1).
 */
export function batchNorm(
  network: Network,
  name: string,
  input: ValueId,
  channels: number,
  scale = 1,
): ValueId {
  const shape = [channels];
  const inputs = [
    input,
    network.spread(`${name}.weight`, shape, 0.8 * scale, 1.2 * scale),
    network.spread(`${name}.bias`, shape, -0.1, 0.1),
    network.spread(`${name}.running_mean`, shape, -0.1, 0.1),
    network.spread(`${name}.running_var`, shape, 0.8, 1.2),
  ];
  return network.op(name, 'BatchNormalization', inputs, { epsilon: attr.float(1e-5) });
}

export const relu = (network: Network, name: string, input: ValueId): ValueId =>
  network.op(name, 'Relu', [input]);

/** min(max(x, 0), 6), for which ONNX has no operator of its own */
export const relu6 = (network: Network, name: string, input: ValueId): ValueId =>
  network.op(name, 'Clip', [input, network.scalar('zero', 0), network.scalar('six', 6)]);

/** Adds an activation behind a value; returns its result. */
export type Activation = typeof relu;

/** Conv, BatchNormalization, activation. */
export function convolutionBlock(
  network: Network,
  name: string,
  input: ValueId,
  options: ConvolutionOptions & { readonly activation: Activation },
): ValueId {
  const convolved = convolution(network, `${name}.conv`, input, options);
  const normed = batchNorm(network, `${name}.bn`, convolved, options.to);
  return options.activation(network, `${name}.act`, normed);
}

/** Mean over the image, then one fully connected layer: `from` channels to `to` classes. */
export function classifier(
  network: Network,
  name: string,
  input: ValueId,
  from: number,
  to: number,
): ValueId {
  const pooled = network.op('avgpool', 'GlobalAveragePool', [input]);
  const flat = network.op('flatten', 'Flatten', [pooled], { axis: attr.int(1) });
  const weight = network.weight(`${name}.weight`, [to, from], from, 1);
  const bias = network.spread(`${name}.bias`, [to], -0.1, 0.1);
  return network.op(name, 'Gemm', [flat, weight, bias], {
    alpha: attr.float(1),
    beta: attr.float(1),
    transB: attr.int(1),
  });
}
