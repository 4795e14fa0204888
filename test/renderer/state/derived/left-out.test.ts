import { expect, test } from 'vitest';
import { isOfAll, leftOutText, partText } from '../../../../renderer/state/derived/left-out.ts';
import { GRAPH } from '../../support/made-up.ts';

/** The example with tensors of these ids of unknown size. */
const without = (...ids: readonly number[]) => ({
  graph: {
    ...GRAPH,
    tensors: GRAPH.tensors.map(({ bytes, ...tensor }) =>
      ids.includes(tensor.id) || bytes === undefined ? tensor : { ...tensor, bytes },
    ),
  },
});

test('tensors of unknown size are named, as no figure counts them', () => {
  expect(leftOutText(without())).toBeUndefined();
  expect(leftOutText(without(5))).toBe('Of unknown size, and in no figure: F.');
  expect(leftOutText(without(1, 2, 3, 4, 5))).toBe(
    'Of unknown size, and in no figure: B, C, D and 2 others.',
  );
});

test('what is stored in the file is in no plan anyway', () => {
  const { graph } = without(5);
  const tensors = graph.tensors.map(tensor => ({ ...tensor, kind: 'constant' as const }));
  expect(leftOutText({ graph: { ...graph, tensors } })).toBeUndefined();
});

test('answers about a plan say when they are of a part of the model only', () => {
  expect(isOfAll(without(), {})).toBe(true);
  expect(partText(without(), {})).toBeUndefined();
  expect(isOfAll(without(5), {})).toBe(false);
  expect(partText(without(5), {})).toBe(
    'All of this, proofs and what fits too, is of the part planned. Of unknown size, and in no figure: F.',
  );
  expect(isOfAll(without(), { uncounted: 2 })).toBe(false);
  expect(partText(without(), { uncounted: 2 })).toBe(
    'All of this, proofs and what fits too, is of the part planned. What 2 steps with subgraphs hold inside is in no figure.',
  );
});
