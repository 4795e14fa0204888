// One memory map of one plan. Two of them side by side share their ranges of steps and bytes.

import { useCallback, useMemo } from 'react';
import { counted } from '../../engine/report/counted.ts';
import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import { ChartSurface } from '../chart/chart-surface.tsx';
import { spanOf } from '../chart/range.ts';
import { RowCard } from '../chart/row-card.tsx';
import { StepCard } from '../chart/step-card.tsx';
import type { Point } from '../chart/tooltip.tsx';
import { useFit, useRowKeys } from '../chart/use-fit.ts';
import { useRange } from '../chart/use-range.ts';
import { useStepColumns } from '../chart/use-step-columns.ts';
import { type StepView, useSelectionReveal, useStepView } from '../chart/use-step-view.ts';
import { formatBytes } from '../format/units.ts';
import { useActions, useModel } from '../hooks/app-context.ts';
import { reportOf } from '../state/app-state.ts';
import { isOfAll } from '../state/derived/left-out.ts';
import { highlightOf, selectionOfRow } from '../state/selection.ts';
import { usePalette } from '../theme/palette.ts';
import { type Size, useSize } from '../widgets/canvas.tsx';
import { drawMap } from './draw.ts';
import {
  BOTTOM,
  chainsOf,
  holesOf,
  LEFT,
  type MapGeometry,
  mapGeometry,
  stepsWidth,
  TOP,
  tensorAt,
} from './geometry.ts';
import styles from './memory.module.css';

const WHEEL_ZOOM = 1.0015;

export interface MapPaneProps {
  readonly plan: PlanView;
  /** what the axis of offsets ends at, bytes */
  readonly topBytes: number;
  /** how many placements are shown while they are replayed */
  readonly placed: number | undefined;
  readonly title?: string;
}

export function MapPane({ plan, topBytes, placed, title }: MapPaneProps) {
  const model = useModel();
  const palette = usePalette();
  const [sizeRef, size] = useSize();
  const groups = reportOf(model)?.groups;
  const highlight = useMemo(
    () => highlightOf(model.selection, model.index, plan, groups ?? [], model.body),
    [model.selection, model.index, plan, groups, model.body],
  );
  const steps = useStepView(plan, LEFT, stepsWidth(size));
  const marked = useMemo(() => plan.tensors.filter(row => highlight.buffers.has(row.id)), [plan, highlight]);
  const view = useMapView(steps, topBytes, marked, size);
  const { geometry } = view;
  const holes = useMemo(() => holesOf(plan), [plan]);
  const chains = useMemo(() => chainsOf(plan), [plan]);
  const chain = useMemo(() => new Set(marked.flatMap(row => chains.get(row.id) ?? [])), [marked, chains]);
  const replay = useMemo(() => {
    if (placed === undefined) return undefined;
    const shown = plan.placements.slice(0, placed);
    return { placed: new Set(shown), last: shown.at(-1) };
  }, [plan, placed]);
  const { columns, onArea } = useStepColumns(plan, steps);
  const whole = isOfAll(model.summary, plan);
  const draw = useCallback(
    (context: CanvasRenderingContext2D) =>
      drawMap(
        context,
        { plan, whole, holes, highlight, chain, columns, ...(replay && { replay }) },
        geometry,
        palette,
      ),
    [plan, whole, holes, highlight, chain, columns, replay, geometry, palette],
  );
  const pick = usePicking(plan, marked[0], geometry, steps.durationsNs);
  return (
    <div className={styles.pane}>
      {title !== undefined && <h3 className={styles.paneTitle}>{title}</h3>}
      <div className={styles.surface}>
        <ChartSurface
          label={`Memory map: ${counted(plan.tensors.length, 'tensor')} over ${counted(plan.steps.length, 'step')}, peak ${formatBytes(plan.peakBytes)}. Up and down select a tensor.`}
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
    </div>
  );
}

/** The range of offsets that is on the screen, shared by all maps. */
export const useByteRange = (topBytes: number) =>
  useRange('memory map offsets', { from: 0, to: topBytes, leastSpan: topBytes / 10_000 });

/** What is on the screen: ranges of steps and bytes. */
function useMapView(steps: StepView, topBytes: number, marked: readonly PlanTensor[], size: Size) {
  const bytes = useByteRange(topBytes);
  const { axis, range, xOf, stepAt } = steps;
  const geometry = useMemo(
    () => mapGeometry(size, { axis, range, xOf, stepAt }, bytes.range),
    [size, axis, range, xOf, stepAt, bytes.range],
  );
  useSelectionReveal('memory map', size.width > 0, () => {
    const [first] = marked;
    if (!first) return;
    steps.reveal(first.lower, first.lower + 1);
    bytes.reveal({ from: first.offset, to: first.offset + first.bytes });
  });
  const { key } = useFit(steps, marked, () => {
    steps.control.fit();
    bytes.fit();
  });
  const pan = (dx: number, dy: number): void => {
    steps.pan(dx);
    bytes.moveBy((dy / Math.max(1, size.height - TOP - BOTTOM)) * spanOf(bytes.range));
  };
  return {
    geometry,
    pan,
    wheel: (event: WheelEvent, at: Point): void => {
      const along = steps.wheel(event, at);
      if (event.shiftKey) bytes.zoom(WHEEL_ZOOM ** (event.deltaY || event.deltaX), geometry.offsetAt(at.y));
      else if (!along) pan(-event.deltaX, -event.deltaY);
    },
    key,
  };
}

/** What is under the pointer, and what selecting it does. */
function usePicking(
  plan: PlanView,
  marked: PlanTensor | undefined,
  geometry: MapGeometry,
  durationsNs: readonly number[] | undefined,
) {
  const actions = useActions();
  const { index } = useModel();
  const rowKey = useRowKeys(plan.tensors, marked);
  const stepAt = (at: Point): number => Math.floor(geometry.scale.stepAt(at.x));
  const inside = (at: Point): boolean => at.x >= LEFT && at.y <= geometry.size.height - BOTTOM;
  const rowAt = (at: Point): PlanTensor | undefined =>
    inside(at) ? tensorAt(plan, stepAt(at), geometry.offsetAt(at.y)) : undefined;
  return {
    click: (at: Point): void => {
      const row = rowAt(at);
      actions.select(row && selectionOfRow(row));
      if (at.x >= LEFT) actions.setStep(Math.max(0, Math.min(plan.steps.length - 1, stepAt(at))));
    },
    key: rowKey,
    card: (at: Point) => {
      const row = rowAt(at);
      if (row) return <RowCard plan={plan} row={row} index={index} />;
      const step = stepAt(at);
      if (!inside(at) || step < 0 || step >= plan.steps.length) return undefined;
      const more = `free at ${formatBytes(Math.max(0, geometry.offsetAt(at.y)))}`;
      return <StepCard plan={plan} step={step} durationsNs={durationsNs} more={more} />;
    },
  };
}
