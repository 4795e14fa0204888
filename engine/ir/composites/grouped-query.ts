// com.microsoft.GroupQueryAttention: attention with a growing cache, groups of query heads on a key head, and
// positions turned on the way. Source: docs/ContribOperators.md of onnxruntime.

import { boolAttribute, floatAttribute, intAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import { tensorOf } from '../tensor.ts';
import type { Composer } from './composer.ts';
import type { Composite } from './composite.ts';
import { attend, joinHeads, splitHeads, visibleIn } from './heads.ts';

interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly size: number;
  /** places of the cache that comes in */
  readonly past: number;
  /** places of the cache that goes out */
  readonly total: number;
}

/** query, key, value, past key, past value, lengths − 1, total length, cosines, sines, positions, bias, sink. */
function groupQueryAttention<V>(c: Composer<V>) {
  const { node } = c;
  const heads = intAttribute(node, 'num_heads');
  const keyHeads = intAttribute(node, 'kv_num_heads');
  const [batch = 0, length = 0, width = 0] = c.shape(c.input(0));
  const packed = c.inputs[1] === undefined;
  const size = width / (packed ? heads + 2 * keyHeads : heads);
  const past = c.inputs[3] === undefined ? 0 : (c.shape(c.inputs[3])[2] ?? 0);
  const [needed = 0] = c.numbers(c.input(6));
  const sizes: Sizes = { batch, length, heads, keyHeads, size, past, total: Math.max(past, needed) };
  const part = (index: number, first: number, count: number) => {
    const value = packed ? c.slice(c.input(0), 2, first * size, (first + count) * size) : c.input(index);
    return splitHeads(c, value, count);
  };
  const filled = filledPlaces(sizes, needed);
  const before = pastLengths(c, sizes, filled);
  const places = c.add(before, c.reshape(c.counting(length), [1, length]));
  const turned = (x: V) => (boolAttribute(node, 'do_rotary', false) ? rotated(c, x, places, sizes) : x);
  const now = [turned(part(1, heads, keyHeads)), part(2, heads + keyHeads, keyHeads)];
  const [k, v] = now.map((x, i) => cached(c, c.inputs[3 + i], x, before, sizes, filled)) as [V, V];
  const given = floatAttribute(node, 'scale', 0);
  const result = attend(c, {
    q: turned(part(0, 0, heads)),
    k,
    v,
    scale: given === 0 ? 1 / Math.sqrt(size) : given,
    softcap: floatAttribute(node, 'softcap', 0),
    biases: [c.inputs[10]],
    visible: visibleIn(c, ...windows(c, places, sizes)),
    // Places are counted from 0 on, and each sees itself.
    alwaysSome: filled !== undefined,
    sink: sinkOf(c, heads),
  });
  return [joinHeads(c, result), k, v];
}

function sinkOf<V>(c: Composer<V>, heads: number): V | undefined {
  if (c.inputs[11] !== undefined) return c.inputs[11];
  if (!boolAttribute(c.node, 'smooth_softmax', false)) return undefined;
  return c.apply('Expand', [c.number(0, c.input(0)), c.ints(heads)]);
}

/** How many places of the cache are filled, where that is sure: none while the prompt is read, all for one sequence. */
function filledPlaces({ batch, length, past }: Sizes, needed: number): number | undefined {
  if (length === needed) return 0;
  return batch === 1 && past + length === needed ? past : undefined;
}

/** The same for each batch entry, (batch, 1). */
function pastLengths<V>(c: Composer<V>, { batch, length }: Sizes, filled: number | undefined): V {
  if (filled !== undefined) {
    return c.constant(tensorOf('int64', [batch, 1], new Array<number>(batch).fill(filled)));
  }
  const lengths = c.cast(c.reshape(c.input(5), [batch, 1]), 'int64');
  return c.add(lengths, c.ints(1 - length));
}

/** The cache with the new keys or values behind what each batch entry has. */
function cached<V>(
  c: Composer<V>,
  past: V | undefined,
  now: V,
  before: V,
  sizes: Sizes,
  filled: number | undefined,
): V {
  const { batch, length, keyHeads, size, total } = sizes;
  const kept = past === undefined ? 0 : sizes.past;
  if (kept === filled && kept + length === total) return past === undefined ? now : c.concat(2, past, now);
  // Place t is taken from the past while t < before, else from the new ones.
  const all = past === undefined ? now : c.concat(2, past, now);
  const places = c.reshape(c.counting(total), [1, total]);
  const fresh = c.add(c.apply('Sub', [places, before]), c.ints(kept));
  const picked = c.apply('Where', [c.apply('Less', [places, before]), places, fresh]);
  const inside = c.apply('Clip', [picked, c.number(0, picked), c.number(kept + length - 1, picked)]);
  const index = c.apply('Expand', [
    c.reshape(inside, [batch, 1, total, 1]),
    c.ints(batch, keyHeads, total, size),
  ]);
  return c.apply('GatherElements', [all, index], { axis: attr.int(2) });
}

function rotated<V>(c: Composer<V>, x: V, places: V, { batch, length }: Sizes): V {
  const positions = c.inputs[9] ?? c.apply('Expand', [places, c.ints(batch, length)]);
  const [cosines, sines] = [c.input(7), c.input(8)];
  return c.apply('RotaryEmbedding', [x, cosines, sines, positions], {
    interleaved: attr.int(intAttribute(c.node, 'rotary_interleaved', 0)),
    rotary_embedding_dim: attr.int(2 * (c.shape(cosines)[1] ?? 0)),
  });
}

/** Keys up to a query's own place, and no further back than the local window. */
function windows<V>(c: Composer<V>, places: V, { length, total }: Sizes): V[] {
  const window = intAttribute(c.node, 'local_window_size', -1);
  const rows = c.shape(places)[0] ?? 1;
  const own = c.reshape(places, [rows, 1, length, 1]);
  const keys = c.reshape(c.counting(total), [1, 1, 1, total]);
  const reached = c.apply('LessOrEqual', [keys, own]);
  if (window < 0) return [reached];
  return [reached, c.apply('Greater', [keys, c.add(own, c.ints(-window))])];
}

export const GROUPED_QUERY_COMPOSITES: readonly Composite[] = [
  { op: 'com.microsoft.GroupQueryAttention', kind: 'attention', expand: groupQueryAttention },
];
