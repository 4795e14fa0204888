// Sequences: recurrent layers and attention. Steps beyond the extent are not taken, keys beyond it not seen.

import { boolAttribute, intAttribute } from '../../ir/attributes.ts';
import type { Composer } from '../../ir/composites/composer.ts';
import { type Extent, type Extents, sameExtent } from './extent.ts';
import type { Mask, Rule, RunTimeExtents } from './operands.ts';

const STATES = [5, 6];
const LENGTHS = 4;

/** X (time, batch, input): entries of the batch by themselves, and no more steps than there are. */
const recurrent: Rule = operands => {
  const { node } = operands;
  const [time, batch, width] = operands.extents(0);
  const states = STATES.filter(input => operands.has(input));
  const along = states.every(input => sameExtent(operands.extents(input)[1], batch));
  const lengths = !operands.has(LENGTHS) || sameExtent(operands.extents(LENGTHS)[0], batch);
  const fixed = operands.othersFixed(0, LENGTHS, ...states);
  if (intAttribute(node, 'layout', 0) !== 0 || width || !along || !lengths || !fixed) return undefined;
  const last = [undefined, batch, undefined];
  const outputs = [[time, undefined, batch, undefined], last, last].slice(0, node.outputs.length);
  if (!time || operands.has(LENGTHS)) return { outputs };
  return {
    outputs,
    lower: (c, run) => {
      const [, entries = 1] = c.shape(c.input(0));
      const length = c.reshape(c.cast(run.extent(time), 'int32'), [1]);
      const inputs = [0, 1, 2, 3, 4, 5, 6, 7].map(input => c.inputs[input]);
      inputs[LENGTHS] = c.apply('Expand', [length, c.ints(entries)]);
      return c.outputs(node.op, inputs, node.attributes, node.outputs.length);
    },
  };
};

/** A score that no other is below. */
const HIDDEN = Number.NEGATIVE_INFINITY;

interface AttentionInputs {
  /** added to scores, or bool: which keys are seen */
  readonly mask: number;
  /** what else may have extents, along places that are hidden anyway */
  readonly others: readonly number[];
  readonly absent: readonly number[];
  readonly causal: string;
}

/** The mask with keys beyond the extent hidden. */
function hiding<V>(
  c: Composer<V>,
  run: RunTimeExtents<V>,
  mask: V | undefined,
  keys: Extent,
  total: number,
): V {
  const within = run.within([undefined, undefined, undefined, keys], [1, 1, 1, total]);
  if (mask !== undefined && c.dtype(mask) === 'bool') return c.apply('And', [within, mask]);
  const like = mask ?? c.input(0);
  return c.apply('Where', [within, mask ?? c.number(0, like), c.number(HIDDEN, like)]);
}

/** Query, key and value (batch, length, width), or (batch, heads, length, size). */
const attention =
  ({ mask, others, absent, causal }: AttentionInputs): Rule =>
  operands => {
    const { node } = operands;
    const [q, k, v] = [0, 1, 2].map(input => operands.extents(input)) as [Extents, Extents, Extents];
    const rank = q.length;
    const axis = rank - 2;
    const [length, keys] = [q[axis], k[axis]];
    const fixed =
      operands.othersFixed(0, 1, 2, mask, ...others) && !absent.some(input => operands.has(input));
    const shaped = (rank === 3 || rank === 4) && k.length === rank && v.length === rank;
    const alike = [k, v].every(labels => sameExtent(labels[0], q[0])) && sameExtent(v[axis], keys);
    const sizes = [q, k, v].every(labels => labels.every((label, i) => i === 0 || i === axis || !label));
    if (!fixed || !shaped || !alike || !sizes || !operands.singleOutput()) return undefined;
    if (boolAttribute(node, causal, false) && !sameExtent(length, keys)) return undefined;
    const outputs = [q];
    if (!keys) return { outputs };
    const masks = [1, 2].map((input): Mask => ({ input, axis, fill: 0 }));
    return {
      outputs,
      masks,
      lower: (c, run) => {
        const total = c.shape(c.input(1))[axis] ?? 0;
        const inputs = Array.from({ length: Math.max(node.inputs.length, mask + 1) }, (_, i) => c.inputs[i]);
        inputs[mask] = hiding(c, run, c.inputs[mask], keys, total);
        return [c.apply(node.op, inputs, node.attributes)];
      },
    };
  };

export const SEQUENCE_RULES: Readonly<Record<string, Rule>> = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Attention: attention({ mask: 3, others: [], absent: [4, 5, 6], causal: 'is_causal' }),
  'com.microsoft.MultiHeadAttention': attention({
    mask: 5,
    others: [4],
    absent: [6, 7, 8, 9],
    causal: 'unidirectional',
  }),
};
