// What the attention operators share: heads in and out of the last axis, scores, masks, softmax, weighted values.
// Source: arXiv 1706.03762; onnxruntime's contributed operators for masks.

import { attr } from '../graph.ts';
import { tensorOf } from '../tensor.ts';
import type { Composer } from './composer.ts';

/** Below every score; stays finite, so that a row without anything to see is no NaN. */
export const HIDDEN = -3.4028234663852886e38;

/** (batch, length, heads · size) → (batch, heads, length, size). */
export function splitHeads<V>(c: Composer<V>, value: V, heads: number): V {
  const [batch = 0, length = 0, width = 0] = c.shape(value);
  return c.transpose(c.reshape(value, [batch, length, heads, width / heads]), 0, 2, 1, 3);
}

/** (batch, heads, length, size) → (batch, length, heads · size). */
export function joinHeads<V>(c: Composer<V>, value: V): V {
  const [batch = 0, heads = 0, length = 0, size = 0] = c.shape(value);
  return c.reshape(c.transpose(value, 0, 2, 1, 3), [batch, length, heads * size]);
}

/** What came before, then what is new, along the length. */
export const withPast = <V>(c: Composer<V>, past: V | undefined, now: V): V =>
  past === undefined ? now : c.concat(2, past, now);

export interface Attended<V> {
  /** (batch, heads, length, size) */
  readonly q: V;
  /** (batch, key heads, total, size); groups of query heads share a key head */
  readonly k: V;
  readonly v: V;
  readonly scale: number;
  /** 0 is none */
  readonly softcap?: number;
  /** added to the scores, broadcast to (batch, heads, length, total) */
  readonly biases?: readonly (V | undefined)[];
  /** true where a score may be looked at; a row without any is zero */
  readonly visible?: V | undefined;
  /** a mask of numbers among the biases in which −∞ hides; a row of nothing else is zero */
  readonly hiding?: V | undefined;
  /** one logit per head that takes part in the softmax and has no value */
  readonly sink?: V | undefined;
}

/** (batch, heads, length, value size). */
export function attend<V>(c: Composer<V>, attended: Attended<V>): V {
  const { q, k, v } = attended;
  const [batch = 0, heads = 0, length = 0, size = 0] = c.shape(q);
  const [, keyHeads = heads, total = 0] = c.shape(k);
  const valueSize = c.shape(v)[3] ?? 0;
  // Query heads that share a key head are further rows of it.
  const rows = (length * heads) / keyHeads;
  const grouped = c.reshape(c.scaled(q, attended.scale), [batch, keyHeads, rows, size]);
  const raw = c.apply('MatMul', [grouped, c.transpose(k, 0, 1, 3, 2)]);
  const probabilities = probabilitiesOf(c, c.reshape(raw, [batch, heads, length, total]), attended);
  const summed = c.apply('MatMul', [c.reshape(probabilities, [batch, keyHeads, rows, total]), v]);
  return c.reshape(summed, [batch, heads, length, valueSize]);
}

function probabilitiesOf<V>(c: Composer<V>, raw: V, attended: Attended<V>): V {
  const { softcap = 0, biases = [], visible, hiding, sink } = attended;
  const capped = softcap === 0 ? raw : c.scaled(c.apply('Tanh', [c.scaled(raw, 1 / softcap)]), softcap);
  const sum = c.add(capped, ...biases);
  const biased = hiding === undefined ? sum : c.apply('Max', [sum, lowest(c, sum)]);
  const masked = visible === undefined ? biased : c.apply('Where', [visible, biased, lowest(c, biased)]);
  const probabilities = sink === undefined ? softmax(c, masked) : withSink(c, masked, sink);
  // Where nothing is visible all scores are the same, and the average would be taken.
  const seen =
    visible === undefined
      ? probabilities
      : c.apply('Where', [visible, probabilities, c.number(0, probabilities)]);
  if (hiding === undefined) return seen;
  const shown = c.apply('Greater', [hiding, c.number(Number.NEGATIVE_INFINITY, hiding)]);
  return c.mul(seen, c.cast(shown, c.dtype(seen)));
}

const softmax = <V>(c: Composer<V>, scores: V): V => c.apply('Softmax', [scores], { axis: attr.int(-1) });

/** Softmax over one more column, which is dropped. */
function withSink<V>(c: Composer<V>, scores: V, sink: V): V {
  const [batch = 0, heads = 0, length = 0, total = 0] = c.shape(scores);
  const column = c.apply('Expand', [c.reshape(sink, [1, heads, 1, 1]), c.ints(batch, heads, length, 1)]);
  return c.slice(softmax(c, c.concat(3, scores, column)), 3, 0, total);
}

/** The lowest finite number of the type. */
function lowest<V>(c: Composer<V>, like: V): V {
  return c.number(c.dtype(like) === 'float16' ? -65504 : HIDDEN, like);
}

/** Which of `total` keys each of `length` places after `past` others may see: those up to itself. */
export function causal<V>(c: Composer<V>, length: number, total: number, past = total - length): V {
  const seen = Array.from({ length: length * total }, (_, i) => {
    const [place, key] = [past + Math.floor(i / total), i % total];
    return key <= place ? 1 : 0;
  });
  return c.constant(tensorOf('bool', [1, 1, length, total], seen));
}

/** Keys visible in every mask there is. */
export function visibleIn<V>(c: Composer<V>, ...masks: readonly (V | undefined)[]): V | undefined {
  return masks.reduce<V | undefined>((all, mask) => {
    if (all === undefined || mask === undefined) return all ?? mask;
    return c.apply('And', [all, mask]);
  }, undefined);
}

/** 0 where a key counts and `filter` where it does not, from a mask that is not 0 where it does. */
export function penalty<V>(c: Composer<V>, keeps: V, filter: number, like: V): V {
  return c.apply('Where', [c.cast(keeps, 'bool'), c.number(0, like), c.number(filter, like)]);
}
