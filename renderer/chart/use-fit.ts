// Keys that timeline and memory map have in common: F fits what is marked, then everything; up and down select rows.

import { useState } from 'react';
import type { PlanTensor } from '../../engine/report/types/plan.ts';
import { useActions } from '../hooks/app-context.ts';
import type { KeyPress } from '../hooks/use-unfocused-keys.ts';
import { latinKey } from '../state/commands/latin-key.ts';
import { selectionOfRow } from '../state/selection.ts';
import type { Point } from './tooltip.tsx';
import type { StepView } from './use-step-view.ts';

export interface Fit {
  readonly fitNext: () => void;
  /** F, and the keys of the axis */
  readonly key: (event: KeyPress, pointer: Point | undefined) => boolean;
}

/** `marked` must be the same array as long as the same rows are marked. `fitHeight`: fits them the other way, too. */
export function useFit(
  steps: StepView,
  marked: readonly PlanTensor[],
  fitAll: () => void,
  fitHeight?: () => void,
): Fit {
  const [fitted, setFitted] = useState<readonly PlanTensor[]>();
  const fitNext = (): void => {
    if (marked.length > 0 && fitted !== marked) {
      setFitted(marked);
      fitHeight?.();
      steps.fitSteps(Math.min(...marked.map(row => row.lower)), Math.max(...marked.map(row => row.upper)));
      return;
    }
    setFitted(undefined);
    fitAll();
  };
  const key = (event: KeyPress, pointer: Point | undefined): boolean => {
    if (latinKey(event) !== 'f' || event.ctrlKey || event.metaKey) return steps.key(event, pointer);
    fitNext();
    return true;
  };
  return { fitNext, key };
}

/** Up and down: the row before or after the one marked. */
export function useRowKeys(
  rows: readonly PlanTensor[],
  marked: PlanTensor | undefined,
): (event: KeyPress) => boolean {
  const actions = useActions();
  return ({ key }) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (move === undefined) return false;
    const from = marked ? rows.indexOf(marked) : -1;
    const row = rows[Math.max(0, Math.min(rows.length - 1, from + move))];
    if (row) actions.select(selectionOfRow(row));
    return true;
  };
}
