// Normalisations of com.microsoft in terms of the default domain's, and the embedding in front of encoders.
// Source: docs/ContribOperators.md of onnxruntime.

import { boolAttribute, floatAttribute, intAttribute } from '../attributes.ts';
import { attr } from '../graph.ts';
import type { Composer, Expansion } from './composer.ts';
import type { Composite } from './composite.ts';
import { channelsFirst, channelsLast } from './layout.ts';

/** Groups of channels normalised, scaled and shifted; SiLU behind it where asked for. */
function groupNormalised<V>(c: Composer<V>, x: V): V {
  const { node } = c;
  const last = boolAttribute(node, 'channels_last', true);
  const input = last ? channelsFirst(c, x) : x;
  const attributes = {
    num_groups: attr.int(intAttribute(node, 'groups')),
    epsilon: attr.float(floatAttribute(node, 'epsilon', 1e-5)),
  };
  const parameters = [c.input(1), c.input(2)].map(value => c.cast(value, c.dtype(x)));
  const y = c.apply('GroupNormalization', [input, ...parameters], attributes);
  const active = boolAttribute(node, 'activation', false) ? c.mul(y, c.apply('Sigmoid', [y])) : y;
  return last ? channelsLast(c, active) : active;
}

/** X, scale, shift, skip, bias; the second output is the sum. */
function skipGroupNorm<V>(c: Composer<V>): V[] {
  const skip = c.input(3);
  const shape = c.shape(c.input(0));
  const [batch = 0, channels = 0] = [shape[0], shape.at(-1)];
  const spread = c.rank(skip) === 2 ? c.reshape(skip, [batch, 1, 1, channels]) : skip;
  const sum = c.add(c.input(0), spread, c.inputs[4]);
  return [groupNormalised(c, sum), sum];
}

/** ids, segments, three tables, scale, shift, mask, positions: normalised sum, how many places count, sum. */
function embedLayerNorm<V>(c: Composer<V>): (V | undefined)[] {
  return embedded(c, {
    tables: [c.input(2), c.input(3), c.inputs[4]],
    scale: c.input(5),
    shift: c.input(6),
    mask: c.inputs[7],
    positions: c.inputs[8],
  });
}

/** The same with tables of 8 bits: their scales are inputs 8 to 12, their zero points 13 to 17. */
function quantisedEmbedLayerNorm<V>(c: Composer<V>): (V | undefined)[] {
  const real = (i: number) =>
    c.dequantised(c.input(2 + i), scalar(c, c.input(8 + i)), scalar(c, c.inputs[13 + i]));
  const segments = c.inputs[4] === undefined ? undefined : real(2);
  const tables = [real(0), real(1), segments] as const;
  return embedded(c, { tables, scale: real(3), shift: real(4), mask: c.inputs[7], positions: undefined });
}

function scalar<V>(c: Composer<V>, value: V): V;
function scalar<V>(c: Composer<V>, value: V | undefined): V | undefined;
function scalar<V>(c: Composer<V>, value: V | undefined): V | undefined {
  return value === undefined ? undefined : c.reshape(value, []);
}

interface Embedding<V> {
  /** words, positions, segments */
  readonly tables: readonly [V, V, V | undefined];
  readonly scale: V;
  readonly shift: V;
  readonly mask: V | undefined;
  readonly positions: V | undefined;
}

function embedded<V>(c: Composer<V>, { tables, scale, shift, mask, positions }: Embedding<V>) {
  const [words, places, segments] = tables;
  const [batch = 0, length = 0] = c.shape(c.input(0));
  const rows = (table: V, ids: V) => c.apply('Gather', [table, ids]);
  const at = positions === undefined ? c.slice(places, 0, 0, length) : rows(places, positions);
  const kinds = c.inputs[1];
  const sum = c.add(
    rows(words, c.input(0)),
    at,
    segments !== undefined && kinds !== undefined ? rows(segments, kinds) : undefined,
  );
  const attributes = { axis: attr.int(-1), epsilon: attr.float(floatAttribute(c.node, 'epsilon', 1e-12)) };
  const counted =
    mask === undefined
      ? c.cast(c.ints(...new Array<number>(batch).fill(0)), 'int32')
      : c.apply('ReduceSum', [c.cast(mask, 'int32'), c.ints(1)], { keepdims: attr.int(0) });
  return [c.apply('LayerNormalization', [sum, scale, shift], attributes), counted, sum];
}

/** Parameters are one number per group before opset 21, one per channel since then. */
const PER_CHANNEL = 21;

/** Parameters per group are repeated for its channels; with those of channels there is nothing to do. */
function withChannelParameters<V>(c: Composer<V>): V[] {
  const { node } = c;
  const [x, scale, shift] = [c.input(0), c.input(1), c.input(2)];
  const [, channels = 0] = c.shape(x);
  const groups = intAttribute(node, 'num_groups');
  if (node.version >= PER_CHANNEL) c.fail('parameters are per channel');
  if (channels % groups !== 0) c.fail(`${channels} channels are no ${groups} groups of any`);
  if (c.shape(scale)[0] !== groups) c.fail(`expected a scale for each group, found [${c.shape(scale)}]`);
  const repeated = (value: V): V => {
    const each = c.ints(groups, channels / groups);
    return c.reshape(c.apply('Expand', [c.reshape(value, [groups, 1]), each]), [channels]);
  };
  return [c.apply('GroupNormalization', [x, repeated(scale), repeated(shift)], node.attributes)];
}

/** X and skip, with a bias where there is one, summed and normalised; the fourth output is the sum. */
const skipNormalised =
  (op: 'LayerNormalization' | 'RMSNormalization') =>
  <V>(c: Composer<V>): (V | undefined)[] => {
    const simple = op === 'RMSNormalization';
    if (c.node.outputs[1] !== undefined || c.node.outputs[2] !== undefined) c.fail('moments are asked for');
    const sum = c.add(c.input(0), c.input(1), c.inputs[simple ? 3 : 4]);
    const epsilon = attr.float(floatAttribute(c.node, 'epsilon', 1e-12));
    const parameters = simple ? [c.input(2)] : [c.input(2), c.inputs[3]];
    return [c.apply(op, [sum, ...parameters], { axis: attr.int(-1), epsilon }), undefined, undefined, sum];
  };

/** Normalised by the root of the mean square, which nobody asks for. */
function rootMeanSquare<V>(c: Composer<V>): V[] {
  if (c.node.outputs[1] !== undefined) c.fail('moments are asked for');
  const attributes = {
    axis: attr.int(intAttribute(c.node, 'axis', -1)),
    epsilon: attr.float(floatAttribute(c.node, 'epsilon', 1e-5)),
  };
  return [c.apply('RMSNormalization', [c.input(0), c.input(1)], attributes)];
}

/** Of operators that have facts and a reference of their own. */
export const NORMALIZATION_EXPANSIONS: Readonly<Record<string, Expansion>> = {
  'com.microsoft.SkipLayerNormalization': skipNormalised('LayerNormalization'),
  'com.microsoft.SkipSimplifiedLayerNormalization': skipNormalised('RMSNormalization'),
  SimplifiedLayerNormalization: rootMeanSquare,
  GroupNormalization: withChannelParameters,
};

const simplified = <V>(c: Composer<V>): V[] =>
  c.outputs('SimplifiedLayerNormalization', c.inputs, c.node.attributes, c.node.outputs.length);

export const NORMALIZATION_COMPOSITES: readonly Composite[] = [
  { op: 'com.microsoft.GroupNorm', kind: 'normalization', expand: c => [groupNormalised(c, c.input(0))] },
  { op: 'com.microsoft.SkipGroupNorm', kind: 'normalization', expand: skipGroupNorm },
  { op: 'com.microsoft.SimplifiedLayerNormalization', kind: 'normalization', expand: simplified },
  { op: 'com.microsoft.EmbedLayerNormalization', kind: 'normalization', expand: embedLayerNorm },
  { op: 'com.microsoft.QEmbedLayerNormalization', kind: 'normalization', expand: quantisedEmbedLayerNorm },
];
