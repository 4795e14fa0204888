// The running total by what it consists of: bytes live in each step, by operator or by name scope. Pure.

import type { PlanTensor, PlanView } from '../../engine/report/types/plan.ts';
import type { TimelineLook } from '../state/app-state.ts';
import type { GraphIndex } from '../state/derived/graph-index.ts';
import { scopePathOf } from '../state/derived/scope-path.ts';
import { type Family, familyOfRow } from '../theme/families.ts';

export interface Series {
  readonly name: string;
  /** what an operator's colour is; scopes have colours by their place */
  readonly family?: Family;
  /** per step */
  readonly bytes: Float64Array;
}

/** More could not be told apart; the smaller ones are one series together. */
const MOST_SERIES = 7;

/** The largest at the peak first; undefined where the total is not split. */
export function stackOf(
  plan: PlanView,
  index: GraphIndex,
  by: TimelineLook['stack'],
): readonly Series[] | undefined {
  if (by === 'total') return undefined;
  const key = by === 'operator' ? operatorOf : scopesOf(plan, index);
  const series = [...Map.groupBy(plan.tensors, key)].map(([name, rows]): Series => {
    const [first] = rows;
    const family = by === 'operator' && first ? { family: familyOfRow(first) } : {};
    return { name, ...family, bytes: bytesOf(rows, plan) };
  });
  scaledToTotal(series, plan);
  const most = (bytes: Float64Array): number => bytes.reduce((a, b) => Math.max(a, b), 0);
  const sorted = series
    .map(one => ({ one, atPeak: one.bytes[plan.peakStep] ?? 0, most: most(one.bytes) }))
    .toSorted((a, b) => b.atPeak - a.atPeak || b.most - a.most)
    .map(({ one }) => one);
  const [shown, small] = [sorted.slice(0, MOST_SERIES), sorted.slice(MOST_SERIES)];
  return small.length === 0 ? shown : [...shown, together(small, plan.steps.length)];
}

const operatorOf = (row: PlanTensor): string =>
  row.kind === 'scratch' ? 'Scratch' : (row.op ?? 'Graph inputs');

/** The outermost scope that tells tensors apart: where all share one, the next within. */
function scopesOf(plan: PlanView, index: GraphIndex): (row: PlanTensor) => string {
  const pathOf = (row: PlanTensor): readonly string[] => {
    const step = row.writer === undefined ? undefined : plan.steps[row.writer];
    const node = step && index.nodes.get(step.nodes[0] ?? -1);
    return node ? scopePathOf(node) : [];
  };
  const paths = new Map(plan.tensors.map(row => [row.id, pathOf(row)]));
  const deepest = Math.max(0, ...[...paths.values()].map(path => path.length));
  let depth = 1;
  while (depth < deepest && new Set([...paths.values()].map(path => path.slice(0, depth).join('/'))).size < 3)
    depth++;
  return row => {
    if (row.writer === undefined) return 'Graph inputs';
    const path = paths.get(row.id) ?? [];
    return path.length === 0 ? 'No scope' : path.slice(0, depth).join('/');
  };
}

function bytesOf(rows: readonly PlanTensor[], plan: PlanView): Float64Array {
  const bytes = new Float64Array(plan.steps.length);
  for (const row of rows) {
    for (let step = row.lower; step < row.upper; step++) bytes[step] = (bytes[step] ?? 0) + row.bytes;
  }
  return bytes;
}

/** Bytes that several tensors share count once in the total: they are shared out among all that is live. */
function scaledToTotal(series: readonly Series[], { liveBytes }: PlanView): void {
  liveBytes.forEach((live, step) => {
    const sum = series.reduce((bytes, one) => bytes + (one.bytes[step] ?? 0), 0);
    if (sum <= live) return;
    for (const { bytes } of series) bytes[step] = ((bytes[step] ?? 0) * live) / sum;
  });
}

function together(series: readonly Series[], steps: number): Series {
  const bytes = new Float64Array(steps);
  for (const one of series) {
    one.bytes.forEach((value, step) => {
      bytes[step] = (bytes[step] ?? 0) + value;
    });
  }
  return { name: `${series.length} others`, bytes };
}
