// Operators on images whose channels come last: the same as with channels first, between two transpositions.

import { attr } from '../graph.ts';
import type { Composer } from './composer.ts';
import type { Composite } from './composite.ts';

/** (N, spatial…, C) → (N, C, spatial…). */
export function channelsFirst<V>(c: Composer<V>, value: V): V {
  const rank = c.rank(value);
  return c.transpose(value, 0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1));
}

/** (N, C, spatial…) → (N, spatial…, C). */
export function channelsLast<V>(c: Composer<V>, value: V): V {
  const rank = c.rank(value);
  return c.transpose(value, 0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1);
}

/** The first input, and those in `others`, have their channels last; so has the result. */
const withChannelsLast =
  (op: string, others: readonly number[] = []) =>
  <V>(c: Composer<V>): V[] => {
    const inputs = c.inputs.map((input, i) =>
      input !== undefined && (i === 0 || others.includes(i)) ? channelsFirst(c, input) : input,
    );
    return [channelsLast(c, c.apply(op, inputs, c.node.attributes))];
  };

/** Weights are not transposed: they are (out, in / groups, kernel…) in every layout. */
const NHWC: readonly Composite[] = [
  {
    op: 'com.microsoft.NhwcConv',
    kind: 'convolution',
    expand: withChannelsLast('com.microsoft.FusedConv'),
  },
  {
    op: 'com.microsoft.NhwcFusedConv',
    kind: 'convolution',
    expand: withChannelsLast('com.microsoft.FusedConv', [3]),
  },
  { op: 'com.microsoft.NhwcMaxPool', kind: 'pooling', expand: withChannelsLast('MaxPool') },
];

/** Operators of the domain that onnxruntime's layout optimiser writes. */
const INTERNAL: readonly Composite[] = (
  [
    ['Conv', 'convolution'],
    ['ConvTranspose', 'convolution'],
    ['MaxPool', 'pooling'],
    ['AveragePool', 'pooling'],
    ['GlobalAveragePool', 'pooling'],
    ['GlobalMaxPool', 'pooling'],
    ['InstanceNormalization', 'normalization'],
    ['LRN', 'normalization'],
    ['DepthToSpace', 'movement'],
    ['SpaceToDepth', 'movement'],
  ] as const
).map(([op, kind]) => ({ op: `com.ms.internal.nhwc.${op}`, kind, expand: withChannelsLast(op) }));

/** Pads of a transposed convolution as an input. */
function dynamicPads<V>(c: Composer<V>): V[] {
  const pads = c.inputs[2];
  const attributes = {
    ...c.node.attributes,
    ...(pads !== undefined && { pads: attr.ints(c.numbers(pads)) }),
  };
  return [c.apply('ConvTranspose', [c.input(0), c.input(1), c.inputs[3]], attributes)];
}

export const LAYOUT_COMPOSITES: readonly Composite[] = [
  ...NHWC,
  ...INTERNAL,
  { op: 'com.microsoft.ConvTransposeWithDynamicPads', kind: 'convolution', expand: dynamicPads },
];
