// What the selection marks in the plan shown; the same for every view.

import { useMemo } from 'react';
import { planOf, reportOf } from '../state/app-state.ts';
import { type Highlight, highlightOf } from '../state/selection.ts';
import { useModel } from './app-context.ts';

/** Nodes, tensors, steps and buffers that the selection is about. */
export function useHighlight(): Highlight {
  const model = useModel();
  const plan = planOf(model);
  const groups = reportOf(model)?.groups;
  const { selection, index, body } = model;
  return useMemo(
    () => highlightOf(selection, index, plan, groups ?? [], body),
    [selection, index, plan, groups, body],
  );
}
