// What is under the pointer on the timeline, and what selecting it does.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { RowCard } from '../chart/row-card.tsx';
import { StepCard } from '../chart/step-card.tsx';
import type { Point } from '../chart/tooltip.tsx';
import { useRowKeys } from '../chart/use-fit.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { selectionOfRow } from '../state/selection.ts';
import { GUTTER, PIN_HEIGHT, type TimelineGeometry } from './geometry.ts';
import type { Lanes } from './lanes.ts';

interface Pickable {
  readonly plan: PlanView;
  readonly rows: readonly PlanTensor[];
  readonly lanes: Lanes;
  readonly pinned: readonly PlanTensor[];
  readonly marked: readonly number[];
  readonly durationsNs: readonly number[] | undefined;
}

/** A tensor is picked before the step it stands in; keys go from tensor to tensor. */
export function usePicking(
  { plan, rows, lanes, pinned, marked, durationsNs }: Pickable,
  geometry: TimelineGeometry,
) {
  const actions = useActions();
  const { index } = useModel();
  const rowKey = useRowKeys(rows, rows[marked[0] ?? -1]);
  const pinsTop = geometry.top - pinned.length * PIN_HEIGHT;
  const stepAt = (at: Point): number | undefined => {
    const step = Math.floor(geometry.scale.stepAt(at.x));
    return at.x >= GUTTER && step >= 0 && step < plan.steps.length ? step : undefined;
  };
  const rowAt = (at: Point): PlanTensor | undefined => {
    if (at.y < pinsTop) return undefined;
    if (at.y < geometry.top) return pinned[Math.floor((at.y - pinsTop) / PIN_HEIGHT)];
    const inLane = (lanes.rowsIn[geometry.laneAt(at.y)] ?? []).flatMap(row => rows[row] ?? []);
    if (inLane.length < 2) return inLane[0];
    const step = stepAt(at);
    return step === undefined ? undefined : inLane.find(row => row.lower <= step && step < row.upper);
  };
  return {
    click: (at: Point): void => {
      const [row, step] = [rowAt(at), stepAt(at)];
      if (row) actions.select(selectionOfRow(row));
      else actions.select(step === undefined ? undefined : { kind: 'step', id: step });
      if (step !== undefined) actions.setStep(step);
    },
    key: rowKey,
    card: (at: Point) => {
      const [row, step] = [rowAt(at), stepAt(at)];
      if (row) return <RowCard plan={plan} row={row} index={index} />;
      if (step === undefined || at.y >= Math.max(pinsTop, geometry.timesTop)) return undefined;
      return <StepCard plan={plan} step={step} durationsNs={durationsNs} />;
    },
  };
}
