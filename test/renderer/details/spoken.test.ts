// What is announced of a selection, for each kind of thing that can be selected.

import { expect, it } from 'vitest';
import { spokenSelection } from '../../../renderer/details/spoken.ts';
import { indexGraph } from '../../../renderer/state/derived/graph-index.ts';
import type { Selection } from '../../../renderer/state/selection.ts';
import { GRAPH, PLAN } from '../support/made-up.ts';

const index = indexGraph(GRAPH);
const row = PLAN.tensors.find(({ tensors }) => tensors.includes(1));
const place = `100 B at ${row?.offset} B, live in steps ${row?.lower} to ${(row?.upper ?? 0) - 1}`;

it.each<[Selection | undefined, string]>([
  [undefined, ''],
  [{ kind: 'tensor', id: 1 }, `Tensor B selected, float32 25, ${place}`],
  [{ kind: 'node', id: 2 }, 'Tanh node2 selected'],
  [{ kind: 'group', id: 'g' }, 'Fused group g selected'],
  [{ kind: 'scope', id: '/blocks', nodes: [1] }, '/blocks selected, 1 operator'],
  [{ kind: 'nodes', id: 'Relu', nodes: [1, 2] }, 'Relu selected, 2 operators'],
  [{ kind: 'step', id: 0 }, `Step 0 selected, ${PLAN.steps[0]?.title}, ${PLAN.liveBytes[0]} B live`],
  [{ kind: 'steps', id: '0–3', from: 0, to: 3 }, 'Steps 0 to 2 selected'],
  [{ kind: 'tensor', id: 99 }, ''],
  [{ kind: 'buffer', id: 99 }, ''],
])('%j', (selection, words) => expect(spokenSelection(selection, index, PLAN)).toBe(words));

it('says the type alone where there is no plan', () =>
  expect(spokenSelection({ kind: 'tensor', id: 1 }, index, undefined)).toBe('Tensor B selected, float32 25'));
