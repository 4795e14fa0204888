// Building blocks of transformers (Vaswani et al., arXiv 1706.03762), decomposed into operators as exporters write them.
// Activations are [1, tokens, width].

import { attr } from '../ir/graph.ts';
import type { ValueId } from '../ir/types.ts';
import type { Network } from './network.ts';

/** Features before and after. */
export interface LinearOptions {
  readonly from: number;
  readonly to: number;
  /** variance of the result relative to the input's; default 1, and 2 makes up for a ReLU before */
  readonly gain?: number;
  readonly bias?: boolean;
}

/** Fully connected layer over the last axis: MatMul with a [from, to] weight, then Add. */
export function linear(network: Network, name: string, input: ValueId, options: LinearOptions): ValueId {
  const { from, to, gain = 1, bias = true } = options;
  const weight = network.weight(`${name}.weight`, [from, to], from, gain);
  if (!bias) return network.op(name, 'MatMul', [input, weight]);
  const product = network.op(`${name}.matmul`, 'MatMul', [input, weight]);
  return network.op(name, 'Add', [network.spread(`${name}.bias`, [to], -0.1, 0.1), product]);
}

export interface AttentionOptions {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  /** added to the scores, broadcast to [1, heads, tokens, tokens] */
  readonly mask: ValueId;
  /** of the projection at the end; small where many layers add up */
  readonly outputGain: number;
}

/** Multi-head self-attention: projections, softmax(q·kᵀ/√d + mask)·v, projection. */
export function selfAttention(
  network: Network,
  name: string,
  input: ValueId,
  options: AttentionOptions,
): ValueId {
  const { tokens, width, heads, mask } = options;
  const size = width / heads;
  const apart = network.ints('shape.heads', [1, tokens, heads, size]);
  const together = network.ints('shape.tokens', [1, tokens, width]);
  const project = (part: string, perm: readonly number[]): ValueId => {
    const projected = linear(network, `${name}.${part}`, input, { from: width, to: width });
    const split = network.op(`${name}.${part}.split`, 'Reshape', [projected, apart]);
    return network.op(`${name}.${part}.heads`, 'Transpose', [split], { perm: attr.ints(perm) });
  };
  const query = project('query', [0, 2, 1, 3]);
  const key = project('key', [0, 2, 3, 1]);
  const value = project('value', [0, 2, 1, 3]);
  const products = network.op(`${name}.products`, 'MatMul', [query, key]);
  const root = network.scalar('attention.root', Math.sqrt(size));
  const scores = network.op(`${name}.scores`, 'Div', [products, root]);
  const masked = network.op(`${name}.masked`, 'Add', [scores, mask]);
  const weights = network.op(`${name}.softmax`, 'Softmax', [masked], { axis: attr.int(-1) });
  const context = network.op(`${name}.context`, 'MatMul', [weights, value]);
  const back = network.op(`${name}.back`, 'Transpose', [context], { perm: attr.ints([0, 2, 1, 3]) });
  const merged = network.op(`${name}.merged`, 'Reshape', [back, together]);
  return linear(network, `${name}.output`, merged, { from: width, to: width, gain: options.outputGain });
}

/** An embedding table [rows, width], looked up by `ids`. */
export function embedding(
  network: Network,
  name: string,
  ids: ValueId,
  rows: number,
  width: number,
): ValueId {
  const table = network.spread(`${name}.weight`, [rows, width], -1, 1);
  return network.op(name, 'Gather', [table, ids], { axis: attr.int(0) });
}

/** Scale and shift of a LayerNorm, near 1 and 0. */
export const normWeights = (network: Network, name: string, width: number): [ValueId, ValueId] => [
  network.spread(`${name}.weight`, [width], 0.8, 1.2),
  network.spread(`${name}.bias`, [width], -0.1, 0.1),
];

/** What masks an attention score: the lowest float32, which softmax turns into 0. */
export const MASKED = -3.4028234663852886e38;
