// The timeline: lives of tensors in execution order under the curve of live bytes.
// The allocation view's tables hold the same rows for those who cannot use a canvas.

import { useCallback, useMemo } from 'react';
import { counted } from '../../engine/report/counted.ts';
import type { PlanView } from '../../engine/report/types/plan.ts';
import chart from '../chart/chart.module.css';
import { ChartSurface } from '../chart/chart-surface.tsx';
import { totalOver } from '../chart/other-total.ts';
import { StepChart } from '../chart/step-chart.tsx';
import { useStepColumns } from '../chart/use-step-columns.ts';
import { useStepView } from '../chart/use-step-view.ts';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import { useOtherRun } from '../hooks/use-comparison.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { planOf } from '../state/app-state.ts';
import { isOfAll } from '../state/derived/left-out.ts';
import { usePalette } from '../theme/palette.ts';
import { useSize } from '../widgets/canvas.tsx';
import { SelectField } from '../widgets/fields.tsx';
import { drawTimeline } from './draw.ts';
import { GUTTER, rowsOf, stepsWidth } from './geometry.ts';
import { lanesOf } from './lanes.ts';
import { StackLegend } from './stack-legend.tsx';
import { stackOf } from './stacks.ts';
import { useLanesView } from './use-lanes-view.ts';
import { usePicking } from './use-picking.tsx';

const LANES = [
  { value: 'rows', label: 'One per tensor' },
  { value: 'packed', label: 'Packed' },
  { value: 'offset', label: 'By offset' },
] as const;

const STACKS = [
  { value: 'total', label: 'Whole' },
  { value: 'operator', label: 'By operator' },
  { value: 'scope', label: 'By scope' },
] as const;

export function TimelineView() {
  const plan = planOf(useModel());
  return plan ? <Timeline plan={plan} /> : null;
}

function Timeline({ plan }: { readonly plan: PlanView }) {
  const model = useModel();
  const look = useApp(state => state.timeline);
  const highlight = useHighlight();
  const palette = usePalette();
  const [sizeRef, size] = useSize();
  const rows = useMemo(() => rowsOf(plan), [plan]);
  const lanes = useMemo(() => lanesOf(rows, look.lanes), [rows, look.lanes]);
  const stack = useMemo(() => stackOf(plan, model.index, look.stack), [plan, model.index, look.stack]);
  const pinned = useMemo(
    () => rows.filter(row => row.tensors.some(tensor => model.pinned.has(tensor))),
    [rows, model.pinned],
  );
  const steps = useStepView(plan, GUTTER, stepsWidth(size));
  const marked = useMemo(
    () => [...rows.keys()].filter(index => highlight.buffers.has(rows[index]?.id ?? -1)),
    [rows, highlight],
  );
  const view = useLanesView({ rows, lanes, marked, pinned: pinned.length, steps, size });
  const { geometry } = view;
  const { columns, onArea } = useStepColumns(plan, steps);
  const { durationsNs } = steps;
  const whole = isOfAll(model.summary, plan);
  const other = useOtherTotal(plan);
  const draw = useCallback(
    (context: CanvasRenderingContext2D) =>
      drawTimeline(
        context,
        { plan, whole, rows, lanes, stack, pinned, durationsNs, highlight, columns, other },
        geometry,
        palette,
      ),
    [plan, whole, rows, lanes, stack, pinned, durationsNs, highlight, columns, other, geometry, palette],
  );
  const pick = usePicking({ plan, rows, lanes, pinned, marked, durationsNs }, geometry);
  return (
    <StepChart
      plan={plan}
      timed={durationsNs !== undefined}
      onFit={view.fitNext}
      {...(stack && { legend: <StackLegend stack={stack} /> })}
      tools={<Tools />}
    >
      <div className={chart.canvasBox}>
        <ChartSurface
          label={`Timeline: lives of ${counted(rows.length, 'tensor')} over ${counted(plan.steps.length, 'step')}. Up and down select a tensor.`}
          sizeRef={sizeRef}
          size={size}
          draw={draw}
          onClick={pick.click}
          onPan={view.pan}
          onArea={onArea}
          onWheel={view.wheel}
          onKey={(event, pointer) => pick.key(event) || view.key(event, pointer)}
          card={pick.card}
        />
      </div>
    </StepChart>
  );
}

/** The bytes of the run compared with, over the steps of this plan. */
function useOtherTotal(plan: PlanView) {
  const compared = useOtherRun();
  const otherPlan = compared?.run.report.compile[plan.column];
  const label = compared && `${compared.side}, run ${compared.run.number}`;
  const own = compared?.shown ? `${compared.shown.side}, run ${compared.shown.run.number}` : 'these settings';
  return useMemo(
    () => (otherPlan && label ? { label, own, bytes: totalOver(plan, otherPlan) } : undefined),
    [plan, otherPlan, label, own],
  );
}

function Tools() {
  const actions = useActions();
  const look = useApp(state => state.timeline);
  return (
    <>
      <SelectField
        label="Total"
        value={look.stack}
        items={STACKS}
        onChange={stack => actions.setTimelineLook({ stack })}
      />
      <SelectField
        label="Rows"
        value={look.lanes}
        items={LANES}
        onChange={lanes => actions.setTimelineLook({ lanes })}
      />
    </>
  );
}
