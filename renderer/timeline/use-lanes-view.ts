// What of the timeline is on the screen: the range of steps, the height of lanes and how far they are scrolled.

import { useEffect, useMemo } from 'react';
import type { PlanTensor } from '../../engine/report/types/plan.ts';
import type { Point } from '../chart/tooltip.tsx';
import { useFit } from '../chart/use-fit.ts';
import { type StepView, useSelectionReveal } from '../chart/use-step-view.ts';
import { useKept } from '../hooks/use-kept.ts';
import type { Size } from '../widgets/canvas.tsx';
import { fittingLaneHeight, lanesTop, scrollLimit, scrollToLanes, timelineGeometry } from './geometry.ts';
import { firstLiving, type Lanes } from './lanes.ts';

const LANE_HEIGHT = 16;

interface LanesInput {
  readonly rows: readonly PlanTensor[];
  readonly lanes: Lanes;
  /** indices of the rows that are marked */
  readonly marked: readonly number[];
  readonly pinned: number;
  readonly steps: StepView;
  readonly size: Size;
}

/** Where lanes lie now, and what moves them; lanes come along to what gets selected. */
export function useLanesView({ rows, lanes, marked, pinned, steps, size }: LanesInput) {
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
