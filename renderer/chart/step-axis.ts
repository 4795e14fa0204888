// The axis along the steps of a plan: each as wide as the next, or as long as it was measured to take. Pure.
// Steps may be fractions: 2.5 is the middle of step 2.

import { type Range, spanOf } from './range.ts';

export interface StepAxis {
  readonly unit: 'step' | 'ns';
  /** of all steps together, in the unit */
  readonly length: number;
  /** where a step begins, in the unit */
  readonly at: (step: number) => number;
  /** the step at a place */
  readonly stepAt: (place: number) => number;
}

export const orderAxis = (steps: number): StepAxis => ({
  unit: 'step',
  length: Math.max(steps, 1),
  at: step => step,
  stepAt: place => place,
});

/** `durationsNs`: per step. */
export function timeAxis(durationsNs: readonly number[]): StepAxis {
  const starts = new Float64Array(durationsNs.length + 1);
  durationsNs.forEach((ns, step) => {
    starts[step + 1] = (starts[step] ?? 0) + Math.max(ns, 1);
  });
  const last = durationsNs.length;
  const length = starts[last] ?? 0;
  const startOf = (step: number): number => starts[Math.max(0, Math.min(last, step))] ?? 0;
  return {
    unit: 'ns',
    length: Math.max(length, 1),
    at: step => {
      const whole = Math.floor(step);
      return startOf(whole) + (step - whole) * (startOf(whole + 1) - startOf(whole));
    },
    stepAt: place => {
      const step = stepHolding(starts, place);
      const span = startOf(step + 1) - startOf(step);
      return step + (span === 0 ? 0 : (place - startOf(step)) / span);
    },
  };
}

/** The last step that begins at or before a place, by bisection. */
function stepHolding(starts: Float64Array, place: number): number {
  let [low, high] = [0, Math.max(0, starts.length - 2)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Steps on the screen, from left to right between two margins. */
export interface StepScale {
  readonly axis: StepAxis;
  /** in the unit of the axis */
  readonly range: Range;
  readonly xOf: (step: number) => number;
  readonly stepAt: (x: number) => number;
}

/** `left` and `width`: of the part of the chart that has steps, px. */
export function stepScale(axis: StepAxis, range: Range, left: number, width: number): StepScale {
  const scale = Math.max(1, width) / spanOf(range);
  return {
    axis,
    range,
    xOf: step => left + (axis.at(step) - range.from) * scale,
    stepAt: x => axis.stepAt(range.from + (x - left) / scale),
  };
}
