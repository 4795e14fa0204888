// A BERT encoder (Devlin et al., arXiv 1810.04805) of the size of MiniLM-L6 (arXiv 2002.10957): 6 layers, width 384,
// 12 heads, 128 tokens; LayerNorm and GELU decomposed as PyTorch's exporter did up to opset 16. 22,713,216 parameters.

import { attr } from '../ir/graph.ts';
import type { Model, ValueId } from '../ir/types.ts';
import { Network } from './network.ts';
import { embedding, linear, MASKED, normWeights, selfAttention } from './transformer.ts';

const LAYERS = 6;
const WIDTH = 384;
const HEADS = 12;
const FEED_FORWARD = 4 * WIDTH;
const VOCABULARY = 30522;
const POSITIONS = 512;
const TOKENS = 128;

/** (x − mean) / √(variance + ε) · weight + bias over the last axis. */
function layerNorm(network: Network, name: string, input: ValueId): ValueId {
  const [weight, bias] = normWeights(network, name, WIDTH);
  const over = { axes: attr.ints([-1]), keepdims: attr.int(1) };
  const mean = network.op(`${name}.mean`, 'ReduceMean', [input], over);
  const centred = network.op(`${name}.centred`, 'Sub', [input, mean]);
  const squared = network.op(`${name}.squared`, 'Pow', [centred, network.scalar('two', 2)]);
  const variance = network.op(`${name}.variance`, 'ReduceMean', [squared], over);
  const above = network.op(`${name}.above`, 'Add', [variance, network.scalar('epsilon', 1e-12)]);
  const deviation = network.op(`${name}.deviation`, 'Sqrt', [above]);
  const normed = network.op(`${name}.normed`, 'Div', [centred, deviation]);
  return network.op(name, 'Add', [network.op(`${name}.scaled`, 'Mul', [normed, weight]), bias]);
}

/** x · (1 + erf(x / √2)) / 2 */
function gelu(network: Network, name: string, input: ValueId): ValueId {
  const scaled = network.op(`${name}.scaled`, 'Div', [input, network.scalar('root_two', Math.SQRT2)]);
  const erf = network.op(`${name}.erf`, 'Erf', [scaled]);
  const above = network.op(`${name}.above`, 'Add', [erf, network.scalar('one', 1)]);
  const gated = network.op(`${name}.gated`, 'Mul', [input, above]);
  return network.op(name, 'Mul', [gated, network.scalar('half', 0.5)]);
}

function layer(network: Network, name: string, input: ValueId, mask: ValueId): ValueId {
  const options = { tokens: TOKENS, width: WIDTH, heads: HEADS, mask, outputGain: 1 };
  const attended = selfAttention(network, `${name}.attention`, input, options);
  const middle = network.op(`${name}.attention_add`, 'Add', [attended, input]);
  const normed = layerNorm(network, `${name}.attention_norm`, middle);
  const wide = linear(network, `${name}.intermediate`, normed, { from: WIDTH, to: FEED_FORWARD });
  const back = { from: FEED_FORWARD, to: WIDTH, gain: 2 };
  const narrow = linear(network, `${name}.output`, gelu(network, `${name}.gelu`, wide), back);
  return layerNorm(network, `${name}.norm`, network.op(`${name}.add`, 'Add', [narrow, normed]));
}

function embeddings(network: Network, ids: ValueId, types: ValueId): ValueId {
  const positions = network.ints(
    'position_ids',
    Array.from({ length: TOKENS }, (_, i) => i),
  );
  const words = embedding(network, 'word_embeddings', ids, VOCABULARY, WIDTH);
  const kinds = embedding(network, 'token_type_embeddings', types, 2, WIDTH);
  const places = embedding(network, 'position_embeddings', positions, POSITIONS, WIDTH);
  const sum = network.op('embeddings.add', 'Add', [words, kinds]);
  return layerNorm(network, 'embeddings.norm', network.op('embeddings.sum', 'Add', [sum, places]));
}

/** [1, TOKENS] of 1 and 0 → [1, 1, 1, TOKENS] of 0 and MASKED. */
function attentionMask(network: Network, mask: ValueId): ValueId {
  const heads = network.op('mask.heads', 'Unsqueeze', [mask, network.ints('axis_1', [1])]);
  const queries = network.op('mask.queries', 'Unsqueeze', [heads, network.ints('axis_2', [2])]);
  const float = network.op('mask.float', 'Cast', [queries], { to: attr.int(1) });
  const inverted = network.op('mask.inverted', 'Sub', [network.scalar('one', 1), float]);
  return network.op('mask', 'Mul', [inverted, network.scalar('masked', MASKED)]);
}

/** What classifiers use: the first token's state through a layer and tanh. */
function pooler(network: Network, states: ValueId): ValueId {
  const first = network.op('pooler.first', 'Gather', [states, network.ints('first', [0], [])], {
    axis: attr.int(1),
  });
  const weight = network.weight('pooler.dense.weight', [WIDTH, WIDTH], WIDTH, 1);
  const bias = network.spread('pooler.dense.bias', [WIDTH], -0.1, 0.1);
  const dense = network.op('pooler.dense', 'Gemm', [first, weight, bias], {
    alpha: attr.float(1),
    beta: attr.float(1),
    transB: attr.int(1),
  });
  return network.op('pooler_output', 'Tanh', [dense]);
}

/** input_ids, attention_mask, token_type_ids: int64 [1, 128] → float32 [1, 128, 384] and the pooled [1, 384]. */
export function bertEncoder(): Model {
  const network = new Network('bert-encoder', { seed: 106, opset: 14 });
  const ids = network.input('input_ids', 'int64', [1, TOKENS]);
  const attention = network.input('attention_mask', 'int64', [1, TOKENS]);
  const types = network.input('token_type_ids', 'int64', [1, TOKENS]);
  const mask = attentionMask(network, attention);
  let x = embeddings(network, ids, types);
  for (let index = 0; index < LAYERS; index++) x = layer(network, `layer.${index}`, x, mask);
  return network.model([x, pooler(network, x)]);
}
