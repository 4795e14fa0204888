// A ReLU transformer decoder in the form of OPT (Zhang et al., arXiv 2205.01068): pre-norm, causal self-attention,
// feed-forward pairs with a ReLU between, learned positions. 6 layers of width 512, small enough to build in a moment.

import { attr } from '../ir/graph.ts';
import type { Model, ValueId } from '../ir/types.ts';
import { Network } from './network.ts';
import { embedding, linear, MASKED, normWeights, selfAttention } from './transformer.ts';

const LAYERS = 6;
const WIDTH = 512;
const HEADS = 8;
const FEED_FORWARD = 4 * WIDTH;
const VOCABULARY = 8192;
const TOKENS = 128;
// 2 · LAYERS branches add up: each brings a fraction of the variance.
const BRANCH_GAIN = 1 / LAYERS;

function layerNorm(network: Network, name: string, input: ValueId): ValueId {
  const inputs = [input, ...normWeights(network, name, WIDTH)];
  return network.op(name, 'LayerNormalization', inputs, { axis: attr.int(-1), epsilon: attr.float(1e-5) });
}

/** 0 where a token may look, at itself and before, and MASKED after: [1, 1, TOKENS, TOKENS]. */
function causalMask(network: Network): ValueId {
  const mask = new Float32Array(TOKENS * TOKENS);
  for (let row = 0; row < TOKENS; row++) mask.fill(MASKED, row * TOKENS + row + 1, (row + 1) * TOKENS);
  return network.floats('causal_mask', [1, 1, TOKENS, TOKENS], mask);
}

function layer(network: Network, name: string, input: ValueId, mask: ValueId): ValueId {
  const normed = layerNorm(network, `${name}.attention_norm`, input);
  const options = { tokens: TOKENS, width: WIDTH, heads: HEADS, mask, outputGain: BRANCH_GAIN };
  const attended = selfAttention(network, `${name}.attention`, normed, options);
  const middle = network.op(`${name}.attention_add`, 'Add', [input, attended]);
  const again = layerNorm(network, `${name}.ffn_norm`, middle);
  const wide = linear(network, `${name}.fc1`, again, { from: WIDTH, to: FEED_FORWARD });
  const rectified = network.op(`${name}.relu`, 'Relu', [wide]);
  const back = { from: FEED_FORWARD, to: WIDTH, gain: 2 * BRANCH_GAIN };
  return network.op(`${name}.ffn_add`, 'Add', [middle, linear(network, `${name}.fc2`, rectified, back)]);
}

/** input_ids: int64 [1, 128] → logits: float32 [1, 128, 8192]. */
export function reluDecoder(): Model {
  const network = new Network('relu-decoder', { seed: 105, opset: 17 });
  const ids = network.input('input_ids', 'int64', [1, TOKENS]);
  const positions = network.ints(
    'position_ids',
    Array.from({ length: TOKENS }, (_, i) => i),
  );
  const words = embedding(network, 'embed_tokens', ids, VOCABULARY, WIDTH);
  const places = embedding(network, 'embed_positions', positions, TOKENS, WIDTH);
  let x = network.op('embeddings', 'Add', [words, places]);
  const mask = causalMask(network);
  for (let index = 0; index < LAYERS; index++) x = layer(network, `layers.${index}`, x, mask);
  const normed = layerNorm(network, 'final_norm', x);
  const head = { from: WIDTH, to: VOCABULARY, bias: false };
  return network.model([linear(network, 'logits', normed, head)]);
}
