// What the attention operators share: heads in and out of the last axis, scores, masks, softmax, weighted values.
// Source: arXiv 1706.03762; onnxruntime's contributed operators for masks.

import { attr } from '../graph.ts';
import { tensorOf } from '../tensor.ts';
import type { Shape } from '../types.ts';
import { type Composer, ifGiven } from './composer.ts';

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
  /** every row has something visible */
  readonly alwaysSome?: boolean;
  /** a mask of numbers among the biases in which −∞ hides; a row of nothing else is zero */
  readonly hiding?: V | undefined;
  /** one logit per head that takes part in the softmax and has no value */
  readonly sink?: V | undefined;
}

/** (batch, heads, length, value size). */
export function attend<V>(c: Composer<V>, attended: Attended<V>): V {
  const { q, k, v } = attended;
  const [batch = 0, heads = 0, length = 0, size = 0] = c.shape(q);
  const [, , total = 0] = c.shape(k);
  const valueSize = c.shape(v)[3] ?? 0;
  const { lead, shared, rows, byHead } = groupingOf(c, attended);
  const queries = c.reshape(c.scaled(q, attended.scale), [...lead, rows, size]);
  const keys = c.reshape(c.transpose(k, 0, 1, 3, 2), [...shared, size, total]);
  const raw = c.apply('MatMul', [queries, keys]);
  const probabilities = probabilitiesOf(c, raw, attended, byHead);
  const summed = c.apply('MatMul', [probabilities, c.reshape(v, [...shared, total, valueSize])]);
  return onlySeen(c, c.reshape(summed, [batch, heads, length, valueSize]), attended);
}

interface Grouping<V> {
  /** axes of scores before (rows, total), and of keys and values */
  readonly lead: Shape;
  readonly shared: Shape;
  readonly rows: number;
  /** what broadcasts to (batch, heads, length, total) as it broadcasts to the scores */
  readonly byHead: (value: V) => V;
}

/** How scores lie: query heads that share a key head are its rows, or one more axis that keys do not have. */
function groupingOf<V>(
  c: Composer<V>,
  { q, k, biases = [], visible, hiding, sink }: Attended<V>,
): Grouping<V> {
  const [batch = 0, heads = 0, length = 0] = c.shape(q);
  const [, keyHeads = heads] = c.shape(k);
  const group = heads / keyHeads;
  if (group === 1) {
    const lead = [batch, heads];
    return { lead, shared: lead, rows: length, byHead: value => value };
  }
  const isForAll = (value: V | undefined) => value === undefined || (c.shape(value).at(-3) ?? 1) === 1;
  if (length === 1 && sink === undefined && [...biases, visible, hiding].every(isForAll)) {
    // A key is read once for all queries that it has.
    const lead = [batch, keyHeads];
    return { lead, shared: lead, rows: group, byHead: value => value };
  }
  const byHead = (value: V): V => {
    const [ownBatch = 1, ownHeads = 1, ...tail] = padded(c.shape(value), 4);
    const ownGroups = ownHeads === 1 ? [1, 1] : [keyHeads, group];
    return c.reshape(value, [ownBatch, ...ownGroups, ...tail]);
  };
  return { lead: [batch, keyHeads, group], shared: [batch, keyHeads, 1], rows: length, byHead };
}

const padded = (shape: Shape, rank: number): Shape => [
  ...new Array<number>(Math.max(0, rank - shape.length)).fill(1),
  ...shape,
];

function probabilitiesOf<V>(c: Composer<V>, raw: V, attended: Attended<V>, byHead: (value: V) => V): V {
  const { softcap = 0, biases = [], visible, hiding, sink } = attended;
  const capped = softcap === 0 ? raw : c.scaled(c.apply('Tanh', [c.scaled(raw, 1 / softcap)]), softcap);
  const sum = c.add(capped, ...biases.map(bias => ifGiven(bias, byHead)));
  const biased = hiding === undefined ? sum : c.apply('Max', [sum, lowest(c, sum)]);
  const masked =
    visible === undefined ? biased : c.apply('Where', [byHead(visible), biased, lowest(c, biased)]);
  if (sink === undefined) return softmax(c, masked);
  const heads = c.shape(sink).at(-1) ?? 1;
  return withSink(c, masked, byHead(c.reshape(sink, [1, heads, 1, 1])));
}

/** Zero where nothing is visible: there all scores are the same, and the average was taken. */
function onlySeen<V>(c: Composer<V>, result: V, { visible, alwaysSome, hiding }: Attended<V>): V {
  const shown = ifGiven(hiding, mask => c.apply('Greater', [mask, c.number(Number.NEGATIVE_INFINITY, mask)]));
  const allowed = alwaysSome && shown === undefined ? undefined : visibleIn(c, visible, shown);
  if (allowed === undefined) return result;
  const some = c.apply('ReduceMax', [c.cast(allowed, c.dtype(result)), c.ints(-1)], {
    keepdims: attr.int(1),
  });
  return c.apply('Where', [c.cast(some, 'bool'), result, c.number(0, result)]);
}

const softmax = <V>(c: Composer<V>, scores: V): V => c.apply('Softmax', [scores], { axis: attr.int(-1) });

/** Softmax over one more column, which is dropped. */
function withSink<V>(c: Composer<V>, scores: V, sink: V): V {
  const shape = c.shape(scores);
  const column = c.apply('Expand', [sink, c.ints(...shape.slice(0, -1), 1)]);
  const axis = shape.length - 1;
  return c.slice(softmax(c, c.concat(axis, scores, column)), axis, 0, shape[axis] ?? 0);
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
