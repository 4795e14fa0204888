// Attention operators of com.microsoft, and the calls that the default domain's Attention stands for.
// Source: docs/ContribOperators.md of onnxruntime; spec of Attention-23.

import { boolAttribute, floatAttribute, hasAttribute, intAttribute, intsAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import { tensorOf } from '../tensor.ts';
import { type Composer, ifGiven } from './composer.ts';
import type { Composite } from './composite.ts';
import { attend, causal, HIDDEN, joinHeads, penalty, splitHeads, visibleIn, withPast } from './heads.ts';

/** `scale` when given and not 0, else 1 / √size. */
function scaleOf<V>(c: Composer<V>, size: number): number {
  const given = floatAttribute(c.node, 'scale', 0);
  return given === 0 ? 1 / Math.sqrt(size) : given;
}

/** Where an int32 mask of com.microsoft lets a key count; undefined without a mask. */
function keyMask<V>(c: Composer<V>, mask: V | undefined, batch: number, total: number): V | undefined {
  if (mask === undefined) return undefined;
  const shape = c.shape(mask);
  const places = c.cast(c.reshape(c.counting(total), [1, 1, 1, total]), 'int32');
  const column = (start: number) => c.reshape(c.slice(mask, 0, start, start + batch), [batch, 1, 1, 1]);
  const before = (end: V) => c.apply('Less', [places, c.cast(end, 'int32')]);
  if (shape.length === 1) {
    // Ends of the keys per batch entry; twice as many hold their starts too.
    if (shape[0] !== 2 * batch) return before(column(0));
    const started = c.apply('GreaterOrEqual', [places, c.cast(column(batch), 'int32')]);
    return c.apply('And', [before(column(0)), started]);
  }
  if (shape.length === 2) return c.reshape(mask, [shape[0] ?? 1, 1, 1, shape[1] ?? 1]);
  if (shape.length === 3) return c.reshape(mask, [shape[0] ?? 1, 1, shape[1] ?? 1, shape[2] ?? 1]);
  return c.fail(`a mask of shape [${shape}] is not supported`);
}

/** softmax(q · kᵀ + masks) · v of com.microsoft.Attention and MultiHeadAttention; masks lower scores. */
function masked<V>(c: Composer<V>, heads: Heads<V>, mask: V | undefined, bias: V | undefined): V {
  const { q, k, v } = heads;
  const [batch = 0, , length = 0, size = 0] = c.shape(q);
  const total = c.shape(k)[2] ?? 0;
  const keeps = keyMask(c, mask, batch, total);
  const filter = floatAttribute(c.node, 'mask_filter_value', -10000);
  const biases = [keeps === undefined ? undefined : penalty(c, keeps, filter, q), bias];
  if (boolAttribute(c.node, 'unidirectional', false)) {
    biases.push(penalty(c, causal(c, length, total), c.dtype(q) === 'float16' ? -65504 : HIDDEN, q));
  }
  return joinHeads(c, attend(c, { q, k, v, scale: scaleOf(c, size), biases }));
}

interface Heads<V> {
  readonly q: V;
  readonly k: V;
  readonly v: V;
}

/** Columns of a product that holds query, key and value, as heads. */
function unpacked<V>(c: Composer<V>, product: V, heads: number, sizes: readonly number[]): Heads<V> {
  const [q = 0, k = 0, v = 0] = sizes;
  const part = (start: number, end: number) => splitHeads(c, c.slice(product, 2, start, end), heads);
  return { q: part(0, q), k: part(q, q + k), v: part(q + k, q + k + v) };
}

/**
 * Projects the input to query, key and value, and attends. `past` and the second output: (2, batch, heads, length,
 * size).
 */
function projected<V>(c: Composer<V>, product: V, mask: V | undefined, past: V | undefined, bias?: V) {
  if (boolAttribute(c.node, 'past_present_share_buffer', false)) c.fail('shared caches are not supported');
  if (boolAttribute(c.node, 'do_rotary', false)) c.fail('do_rotary is not supported');
  const width = (c.shape(product)[2] ?? 0) / 3;
  const sizes = intsAttribute(c.node, 'qkv_hidden_sizes') ?? [width, width, width];
  const now = unpacked(c, product, intAttribute(c.node, 'num_heads'), sizes);
  const kept = (index: number) => {
    if (past === undefined) return undefined;
    return c.reshape(c.slice(past, 0, index, index + 1), c.shape(past).slice(1));
  };
  const [k, v] = [withPast(c, kept(0), now.k), withPast(c, kept(1), now.v)];
  const result = masked(c, { q: now.q, k, v }, mask, bias);
  if (c.node.outputs[1] === undefined) return [result];
  const present = [k, v].map(value => c.reshape(value, [1, ...c.shape(value)]));
  return [result, c.concat(0, ...present)];
}

/** input, weights, bias, mask, past, attention bias. */
function microsoftAttention<V>(c: Composer<V>) {
  const product = c.add(c.apply('MatMul', [c.input(0), c.input(1)]), c.inputs[2]);
  return projected(c, product, c.inputs[3], c.inputs[4], c.inputs[5]);
}

/** input, weights, bias, scales of both, mask, zero points of both, past. */
function quantisedAttention<V>(c: Composer<V>) {
  const input = c.dequantised(c.input(0), c.reshape(c.input(3), []), flat(c, c.inputs[6]));
  const weights = c.dequantised(c.input(1), flat(c, c.input(4)), flat(c, c.inputs[7]));
  const product = c.add(c.apply('MatMul', [input, weights]), c.input(2));
  return projected(c, product, c.inputs[5], c.inputs[8]);
}

/** A scale or zero point of one element as a scalar, of several as a vector. */
function flat<V>(c: Composer<V>, value: V): V;
function flat<V>(c: Composer<V>, value: V | undefined): V | undefined;
function flat<V>(c: Composer<V>, value: V | undefined): V | undefined {
  if (value === undefined) return undefined;
  const count = c.shape(value).reduce((a, b) => a * b, 1);
  return c.reshape(value, count === 1 ? [] : [count]);
}

/** Query, key and value of MultiHeadAttention as heads, the projection's bias added. */
function givenHeads<V>(c: Composer<V>, heads: number): Heads<V> {
  const [query, key, value, bias] = [c.input(0), c.inputs[1], c.inputs[2], c.inputs[3]];
  const shape = c.shape(query);
  if (shape.length === 5) {
    // (batch, length, heads, 3, size)
    const pick = (i: number) => packedPart(c, query, i);
    return { q: pick(0), k: pick(1), v: pick(2) };
  }
  const width = shape[2] ?? 0;
  const part = (start: number, extent: number) =>
    ifGiven(bias, whole => c.slice(whole, 0, start, start + extent));
  const q = splitHeads(c, c.add(query, part(0, width)), heads);
  if (key === undefined) return c.fail('the key is missing');
  const keyShape = c.shape(key);
  if (keyShape.length === 5) return { q, k: packedPart(c, key, 0), v: packedPart(c, key, 1) };
  if (value === undefined) return c.fail('the value is missing');
  if (keyShape.length === 4) return { q, k: key, v: value };
  const [keyWidth = 0, valueWidth = 0] = [keyShape[2], c.shape(value)[2]];
  return {
    q,
    k: splitHeads(c, c.add(key, part(width, keyWidth)), heads),
    v: splitHeads(c, c.add(value, part(width + keyWidth, valueWidth)), heads),
  };
}

/** One of the things packed along axis 3 of (batch, length, heads, n, size), as heads. */
function packedPart<V>(c: Composer<V>, packed: V, index: number): V {
  const [batch = 0, length = 0, heads = 0, , size = 0] = c.shape(packed);
  const part = c.reshape(c.slice(packed, 3, index, index + 1), [batch, length, heads, size]);
  return c.transpose(part, 0, 2, 1, 3);
}

/** query, key, value, bias, key mask, attention bias, past key, past value. */
function multiHeadAttention<V>(c: Composer<V>) {
  if (c.inputs[8] !== undefined) c.fail('shared caches are not supported');
  const now = givenHeads(c, intAttribute(c.node, 'num_heads'));
  const k = withPast(c, c.inputs[6], now.k);
  const v = withPast(c, c.inputs[7], now.v);
  return [masked(c, { q: now.q, k, v }, c.inputs[4], c.inputs[5]), k, v];
}

/** The default domain's Attention: Q, K, V, mask, past key, past value, lengths. */
function attention<V>(c: Composer<V>) {
  const { node } = c;
  if (c.inputs[6] !== undefined || node.outputs[3] !== undefined) {
    return c.fail('lengths and scores are computed by the reference');
  }
  const folded = c.rank(c.input(0)) === 3;
  const heads = (index: number, count: string) =>
    folded ? splitHeads(c, c.input(index), intAttribute(node, count)) : c.input(index);
  const q = heads(0, 'q_num_heads');
  const k = withPast(c, c.inputs[4], heads(1, 'kv_num_heads'));
  const v = withPast(c, c.inputs[5], heads(2, 'kv_num_heads'));
  const [, , length = 0, size = 0] = c.shape(q);
  const total = c.shape(k)[2] ?? 0;
  const mask = c.inputs[3];
  if (mask !== undefined && c.shape(mask).at(-1) !== total) return c.fail('a short mask');
  const past = c.inputs[4] === undefined ? 0 : (c.shape(c.inputs[4])[2] ?? 0);
  const looks = boolAttribute(node, 'is_causal', false) ? causal(c, length, total, past) : undefined;
  const isBool = mask !== undefined && c.dtype(mask) === 'bool';
  const result = attend(c, {
    q,
    k,
    v,
    scale: hasAttribute(node, 'scale') ? floatAttribute(node, 'scale') : 1 / Math.sqrt(size),
    softcap: floatAttribute(node, 'softcap', 0),
    biases: [isBool ? undefined : mask],
    visible: visibleIn(c, looks, isBool ? mask : undefined),
    // The first key is before every place.
    alwaysSome: !isBool,
    ...(!isBool && { hiding: mask }),
  });
  return [folded ? joinHeads(c, result) : result, k, v];
}

/** X, cosines, sines, positions: pairs of elements turned by their place's angle. */
function rotaryEmbedding<V>(c: Composer<V>) {
  const { node } = c;
  const given = c.input(0);
  const folded = c.rank(given) === 3;
  const x = folded ? splitHeads(c, given, intAttribute(node, 'num_heads')) : given;
  const size = c.shape(x)[3] ?? 0;
  const turned = rotate(c, x, {
    angles: [angleTable(c, 1), angleTable(c, 2)],
    width: intAttribute(node, 'rotary_embedding_dim', 0) || size,
    interleaved: boolAttribute(node, 'interleaved', false),
  });
  return [folded ? joinHeads(c, turned) : turned];
}

/** Cosines or sines as (batch, 1, length, width / 2): at given positions, or as they are. */
function angleTable<V>(c: Composer<V>, index: number): V {
  const positions = c.inputs[3];
  const table = c.input(index);
  const rows = positions === undefined ? table : c.apply('Gather', [table, positions]);
  const [batch = 0, length = 0, width = 0] = c.shape(rows);
  return c.reshape(rows, [batch, 1, length, width]);
}

interface Turn<V> {
  /** cosines and sines, broadcast over heads */
  readonly angles: readonly [V, V];
  /** elements of a head that are turned */
  readonly width: number;
  /** pairs are neighbours, not halves */
  readonly interleaved: boolean;
}

function rotate<V>(c: Composer<V>, x: V, turn: Turn<V>): V {
  const size = c.shape(x)[3] ?? 0;
  const { width, interleaved } = turn;
  const part = c.slice(x, 3, 0, width);
  const turned = interleaved ? turnNeighbours(c, part, turn) : turnHalves(c, part, turn);
  return width === size ? turned : c.concat(3, turned, c.slice(x, 3, width, size));
}

/** (a, b) → (a, b) · cosine + (b, a) · (−sine, sine), halves along an axis of their own: one loop over both. */
function turnHalves<V>(c: Composer<V>, x: V, { angles, width }: Turn<V>): V {
  const [batch = 0, heads = 0, length = 0] = c.shape(x);
  const half = width / 2;
  const [cosine, sine] = angles.map(table => {
    const [tables = 0, shared = 0, places = 0] = c.shape(table);
    return c.reshape(c.slice(table, 3, 0, half), [tables, shared, places, 1, half]);
  }) as [V, V];
  const halves = c.reshape(x, [batch, heads, length, 2, half]);
  const swapped = c.apply('Slice', [halves, c.ints(-1), c.ints(-3), c.ints(3), c.ints(-1)]);
  const signs = c.constant(tensorOf(c.dtype(x), [2, 1], [-1, 1]));
  const turned = c.add(c.mul(halves, cosine), c.mul(swapped, c.mul(sine, signs)));
  return c.reshape(turned, [batch, heads, length, width]);
}

function turnNeighbours<V>(c: Composer<V>, x: V, { angles, width }: Turn<V>): V {
  const [batch = 0, heads = 0, length = 0] = c.shape(x);
  const half = width / 2;
  const [cosine, sine] = angles.map(table => c.slice(table, 3, 0, half)) as [V, V];
  const pairs = c.reshape(x, [batch, heads, length, half, 2]);
  const side = (i: 0 | 1) => c.reshape(c.slice(pairs, 4, i, i + 1), [batch, heads, length, half]);
  const [a, b] = [side(0), side(1)];
  const first = c.apply('Sub', [c.mul(cosine, a), c.mul(sine, b)]);
  const second = c.add(c.mul(sine, a), c.mul(cosine, b));
  const column = (value: V) => c.reshape(value, [batch, heads, length, half, 1]);
  return c.reshape(c.concat(4, column(first), column(second)), [batch, heads, length, width]);
}

/** input, positions (one offset, or one per place), cosines, sines. */
function microsoftRotary<V>(c: Composer<V>) {
  const { node } = c;
  const [input, positions, cosines, sines] = [0, 1, 2, 3].map(i => c.input(i)) as [V, V, V, V];
  const shape = c.shape(input);
  const width = intAttribute(node, 'rotary_embedding_dim', 0);
  const tableWidth = c.shape(cosines)[1] ?? 0;
  const size = width > 0 ? (shape[2] ?? 0) / intAttribute(node, 'num_heads') : 2 * tableWidth;
  const [batch = 0, length = 0] = shape.length === 4 ? [shape[0], shape[2]] : shape;
  const offset = c.shape(positions).length < 2;
  const places = offset
    ? c.apply('Expand', [
        c.add(c.reshape(c.counting(length), [1, length]), c.reshape(positions, [1, 1])),
        c.ints(batch, length),
      ])
    : positions;
  const attributes = {
    interleaved: attr.int(intAttribute(node, 'interleaved', 0)),
    rotary_embedding_dim: attr.int(width),
    ...(shape.length === 3 && { num_heads: attr.int((shape[2] ?? 0) / size) }),
  };
  return [c.apply('RotaryEmbedding', [input, cosines, sines, places], attributes)];
}

export const ATTENTION_COMPOSITES: readonly Composite[] = [
  { op: 'com.microsoft.Attention', kind: 'attention', expand: microsoftAttention },
  { op: 'com.microsoft.QAttention', kind: 'attention', expand: quantisedAttention },
  { op: 'com.microsoft.MultiHeadAttention', kind: 'attention', expand: multiHeadAttention },
  { op: 'com.microsoft.RotaryEmbedding', kind: 'attention', expand: microsoftRotary },
];

/** What operators with a reference of their own are made of, where the compiler wants to know. */
export const ATTENTION_EXPANSIONS = { Attention: attention, RotaryEmbedding: rotaryEmbedding } as const;
