// The memory map: which bytes of the arena belong to whom, step by step.
// The allocation view's tables hold the same rows for those who cannot use a canvas.

import { Maximize2 } from 'lucide-react';
import { type KeyboardEvent, useCallback, useEffect, useMemo } from 'react';
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
import { drawMap } from './draw.ts';
import { BOTTOM, holesOf, LEFT, type MapGeometry, mapGeometry, TOP, tensorAt } from './geometry.ts';

/** Room above the peak for its label, as a share of it. */
const HEADROOM = 1.04;

export function MemoryView() {
  const plan = planOf(useModel());
  return plan ? <MemoryMap plan={plan} /> : null;
}

function MemoryMap({ plan }: { readonly plan: PlanView }) {
  const model = useModel();
  const step = stepOf(model);
  const highlight = useHighlight();
  const palette = usePalette();
  const [sizeRef, size] = useSize();
  const marked = plan.tensors.find(row => highlight.buffers.has(row.id));
  const view = useMapView(plan, marked, size);
  const { geometry } = view;
  const holes = useMemo(() => holesOf(plan), [plan]);
  const draw = useCallback(
    (context: CanvasRenderingContext2D) =>
      drawMap(context, { plan, holes, highlight, step }, geometry, palette),
    [plan, holes, highlight, step, geometry, palette],
  );
  const pick = usePicking(plan, marked, geometry);
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
          label={`Memory map: ${plan.tensors.length} tensors over ${plan.steps.length} steps, peak ${formatBytes(plan.peakBytes)}. Up and down select a tensor.`}
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

/** What is on the screen: ranges of steps and bytes. */
function useMapView(plan: PlanView, marked: PlanTensor | undefined, size: Size) {
  const count = Math.max(plan.steps.length, 1);
  const top = Math.max(plan.peakBytes, 1) * HEADROOM;
  const steps = useRange({ from: 0, to: count, leastSpan: Math.min(4, count) });
  const bytes = useRange({ from: 0, to: top, leastSpan: top / 10_000 });
  const geometry = useMemo(
    () => mapGeometry(size, steps.range, bytes.range),
    [size, steps.range, bytes.range],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection moves the view
  useEffect(() => {
    if (!marked) return;
    steps.set(revealInRange(steps.range, { from: marked.lower, to: marked.lower + 1 }, steps.limits));
    const place = { from: marked.offset, to: marked.offset + marked.bytes };
    bytes.set(revealInRange(bytes.range, place, bytes.limits));
  }, [marked]);
  const move = (axis: RangeControl, pixels: number, length: number): void => {
    const by = (pixels / Math.max(1, length)) * spanOf(axis.range);
    axis.set({ from: axis.range.from + by, to: axis.range.to + by });
  };
  const moveBy = (dx: number, dy: number): void => {
    move(steps, dx, size.width - LEFT);
    move(bytes, -dy, size.height - TOP - BOTTOM);
  };
  const fitAll = (): void => {
    steps.fit();
    bytes.fit();
  };
  return {
    geometry,
    fitAll,
    drag: (dx: number, dy: number): void => moveBy(-dx, -dy),
    wheel: (event: WheelEvent, at: Point): void => {
      const factor = 1.0015 ** event.deltaY;
      if (event.ctrlKey || event.metaKey) {
        steps.zoom(factor, geometry.stepAt(at.x));
        if (event.shiftKey) bytes.zoom(factor, geometry.offsetAt(at.y));
      } else if (event.shiftKey) bytes.zoom(factor, geometry.offsetAt(at.y));
      else moveBy(event.deltaX, event.deltaY);
    },
    key: (event: KeyboardEvent, pointer: Point | undefined): boolean => {
      if (event.key !== 'f') {
        return steps.onKey(
          event,
          pointer ? geometry.stepAt(pointer.x) : (steps.range.from + steps.range.to) / 2,
        );
      }
      fitAll();
      return true;
    },
  };
}

/** What is under the pointer, and what selecting it does. */
function usePicking(plan: PlanView, marked: PlanTensor | undefined, geometry: MapGeometry) {
  const actions = useActions();
  const { index } = useModel();
  const stepAt = (at: Point): number => Math.floor(geometry.stepAt(at.x));
  const inside = (at: Point): boolean => at.x >= LEFT && at.y <= geometry.size.height - BOTTOM;
  const rowAt = (at: Point): PlanTensor | undefined =>
    inside(at) ? tensorAt(plan, stepAt(at), geometry.offsetAt(at.y)) : undefined;
  return {
    click: (at: Point): void => {
      const row = rowAt(at);
      actions.select(row && selectionOfRow(row));
      if (at.x >= LEFT) actions.setStep(Math.max(0, Math.min(plan.steps.length - 1, stepAt(at))));
    },
    key: ({ key }: KeyboardEvent): boolean => {
      const move = { ArrowDown: 1, ArrowUp: -1 }[key];
      if (move === undefined) return false;
      const from = marked ? plan.tensors.indexOf(marked) : -1;
      const row = plan.tensors[Math.max(0, Math.min(plan.tensors.length - 1, from + move))];
      if (row) actions.select(selectionOfRow(row));
      return true;
    },
    card: (at: Point) => {
      const row = rowAt(at);
      if (row) return <RowCard row={row} index={index} />;
      const step = stepAt(at);
      if (!inside(at) || step < 0 || step >= plan.steps.length) return undefined;
      return (
        <p>
          Step {step}: {plan.steps[step]?.op} · {formatBytes(plan.liveBytes[step] ?? 0)} live · free at{' '}
          {formatBytes(Math.max(0, geometry.offsetAt(at.y)))}
        </p>
      );
    },
  };
}
