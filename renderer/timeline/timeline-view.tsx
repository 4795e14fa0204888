// The timeline: lives of tensors in execution order under the curve of live bytes.
// The allocation view's tables hold the same rows for those who cannot use a canvas.

import { Maximize2 } from 'lucide-react';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useState } from 'react';
import type { PlanTensor, PlanView } from '../../engine/report/types.ts';
import { useActions, useModel } from '../app/app-context.ts';
import { useHighlight } from '../app/use-highlight.ts';
import chart from '../chart/chart.module.css';
import { ChartSurface } from '../chart/chart-surface.tsx';
import { PeakOwners, PeakOwnersButton } from '../chart/peak-owners.tsx';
import { PlanFigures } from '../chart/plan-figures.tsx';
import { revealInRange, spanOf } from '../chart/range.ts';
import { RowCard } from '../chart/row-card.tsx';
import type { Point } from '../chart/tooltip.tsx';
import { type RangeControl, useRange } from '../chart/use-range.ts';
import { formatBytes } from '../format/units.ts';
import { planOf, stepOf } from '../state/app-state.ts';
import { selectionOfRow } from '../state/selection.ts';
import { usePalette } from '../theme/palette.ts';
import { IconButton } from '../widgets/button.tsx';
import { type Size, useSize } from '../widgets/canvas.tsx';
import { drawTimeline } from './draw.ts';
import {
  fittingRowHeight,
  GUTTER,
  ROWS_TOP,
  rowsOf,
  scrollLimit,
  type TimelineGeometry,
  timelineGeometry,
} from './geometry.ts';

const ROW_HEIGHT = 16;

export function TimelineView() {
  const plan = planOf(useModel());
  return plan ? <Timeline plan={plan} /> : null;
}

function Timeline({ plan }: { readonly plan: PlanView }) {
  const model = useModel();
  const step = stepOf(model);
  const highlight = useHighlight();
  const palette = usePalette();
  const [sizeRef, size] = useSize();
  const rows = useMemo(() => rowsOf(plan), [plan]);
  const marked = rows.findIndex(row => highlight.buffers.has(row.id));
  const view = useTimelineView(plan, rows, marked, size);
  const { geometry } = view;
  const draw = useCallback(
    (context: CanvasRenderingContext2D) =>
      drawTimeline(context, { plan, rows, highlight, step }, geometry, palette),
    [plan, rows, highlight, step, geometry, palette],
  );
  const pick = usePicking(plan, rows, marked, geometry);
  return (
    <div className={chart.view}>
      <div className={chart.bar}>
        <PlanFigures plan={plan} />
        <span className={chart.tools}>
          <PeakOwnersButton />
          <IconButton label="Fit everything" shortcut="F" onClick={view.fitAll}>
            <Maximize2 size={14} aria-hidden />
          </IconButton>
        </span>
      </div>
      <div className={chart.canvasBox}>
        <ChartSurface
          label={`Timeline: lives of ${rows.length} tensors over ${plan.steps.length} steps. Up and down select a tensor.`}
          sizeRef={sizeRef}
          size={size}
          draw={draw}
          onClick={pick.click}
          onDrag={view.drag}
          onWheel={view.wheel}
          onKey={(event, pointer) => pick.key(event) || view.key(event, pointer)}
          card={pick.card}
        />
      </div>
      <PeakOwners plan={plan} />
    </div>
  );
}

/** What is on the screen: the range of steps, the height of rows and how far they are scrolled. */
function useTimelineView(plan: PlanView, rows: readonly PlanTensor[], marked: number, size: Size) {
  const steps = Math.max(plan.steps.length, 1);
  const control = useRange({ from: 0, to: steps, leastSpan: Math.min(4, steps) });
  const [rowHeight, setRowHeight] = useState(ROW_HEIGHT);
  const [wantedScroll, setScroll] = useState(0);
  const most = scrollLimit(size, rows.length, rowHeight);
  const scroll = Math.min(wantedScroll, most);
  const { range, set } = control;
  const geometry = useMemo(
    () => timelineGeometry(size, range, rowHeight, scroll),
    [size, range, rowHeight, scroll],
  );
  useReveal(rows[marked], marked, geometry, control, setScroll);
  const scrollBy = (by: number): void => setScroll(Math.max(0, Math.min(most, scroll + by)));
  const moveBy = (pixels: number): void => {
    const by = (pixels / Math.max(1, size.width - GUTTER)) * spanOf(range);
    set({ from: range.from + by, to: range.to + by });
  };
  const fitAll = (): void => {
    const fitting = fittingRowHeight(size, rows.length);
    // A second press goes back to rows that can be read.
    setRowHeight(spanOf(range) === steps && rowHeight === fitting ? ROW_HEIGHT : fitting);
    setScroll(0);
    control.fit();
  };
  return {
    geometry,
    fitAll,
    drag: (dx: number, dy: number): void => {
      moveBy(-dx);
      scrollBy(-dy);
    },
    wheel: (event: WheelEvent, at: Point): void => {
      if (event.ctrlKey || event.metaKey) control.zoom(1.0015 ** event.deltaY, geometry.stepAt(at.x));
      else if (event.shiftKey) moveBy(event.deltaY);
      else {
        moveBy(event.deltaX);
        scrollBy(event.deltaY);
      }
    },
    key: (event: KeyboardEvent, pointer: Point | undefined): boolean => {
      if (event.key !== 'f')
        return control.onKey(event, pointer ? geometry.stepAt(pointer.x) : middleOf(control));
      fitAll();
      return true;
    },
  };
}

const middleOf = ({ range }: RangeControl): number => (range.from + range.to) / 2;

/** Brings a newly selected tensor onto the screen. Zooming and scrolling afterwards are left alone. */
function useReveal(
  row: PlanTensor | undefined,
  index: number,
  { size, rowHeight, scroll }: TimelineGeometry,
  control: RangeControl,
  setScroll: (scroll: number) => void,
): void {
  const room = size.height - ROWS_TOP;
  const ready = room > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection moves the view
  useEffect(() => {
    if (!row || !ready) return;
    const top = index * rowHeight;
    if (top < scroll) setScroll(top);
    else if (top + rowHeight > scroll + room) setScroll(top + rowHeight - room);
    control.set(revealInRange(control.range, { from: row.lower, to: row.lower + 1 }, control.limits));
  }, [row, ready]);
}

/** What is under the pointer, and what selecting it does. */
function usePicking(plan: PlanView, rows: readonly PlanTensor[], marked: number, geometry: TimelineGeometry) {
  const actions = useActions();
  const { index } = useModel();
  const rowAt = (at: Point): PlanTensor | undefined =>
    at.y < ROWS_TOP ? undefined : rows[geometry.rowAt(at.y)];
  const stepAt = (at: Point): number | undefined => {
    const step = Math.floor(geometry.stepAt(at.x));
    return at.x >= GUTTER && step >= 0 && step < plan.steps.length ? step : undefined;
  };
  return {
    click: (at: Point): void => {
      const [row, step] = [rowAt(at), stepAt(at)];
      if (row) actions.select(selectionOfRow(row));
      else if (step !== undefined) actions.select({ kind: 'step', id: step });
      if (step !== undefined) actions.setStep(step);
    },
    key: ({ key }: KeyboardEvent): boolean => {
      const move = { ArrowDown: 1, ArrowUp: -1 }[key];
      const row =
        move === undefined ? undefined : rows[Math.max(0, Math.min(rows.length - 1, marked + move))];
      if (row) actions.select(selectionOfRow(row));
      return row !== undefined;
    },
    card: (at: Point) => {
      const [row, step] = [rowAt(at), stepAt(at)];
      if (row) return <RowCard row={row} index={index} />;
      if (step === undefined || at.y >= ROWS_TOP) return undefined;
      return (
        <p>
          Step {step}: {plan.steps[step]?.op} · {formatBytes(plan.liveBytes[step] ?? 0)} live
        </p>
      );
    },
  };
}
