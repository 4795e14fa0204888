// What timeline and memory map have in common: an axis along the steps, the part of it that is on the screen, and what
// pointer, wheel and keys do with it. Both keep one range, so that going from one to the other shows the same steps.

import { useEffect, useMemo, useRef } from 'react';
import type { PlanView } from '../../engine/report/types/plan.ts';
import { useApp, useModel } from '../hooks/app-context.ts';
import { useKept } from '../hooks/use-kept.ts';
import type { KeyPress } from '../hooks/use-unfocused-keys.ts';
import { runOf, stepOf } from '../state/app-state.ts';
import { type Selection, selectionOfSteps } from '../state/selection.ts';
import { type Range, spanOf } from './range.ts';
import { orderAxis, type StepAxis, type StepScale, stepScale, timeAxis } from './step-axis.ts';
import type { Point } from './tooltip.tsx';
import { type RangeControl, useRange } from './use-range.ts';

export interface StepView extends StepScale {
  readonly control: RangeControl;
  /** measured times per step, ns, where the plan shown was run */
  readonly durationsNs: readonly number[] | undefined;
  readonly pan: (dx: number) => void;
  /** zooms with Ctrl; returns false for any other turn */
  readonly wheel: (event: WheelEvent, at: Point) => boolean;
  readonly key: (event: KeyPress, pointer: Point | undefined) => boolean;
  /** brings steps [from, to) onto the screen, filling it */
  readonly fitSteps: (from: number, to: number) => void;
  /** the smallest move that shows steps [from, to) */
  readonly reveal: (from: number, to: number) => void;
  /** the steps between two points, as a selection */
  readonly areaOf: (from: Point, to: Point) => Selection;
}

const RANGE_KEYS = { step: 'range of steps', ns: 'range of time' } as const;
const WHEEL_ZOOM = 1.0015;

/** `left` and `width`: of the part of the chart that has steps, px. */
export function useStepView(plan: PlanView, left: number, width: number): StepView {
  const model = useModel();
  const wanted = useApp(state => state.timeline.axis);
  const run = plan.column === 'asExecuted' ? runOf(model)?.report : undefined;
  const durationsNs = useMemo(() => {
    const times = run?.steps.map(step => step.medianNs);
    return times?.length === plan.steps.length ? times : undefined;
  }, [run, plan]);
  const axis = useMemo(
    () => (wanted === 'time' && durationsNs ? timeAxis(durationsNs) : orderAxis(plan.steps.length)),
    [wanted, durationsNs, plan],
  );
  const leastSpan = Math.min(axis.length, axis.unit === 'step' ? 4 : 1000);
  const control = useRange(RANGE_KEYS[axis.unit], { from: 0, to: axis.length, leastSpan });
  const { range } = control;
  const scale = useMemo(() => stepScale(axis, range, left, width), [axis, range, left, width]);
  const placeAt = (x: number): number => range.from + ((x - left) / Math.max(1, width)) * spanOf(range);
  useStepReveal(stepOf(model), axis, control);
  const last = Math.max(plan.steps.length - 1, 0);
  const stepIn = (x: number): number => Math.max(0, Math.min(last, Math.floor(scale.stepAt(x))));
  const pan = (dx: number): void => control.moveBy((-dx / Math.max(1, width)) * spanOf(range));
  return {
    ...scale,
    control,
    durationsNs,
    pan,
    wheel: (event, at) => {
      if (!event.ctrlKey && !event.metaKey) return false;
      control.zoom(WHEEL_ZOOM ** event.deltaY, placeAt(at.x));
      return true;
    },
    key: (event, pointer) => control.onKey(event, pointer ? placeAt(pointer.x) : (range.from + range.to) / 2),
    fitSteps: (from, to) => control.set({ from: axis.at(from), to: axis.at(to) }),
    reveal: (from, to) => control.reveal({ from: axis.at(from), to: axis.at(to) }),
    areaOf: (from, to) => {
      const [first, end] = [stepIn(Math.min(from.x, to.x)), stepIn(Math.max(from.x, to.x))];
      return selectionOfSteps(first, end + 1);
    },
  };
}

/** Brings the step onto the screen when it was moved on; moving the view afterwards is left alone. */
function useStepReveal(step: number, axis: StepAxis, control: RangeControl): void {
  const seen = useRef(step);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new step moves the view
  useEffect(() => {
    if (seen.current === step) return;
    seen.current = step;
    control.reveal({ from: axis.at(step), to: axis.at(step + 1) });
  }, [step]);
}

/** Calls `reveal` for a selection that this chart has not shown yet, also when it was made in another view. */
export function useSelectionReveal(chart: string, ready: boolean, reveal: () => void): void {
  const { selection } = useModel();
  const [revealed, setRevealed] = useKept(`${chart} revealed`, selection);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection moves the view
  useEffect(() => {
    if (!ready || selection === revealed) return;
    setRevealed(selection);
    if (selection) reveal();
  }, [selection, ready]);
}

/** Shows all steps again, whatever the axis is. */
export function useFitSteps(): () => void {
  const [, setSteps] = useKept<Range | undefined>(RANGE_KEYS.step, undefined);
  const [, setTime] = useKept<Range | undefined>(RANGE_KEYS.ns, undefined);
  return () => {
    setSteps(undefined);
    setTime(undefined);
  };
}
