// The steps a chart marks from top to bottom: the peak's, where the allocation table stands, and the area that is
// selected, or is being dragged out.

import { useCallback, useMemo, useState } from 'react';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { stepOf } from '../state/app-state.ts';
import type { Selection } from '../state/selection.ts';
import type { StepColumns } from './axis.ts';
import type { Point } from './tooltip.tsx';
import type { StepView } from './use-step-view.ts';

export function useStepColumns(plan: PlanView, { areaOf }: StepView) {
  const actions = useActions();
  const model = useModel();
  const step = stepOf(model);
  const [dragged, setDragged] = useState<Selection>();
  const area = dragged ?? model.selection;
  const columns = useMemo(
    (): StepColumns => ({ peak: plan.peakStep, step, area: stepsOf(area) }),
    [plan, step, area],
  );
  const onArea = useCallback(
    (from: Point, to: Point, done: boolean): void => {
      const selection = areaOf(from, to);
      setDragged(done ? undefined : selection);
      if (done) actions.select(selection);
    },
    [areaOf, actions],
  );
  return { columns, onArea };
}

function stepsOf(selection: Selection | undefined): StepColumns['area'] {
  if (selection?.kind === 'steps') return [selection.from, selection.to];
  return selection?.kind === 'step' ? [selection.id, selection.id + 1] : undefined;
}
