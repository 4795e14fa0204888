// The timeline: lives of tensors in execution order under the curve of live bytes.
// The allocation view's tables hold the same rows for those who cannot use a canvas.

import { useCallback, useEffect, useMemo } from 'react';
import { counted } from '../../engine/report/counted.ts';
import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import chart from '../chart/chart.module.css';
import { ChartSurface } from '../chart/chart-surface.tsx';
import { totalOver } from '../chart/other-total.ts';
import { RowCard } from '../chart/row-card.tsx';
import { StepCard } from '../chart/step-card.tsx';
import { StepChart } from '../chart/step-chart.tsx';
import type { Point } from '../chart/tooltip.tsx';
import { useFit, useRowKeys } from '../chart/use-fit.ts';
import { useStepColumns } from '../chart/use-step-columns.ts';
import { type StepView, useSelectionReveal, useStepView } from '../chart/use-step-view.ts';
import { useActions, useApp, useModel } from '../hooks/app-context.ts';
import { useOtherRun } from '../hooks/use-comparison.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import { useKept } from '../hooks/use-kept.ts';
import { planOf } from '../state/app-state.ts';
import { isOfAll } from '../state/derived/left-out.ts';
import { selectionOfRow } from '../state/selection.ts';
import { usePalette } from '../theme/palette.ts';
import { type Size, useSize } from '../widgets/canvas.tsx';
import { SelectField } from '../widgets/fields.tsx';
import { drawTimeline } from './draw.ts';
import {
  fittingLaneHeight,
  GUTTER,
  lanesTop,
  PIN_HEIGHT,
  rowsOf,
  scrollLimit,
  scrollToLanes,
  stepsWidth,
  type TimelineGeometry,
  timelineGeometry,
} from './geometry.ts';
import { firstLiving, type Lanes, lanesOf } from './lanes.ts';
import { StackLegend } from './stack-legend.tsx';
import { stackOf } from './stacks.ts';

const LANE_HEIGHT = 16;

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
  const actions = useActions();
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
  const compared = useOtherRun();
  const otherPlan = compared?.run.report.compile[plan.column];
  const otherLabel = compared && `${compared.side}, run ${compared.run.number}`;
  const ownLabel = compared?.shown
    ? `${compared.shown.side}, run ${compared.shown.run.number}`
    : 'these settings';
  const other = useMemo(
    () =>
      otherPlan && otherLabel
        ? { label: otherLabel, own: ownLabel, bytes: totalOver(plan, otherPlan) }
        : undefined,
    [plan, otherPlan, otherLabel, ownLabel],
  );
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
      tools={
        <>
          <SelectField
            label="Total"
            value={look.stack}
            items={STACKS}
            onChange={chosen => actions.setTimelineLook({ stack: chosen })}
          />
          <SelectField
            label="Rows"
            value={look.lanes}
            items={LANES}
            onChange={chosen => actions.setTimelineLook({ lanes: chosen })}
          />
        </>
      }
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

interface LanesInput {
  readonly rows: readonly PlanTensor[];
  readonly lanes: Lanes;
  /** indices of the rows that are marked */
  readonly marked: readonly number[];
  readonly pinned: number;
  readonly steps: StepView;
  readonly size: Size;
}

/** What is on the screen: the range of steps, the height of lanes and how far they are scrolled. */
function useLanesView({ rows, lanes, marked, pinned, steps, size }: LanesInput) {
  const [laneHeight, setLaneHeight] = useKept('timeline lane height', LANE_HEIGHT);
  const [wantedScroll, setScroll] = useKept('timeline scroll', 0);
  const top = lanesTop(size, steps.durationsNs !== undefined, pinned);
  const room = Math.max(0, size.height - top);
  const most = scrollLimit(room, lanes.count, laneHeight);
  const scroll = Math.min(wantedScroll, most);
  const { axis, range, xOf, stepAt } = steps;
  const geometry = useMemo(
    () => timelineGeometry(size, { axis, range, xOf, stepAt }, top, laneHeight, scroll),
    [size, axis, range, xOf, stepAt, top, laneHeight, scroll],
  );
  const scrollBy = (by: number): void => setScroll(Math.max(0, Math.min(most, scroll + by)));
  const reveal = (): void => {
    const [first] = marked;
    if (first === undefined) return;
    const y = (lanes.laneOf[first] ?? 0) * laneHeight;
    if (y < scroll) setScroll(y);
    else if (y + laneHeight > scroll + room) setScroll(y + laneHeight - room);
    const row = rows[first];
    if (row) steps.reveal(row.lower, row.lower + 1);
  };
  useSelectionReveal('timeline', room > 0, reveal);
  // Steps whose tensors all live in other lanes would be an empty picture: the lanes come along.
  // biome-ignore lint/correctness/useExhaustiveDependencies: lanes scrolled by hand stay where they are
  useEffect(() => {
    if (room === 0) return;
    const steps = { from: axis.stepAt(range.from), to: axis.stepAt(range.to) };
    const shown = { from: scroll / laneHeight, to: (scroll + room) / laneHeight };
    const lane = firstLiving(rows, lanes, steps, shown);
    if (lane !== undefined) setScroll(lane * laneHeight);
  }, [range.from, range.to]);
  const lives = useMemo(() => marked.flatMap(index => rows[index] ?? []), [marked, rows]);
  const fitAll = (): void => {
    const fitting = fittingLaneHeight(room, lanes.count);
    // Once more goes back to lanes that can be read.
    const whole = range.to - range.from >= axis.length;
    setLaneHeight(whole && laneHeight !== LANE_HEIGHT ? LANE_HEIGHT : fitting);
    setScroll(0);
    steps.control.fit();
  };
  // What is selected is to be read.
  const fitMarked = (): void => {
    const shown = marked.flatMap(index => lanes.laneOf[index] ?? []);
    setLaneHeight(LANE_HEIGHT);
    if (shown.length > 0) setScroll(scrollToLanes(room, lanes.count, LANE_HEIGHT, shown));
  };
  const { fitNext, key } = useFit(steps, lives, fitAll, fitMarked);
  return {
    geometry,
    fitNext,
    pan: (dx: number, dy: number): void => {
      steps.pan(dx);
      scrollBy(-dy);
    },
    wheel: (event: WheelEvent, at: Point): void => {
      if (steps.wheel(event, at)) return;
      if (event.shiftKey) steps.pan(-(event.deltaX || event.deltaY));
      else {
        steps.pan(-event.deltaX);
        scrollBy(event.deltaY);
      }
    },
    key,
  };
}

interface Pickable {
  readonly plan: PlanView;
  readonly rows: readonly PlanTensor[];
  readonly lanes: Lanes;
  readonly pinned: readonly PlanTensor[];
  readonly marked: readonly number[];
  readonly durationsNs: readonly number[] | undefined;
}

/** What is under the pointer, and what selecting it does. */
function usePicking(
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
