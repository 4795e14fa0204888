// Attention, and what stands around it, as com.microsoft has them, against onnxruntime-web.

import { attr } from '../../../engine/ir/graph.ts';
import {
  bytes,
  floats,
  i32,
  i64,
  type OperatorCase,
  scale,
  testAsOther,
  zero,
} from '../../support/operator-case.ts';

const { ints, int, float } = attr;

const ATTENTION: readonly OperatorCase[] = [
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(2, 5, 8), floats(8, 24), floats(24)],
    attributes: { num_heads: int(2) },
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(2, 5, 8), floats(8, 24), floats(24), i32([2], [3, 5])],
    attributes: { num_heads: int(4) },
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(2, 3, 8), floats(8, 24), floats(24), i32([2, 3], [1, 1, 0, 1, 1, 1])],
    attributes: { num_heads: int(2), unidirectional: int(1) },
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(2, 3, 8), floats(8, 24), floats(24), undefined, floats(2, 2, 2, 4, 4)],
    attributes: { num_heads: int(2), unidirectional: int(1) },
    outputs: 2,
  },
  {
    op: 'com.microsoft.Attention',
    inputs: [floats(1, 3, 6), floats(6, 20), floats(20), undefined, undefined, floats(1, 2, 3, 3)],
    attributes: { num_heads: int(2), qkv_hidden_sizes: ints([8, 8, 4]), scale: float(0.3) },
  },
  {
    op: 'com.microsoft.QAttention',
    inputs: [
      bytes('uint8', 2, 3, 8),
      bytes('int8', 8, 24),
      floats(24),
      scale(0.01),
      scale(0.01),
      i32([2], [3, 2]),
      zero('uint8', 128),
      zero('int8', 0),
    ],
    attributes: { num_heads: int(2) },
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [floats(2, 3, 8), floats(2, 5, 8), floats(2, 5, 12)],
    attributes: { num_heads: int(4) },
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [
      floats(2, 3, 8),
      floats(2, 3, 8),
      floats(2, 3, 8),
      floats(24),
      i32([2, 3], [1, 1, 0, 1, 1, 1]),
      floats(1, 2, 3, 3),
    ],
    attributes: { num_heads: int(2) },
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [
      floats(1, 1, 8),
      floats(1, 1, 8),
      floats(1, 1, 8),
      undefined,
      undefined,
      undefined,
      floats(1, 2, 4, 4),
      floats(1, 2, 4, 4),
    ],
    attributes: { num_heads: int(2), unidirectional: int(1) },
    outputs: 3,
  },
  {
    op: 'com.microsoft.MultiHeadAttention',
    inputs: [floats(1, 3, 8), floats(1, 2, 5, 4), floats(1, 2, 5, 4)],
    attributes: { num_heads: int(2) },
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [
      floats(1, 5, 32),
      floats(1, 5, 16),
      floats(1, 5, 16),
      undefined,
      undefined,
      i32([1], [4]),
      i32([], [5]),
    ],
    attributes: { num_heads: int(4), kv_num_heads: int(2) },
    outputs: 3,
    fed: [0, 1, 2],
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [
      floats(1, 1, 64),
      floats(1, 1, 32),
      floats(1, 1, 32),
      floats(1, 2, 4, 16),
      floats(1, 2, 4, 16),
      i32([1], [4]),
      i32([], [5]),
      floats(9, 8),
      floats(9, 8),
    ],
    attributes: { num_heads: int(4), kv_num_heads: int(2), do_rotary: int(1), scale: float(0.25) },
    outputs: 3,
    fed: [0, 3, 4],
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [
      floats(2, 1, 128),
      undefined,
      undefined,
      floats(2, 2, 6, 16),
      floats(2, 2, 6, 16),
      i32([2], [5, 5]),
      i32([], [6]),
      floats(9, 8),
      floats(9, 8),
    ],
    attributes: {
      num_heads: int(4),
      kv_num_heads: int(2),
      do_rotary: int(1),
      rotary_interleaved: int(1),
      local_window_size: int(2),
      softcap: float(5),
    },
    outputs: 3,
    fed: [0, 3, 4],
  },
  {
    op: 'com.microsoft.GroupQueryAttention',
    inputs: [floats(2, 4, 64), undefined, undefined, undefined, undefined, i32([2], [3, 3]), i32([], [4])],
    attributes: { num_heads: int(4), kv_num_heads: int(2), smooth_softmax: int(1) },
    outputs: 3,
  },
  {
    op: 'com.microsoft.RotaryEmbedding',
    inputs: [floats(2, 3, 16), i64([1], [2]), floats(8, 4), floats(8, 4)],
  },
  {
    op: 'com.microsoft.RotaryEmbedding',
    inputs: [floats(1, 2, 3, 8), i64([1, 3], [4, 0, 2]), floats(8, 4), floats(8, 4)],
    attributes: { interleaved: int(1) },
  },
  {
    op: 'com.microsoft.RotaryEmbedding',
    inputs: [floats(1, 3, 16), i64([1, 3], [4, 0, 2]), floats(8, 2), floats(8, 2)],
    attributes: { num_heads: int(2), rotary_embedding_dim: int(4) },
  },
];

const NORMALIZATION: readonly OperatorCase[] = [
  {
    op: 'com.microsoft.EmbedLayerNormalization',
    inputs: [
      i32([2, 3], [1, 0, 4, 2, 2, 3]),
      i32([2, 3], [0, 0, 1, 0, 1, 1]),
      floats(5, 8),
      floats(6, 8),
      floats(2, 8),
      floats(8),
      floats(8),
      i32([2, 3], [1, 1, 0, 1, 1, 1]),
    ],
    outputs: 2,
  },
  {
    op: 'com.microsoft.EmbedLayerNormalization',
    inputs: [
      i32([1, 3], [1, 0, 4]),
      undefined,
      floats(5, 8),
      floats(6, 8),
      undefined,
      floats(8),
      floats(8),
      undefined,
      i32([1, 3], [5, 0, 2]),
    ],
    attributes: { epsilon: float(1e-5) },
    outputs: 3,
  },
  {
    op: 'SimplifiedLayerNormalization',
    inputs: [floats(2, 3, 8), floats(8)],
    attributes: { axis: int(-1), epsilon: float(1e-6) },
  },
  {
    op: 'com.microsoft.SkipSimplifiedLayerNormalization',
    inputs: [floats(2, 3, 8), floats(2, 3, 8), floats(8)],
    outputs: 4,
    attributes: { epsilon: float(1e-6) },
  },
  {
    op: 'com.microsoft.SkipLayerNormalization',
    inputs: [floats(2, 3, 8), floats(1, 3, 8), floats(8), floats(8), floats(8)],
    attributes: { epsilon: float(1e-6) },
  },
];

testAsOther([...ATTENTION, ...NORMALIZATION]);
