// Two runs side by side: total, operators, memory. Pure and light: the renderer imports it.
// Invariant: every step of both runs is in exactly one row, so the rows of a side add up to its steps.

import type { RunReport, StepReport } from './types/run.ts';

/** One side of a row: a step, or several that do together what the other side's steps do. */
export interface TimedSide {
  /** StepReport.index */
  readonly steps: readonly number[];
  readonly medianNs: number;
  /** 95 % interval of the median; of several steps the sums, which is wider than the interval of their sum */
  readonly lowNs: number;
  readonly highNs: number;
}

export interface TimeRow {
  readonly key: string;
  /** name of the step that covers most nodes */
  readonly name: string;
  readonly op: string;
  /** what its steps are called, on the side where they are fewer */
  readonly title: string;
  /** imported nodes, ascending; none for the total and for steps the compiler added */
  readonly nodes: readonly number[];
  /** absent where that run has nothing for these nodes */
  readonly a?: TimedSide;
  readonly b?: TimedSide;
  /** b − a; an absent side counts 0 */
  readonly deltaNs: number;
  /** b / a, absent when a side is absent or a is 0 */
  readonly ratio?: number;
  /** the intervals meet: the difference may be noise */
  readonly overlapping: boolean;
}

export interface MemoryRow {
  readonly key: keyof RunReport['memory'];
  readonly a?: number;
  readonly b?: number;
  readonly deltaBytes?: number;
  readonly ratio?: number;
}

export interface Comparison {
  /** false: node numbers mean different things, so no operators are compared */
  readonly sameModel: boolean;
  /** false: their tensors have other sizes, so what one needs says nothing about the other */
  readonly sameDimensions: boolean;
  /** the runs were taken in turns; otherwise the machine may have changed in between */
  readonly measuredTogether: boolean;
  readonly total: TimeRow;
  /** in execution order of a, then what only b has */
  readonly operators: readonly TimeRow[];
  readonly memory: readonly MemoryRow[];
}

const MEMORY_KEYS = [
  'arenaBytes',
  'lowerBoundBytes',
  'unplannedBytes',
  'weightsBytes',
  'touchedBytes',
] as const satisfies readonly (keyof RunReport['memory'])[];

/** Compares run b with run a. Ratios are b / a: below 1 is faster or smaller. */
export function compareRuns(a: RunReport, b: RunReport): Comparison {
  const sameModel = a.model.sha256 === b.model.sha256;
  return {
    sameModel,
    sameDimensions: sameExtents(a.options.dims, b.options.dims),
    measuredTogether: a.interleavedWith !== undefined && a.interleavedWith === b.interleavedWith,
    total: {
      key: 'total',
      name: 'total',
      op: '',
      title: 'All',
      nodes: [],
      ...difference({ ...a.total, steps: [] }, { ...b.total, steps: [] }),
    },
    operators: sameModel ? operatorRows(a.steps, b.steps) : [],
    memory: MEMORY_KEYS.map(key => memoryRow(key, a.memory[key], b.memory[key])),
  };
}

/** Equal where neither binds a dimension that the other binds otherwise, or not at all. */
const sameExtents = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  [...Object.keys(a), ...Object.keys(b)].every(key => a[key] === b[key]);

/**
 * Steps that share a node, directly or through others, form a row: a fused step stands against the sum of its
 * members, whichever side is fused, and also where the two sides are fused differently. Steps that stand for
 * no node meet the other side's step of the same name, if it has one.
 */
function operatorRows(a: readonly StepReport[], b: readonly StepReport[]): TimeRow[] {
  const rootOf = new Map<string, string>();
  const find = (key: string): string => {
    let root = key;
    for (let up = rootOf.get(root); up !== undefined && up !== root; up = rootOf.get(root)) root = up;
    rootOf.set(key, root);
    return root;
  };
  for (const step of [...a, ...b]) {
    const [first, ...rest] = keysOf(step).map(find);
    if (first !== undefined) for (const root of rest) rootOf.set(find(root), find(first));
  }
  const rows = new Map<string, { a: StepReport[]; b: StepReport[] }>();
  for (const [side, steps] of [
    ['a', a],
    ['b', b],
  ] as const) {
    for (const step of steps) {
      const root = find(keysOf(step)[0] ?? '');
      const row = rows.get(root) ?? { a: [], b: [] };
      row[side].push(step);
      rows.set(root, row);
    }
  }
  return [...rows].map(([key, row]) => operatorRow(key, row.a, row.b));
}

function keysOf(step: StepReport): string[] {
  return step.nodes.length === 0 ? [`step ${step.name}`] : step.nodes.map(node => `node ${node}`);
}

function operatorRow(key: string, a: readonly StepReport[], b: readonly StepReport[]): TimeRow {
  const steps = [...a, ...b];
  const fewer = b.length > 0 && (a.length === 0 || b.length < a.length) ? b : a;
  const widest = steps.reduce((best, step) => (step.nodes.length > best.nodes.length ? step : best));
  return {
    key,
    name: widest.name,
    op: widest.op,
    title: titleOf(fewer),
    nodes: [...new Set(steps.flatMap(step => step.nodes))].sort((m, n) => m - n),
    ...difference(sumOf(a), sumOf(b)),
  };
}

const titleOf = (steps: readonly StepReport[]): string =>
  [...new Set(steps.map(({ title }) => title))].join(', ');

function sumOf(steps: readonly StepReport[]): TimedSide | undefined {
  if (steps.length === 0) return undefined;
  const sum = (pick: (step: StepReport) => number): number =>
    steps.reduce((total, step) => total + pick(step), 0);
  return {
    steps: steps.map(step => step.index),
    medianNs: sum(step => step.medianNs),
    lowNs: sum(step => step.lowNs),
    highNs: sum(step => step.highNs),
  };
}

function difference(
  a: TimedSide | undefined,
  b: TimedSide | undefined,
): Pick<TimeRow, 'a' | 'b' | 'deltaNs' | 'ratio' | 'overlapping'> {
  const both = a !== undefined && b !== undefined;
  return {
    ...(a === undefined ? {} : { a: sideOf(a) }),
    ...(b === undefined ? {} : { b: sideOf(b) }),
    deltaNs: (b?.medianNs ?? 0) - (a?.medianNs ?? 0),
    ...(both && a.medianNs > 0 ? { ratio: b.medianNs / a.medianNs } : {}),
    overlapping: both && a.lowNs <= b.highNs && b.lowNs <= a.highNs,
  };
}

function sideOf({ steps, medianNs, lowNs, highNs }: TimedSide): TimedSide {
  return { steps, medianNs, lowNs, highNs };
}

function memoryRow(key: MemoryRow['key'], a: number | undefined, b: number | undefined): MemoryRow {
  return {
    key,
    ...(a === undefined ? {} : { a }),
    ...(b === undefined ? {} : { b }),
    ...(a === undefined || b === undefined ? {} : { deltaBytes: b - a }),
    ...(a === undefined || b === undefined || a === 0 ? {} : { ratio: b / a }),
  };
}
