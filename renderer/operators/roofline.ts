// The roofline plot: work per byte against work per second, both logarithmic, a point per step. Pure.
// Lines of what the machine could do at most are drawn where that was measured with the run.

import type { MachinePeak, RunReport, StepReport } from '../../engine/report/types/run.ts';
import { type Family, familyOf } from '../theme/families.ts';

export interface RooflinePoint {
  readonly step: StepReport;
  readonly family: Family;
  /** FLOP per byte read and written */
  readonly intensity: number;
  /** GFLOP/s at the median */
  readonly rate: number;
}

/** What is computed of the FLOP that operators define: minimal filtering does without some. */
export const computedFlops = ({ flops, sparedFlops = 0 }: StepReport): number => flops - sparedFlops;

/**
 * Steps that compute, move bytes and take time; the others have no place on logarithmic axes. Of what runs bodies only
 * the bytes that go in and come out are known, not those of each turn.
 */
export const pointsOf = (steps: readonly StepReport[]): readonly RooflinePoint[] =>
  steps.flatMap(step => {
    const bytes = step.bytesRead + step.bytesWritten;
    const flops = computedFlops(step);
    if (step.turns !== undefined || flops <= 0 || bytes <= 0 || step.medianNs <= 0) return [];
    return [{ step, family: familyOf(step.op), intensity: flops / bytes, rate: flops / step.medianNs }];
  });

/** Whole powers of ten around all values; at least one decade. */
export function decadesOf(values: readonly number[]): readonly [from: number, to: number] {
  if (values.length === 0) return [1, 10];
  // Nothing on the border: a point there would be cut.
  const least = Math.floor(Math.log10(values.reduce((a, b) => Math.min(a, b)) * 0.9));
  const most = Math.ceil(Math.log10(values.reduce((a, b) => Math.max(a, b)) * 1.1));
  return [10 ** least, 10 ** Math.max(most, least + 1)];
}

/** 1, 10, 100 … within the decades. */
export function powersIn([from, to]: readonly [number, number]): readonly number[] {
  const first = Math.round(Math.log10(from));
  const last = Math.round(Math.log10(to));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/** What the machine reaches with the threads of a run: each computes at the peak, together they copy as one does. */
export const peakOf = ({ peak, options }: RunReport): MachinePeak | undefined =>
  peak && { ...peak, flopsPerSecond: peak.flopsPerSecond * options.threads };

/** GFLOP/s at most with this much work per byte. */
export const roofAt = ({ flopsPerSecond, bytesPerSecond }: MachinePeak, intensity: number): number =>
  Math.min(flopsPerSecond, bytesPerSecond * intensity) / 1e9;
