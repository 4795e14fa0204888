// Attention and its relatives. Heads are an axis (batch, heads, length, size), or folded into the last one
// (batch, length, heads · size).

import { intAttribute } from '../../attributes.ts';
import type { Shape } from '../../types.ts';
import { dtypeOf, fail, type InferContext, isPresent, operator, sameDtype, shapeOf } from '../definition.ts';

/** Extents of one attention call, whichever way its heads are stored. */
export interface AttentionSizes {
  readonly batch: number;
  readonly queryHeads: number;
  readonly keyHeads: number;
  readonly queries: number;
  /** without the past */
  readonly keys: number;
  readonly past: number;
  readonly keySize: number;
  readonly valueSize: number;
  /** heads folded into the last axis */
  readonly folded: boolean;
}

/**
 * Query, key and value are [batch, heads, length, size], or [batch, length, heads · size] with attributes that say how
 * many heads. ShapeError where the query is neither.
 */
export function attentionSizes(context: InferContext): AttentionSizes {
  const [q, k, v] = [shapeOf(context, 0), shapeOf(context, 1), shapeOf(context, 2)];
  const past = isPresent(context, 4) ? (shapeOf(context, 4)[2] ?? 0) : 0;
  if (q.length === 4) {
    const [batch = 0, queryHeads = 0, queries = 0, keySize = 0] = q;
    const [, keyHeads = 0, keys = 0] = k;
    const valueSize = v[3] ?? 0;
    return { batch, queryHeads, keyHeads, queries, keys, past, keySize, valueSize, folded: false };
  }
  if (q.length !== 3) fail(context, `the query should have 3 or 4 axes, found ${q.length}`);
  const queryHeads = intAttribute(context.node, 'q_num_heads');
  const keyHeads = intAttribute(context.node, 'kv_num_heads');
  return {
    batch: q[0] ?? 0,
    queryHeads,
    keyHeads,
    queries: q[1] ?? 0,
    keys: k[1] ?? 0,
    past,
    keySize: (q[2] ?? 0) / queryHeads,
    valueSize: (v[2] ?? 0) / keyHeads,
    folded: true,
  };
}

/** Result, present key, present value, scores. */
function attentionShapes(context: InferContext): Shape[] {
  const { batch, queryHeads, keyHeads, queries, keys, past, keySize, valueSize, folded } =
    attentionSizes(context);
  const total = past + keys;
  return [
    folded ? [batch, queries, queryHeads * valueSize] : [batch, queryHeads, queries, valueSize],
    [batch, keyHeads, total, keySize],
    [batch, keyHeads, total, valueSize],
    [batch, queryHeads, queries, total],
  ];
}

/** Result (batch, length, heads · value size) and state (batch, key heads, key size, value size). */
function linearAttentionShapes(context: InferContext): Shape[] {
  const { batch, queryHeads, keyHeads, queries, keySize, valueSize } = attentionSizes({
    ...context,
    inputs: context.inputs.slice(0, 3),
  });
  return [
    [batch, queries, queryHeads * valueSize],
    [batch, keyHeads, keySize, valueSize],
  ];
}

/** Result as the input, and the last kernel − 1 inputs of every channel. */
function causalConvShapes(context: InferContext): Shape[] {
  const input = shapeOf(context, 0);
  const kernel = shapeOf(context, 1)[2] ?? 1;
  return [input, [input[0] ?? 0, input[1] ?? 0, kernel - 1]];
}

export const ATTENTION = [
  operator('Attention', {
    kind: 'attention',
    dtypes: context => [dtypeOf(context, 0), dtypeOf(context, 1), dtypeOf(context, 2), dtypeOf(context, 0)],
    shapes: attentionShapes,
  }),
  operator('ai.onnx.preview.FlexAttention', { kind: 'attention', shapes: attentionShapes }),
  operator('LinearAttention', { kind: 'attention', dtypes: sameDtype, shapes: linearAttentionShapes }),
  operator('CausalConvWithState', { kind: 'convolution', shapes: causalConvShapes }),
  operator('RotaryEmbedding', { kind: 'attention' }),
];
