// What runs along a sequence, for random models: recurrent layers and attention.

import { attr } from '../../engine/ir/graph.ts';
import type { Step } from './random-model.ts';

const { int, string } = attr;

const recurrent: Step = m => {
  const x = m.float(3);
  if (!x) return undefined;
  const [, , width = 1] = x.tensor.shape;
  const [op, gates] = m.pick([
    ['LSTM', 4],
    ['GRU', 3],
    ['RNN', 1],
  ] as const);
  const hidden = m.pick([1, 3, 8]);
  const direction = m.pick(['forward', 'reverse', 'bidirectional']);
  const d = direction === 'bidirectional' ? 2 : 1;
  const weights = (...shape: number[]) => m.constant(m.floats(shape, 0.25));
  const inputs = [
    x,
    weights(d, gates * hidden, width),
    weights(d, gates * hidden, hidden),
    ...(m.chance(0.6) ? [weights(d, 2 * gates * hidden)] : []),
  ];
  const attributes = {
    hidden_size: int(hidden),
    direction: string(direction),
    ...(op === 'GRU' && { linear_before_reset: int(m.below(2)) }),
  };
  return { op, inputs, attributes, outputs: 2 };
};

const attention: Step = m => {
  const x = m.float(3);
  if (!x) return undefined;
  const [, , width = 1] = x.tensor.shape;
  const heads = width % 2 === 0 ? 2 : 1;
  if (m.chance(0.5)) {
    const attributes = { num_heads: int(heads), unidirectional: int(m.below(2)) };
    return { op: 'com.microsoft.MultiHeadAttention', inputs: [x, x, x], attributes, version: 1 };
  }
  const attributes = { q_num_heads: int(heads), kv_num_heads: int(heads), is_causal: int(m.below(2)) };
  return { op: 'Attention', inputs: [x, x, x], attributes, version: 23 };
};

export const SEQUENCES: readonly Step[] = [recurrent, attention];
