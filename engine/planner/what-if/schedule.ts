// Steps over numbered values, as plain data that a change of the plan can edit: leave to share memory, another
// order, other steps in the place of some. Invariant: whatever is planned from a schedule is checked by the
// validator before anybody hears of it.

import { lowerBound } from '../bounds/max-live.ts';
import type { PlanControl } from '../control.ts';
import { type LiveStep, livenessOf } from '../liveness.ts';
import { plan } from '../plan.ts';
import type { Buffer, Overlap, PlanResult, Problem } from '../types.ts';
import { validate } from '../validate.ts';
import { allShares, type Share } from './shares.ts';

/** What a step reads and writes, and what may share memory in it. */
export interface ScheduledStep extends LiveStep<number> {
  /** names the step whatever its place; steps made in place of others have keys of their own */
  readonly key: string;
  readonly shares?: readonly Share[];
}

/** Steps in their order. Values that do not appear in `values` take no memory. */
export interface Schedule {
  readonly steps: readonly ScheduledStep[];
  /** what takes memory */
  readonly values: ReadonlyMap<number, { readonly id: string; readonly bytes: number }>;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** The planning problem of a schedule, and the value that each of its buffers is; -1 for scratch. */
export interface ScheduledProblem {
  readonly problem: Problem;
  readonly valueOf: readonly number[];
}

/** Lifetimes as the order of the steps has them, and what shares memory as overlaps. */
export function problemOf(schedule: Schedule): ScheduledProblem {
  const { steps, values, inputs, outputs } = schedule;
  const { problem, buffers, bufferOf } = livenessOf(steps, {
    inputs,
    outputs,
    describe: value => values.get(value),
  });
  const live = (value: number): Buffer | undefined => problem.buffers[bufferOf.get(value) ?? -1];
  const known = steps.flatMap(step =>
    (step.shares ?? []).filter(({ result, operand }) => live(result) && live(operand)),
  );
  const shares = allShares(known, value => live(value)?.size ?? 0).flatMap(
    ({ result, operand, distance }): Overlap[] => {
      const over = bufferOf.get(result);
      const under = bufferOf.get(operand);
      if (over === undefined || under === undefined || !meet(live(result), live(operand))) return [];
      const [below, above] = distance < 0 ? [under, over] : [over, under];
      return [{ below, above, distance: Math.abs(distance), exact: true }];
    },
  );
  const overlaps = [...(problem.overlaps ?? []), ...shares];
  return {
    problem: { buffers: problem.buffers, ...(overlaps.length > 0 && { overlaps }) },
    valueOf: buffers.map(buffer => buffer.values[0] ?? -1),
  };
}

/** Whether both are live in some step. */
const meet = (a: Buffer | undefined, b: Buffer | undefined): boolean =>
  a !== undefined && b !== undefined && a.lower < b.upper && b.lower < a.upper;

/** Bytes that the schedule needs at least, and the steps that need so many: what a change must lower to save any. */
export function pressureOf({ problem }: ScheduledProblem): number {
  return lowerBound(problem).bytes;
}

/** Plans a problem and has the result checked by code that shares nothing with the solvers. */
export function planChecked(problem: Problem, control: PlanControl): PlanResult {
  const result = plan(problem, 'exact', control);
  const [violation] = validate(problem, result.solution);
  if (violation) throw new Error(`an invalid plan: ${violation.message}`);
  return result;
}
