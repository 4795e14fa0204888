// Stages: runs of steps with one value going in and one coming out, whose operators need only a part of their input
// for a part of their output. A stage may be computed part by part, so that what lies between is never whole:
// row by row with rows kept until no window needs them (depth-first; nothing is computed again), or patch by patch,
// where patches overlap between their windows and that is computed again (Lin et al., "MCUNetV2", 2021).

import { valueOf } from '../../ir/graph.ts';
import type { ValueId } from '../../ir/types.ts';
import type { GivenSchedule } from './given-schedule.ts';
import { areaOf, type Box, joined, planeOf, type Receptive, receptiveOf, wholeOf } from './receptive.ts';

export interface Stage {
  /** steps [first, end) of the schedule */
  readonly first: number;
  readonly end: number;
  readonly entry: ValueId;
  readonly exit: ValueId;
}

/** What computing a stage part by part needs. */
export interface Parts {
  /** of each value between entry and exit: the largest share of it that a part needs */
  readonly shares: ReadonlyMap<number, number>;
  /** per step of the stage: how much more than once its output is computed in all; 0.1 is a tenth more */
  readonly again: readonly number[];
}

/** All stages of at most so many steps, each with at least two. */
export function stagesOf({ graph, schedule, steps }: GivenSchedule, maxSteps: number): Stage[] {
  const receptive = steps.map(({ node }) => receptiveOf(graph, node));
  const touched = new Map<number, number>();
  schedule.steps.forEach(({ reads }, at) => {
    for (const value of reads) touched.set(value, at);
  });
  for (const value of schedule.outputs) touched.set(value, steps.length);
  const stages: Stage[] = [];
  for (let first = 0; first < steps.length; first++) {
    const inside = new Set<number>();
    const entries = new Set<number>();
    for (let end = first + 1; end <= steps.length && end - first <= maxSteps; end++) {
      const step = schedule.steps[end - 1];
      if (step === undefined || receptive[end - 1] === undefined) break;
      for (const value of step.reads) {
        if (schedule.values.has(value) && !inside.has(value)) entries.add(value);
      }
      if (entries.size > 1) break;
      for (const value of step.writes) inside.add(value);
      const exits = [...inside].filter(value => (touched.get(value) ?? -1) >= end);
      const [entry] = entries;
      const [exit] = exits;
      const isStage = end - first > 1 && entry !== undefined && exits.length === 1 && exit !== undefined;
      if (isStage && step.writes.includes(exit)) {
        stages.push({ first, end, entry: entry as ValueId, exit: exit as ValueId });
      }
    }
  }
  return stages;
}

/** A stage in patches of a grid over the plane of what comes out, each computed for itself. */
export function inPatches(given: GivenSchedule, stage: Stage, rows: number, columns: number): Parts {
  const needs = needsOf(given, stage, gridOf(given, stage, rows, columns));
  return {
    shares: needs.largest,
    again: given.steps.slice(stage.first, stage.end).map(({ node }) => {
      const made = node.outputs.reduce(
        (sum, id) => sum + (id === undefined ? 0 : (needs.sums.get(id) ?? 0)),
        0,
      );
      return Math.max(0, made - 1);
    }),
  };
}

/** A stage row by row: of each value only the rows that are still needed are kept. */
export function rowByRow(given: GivenSchedule, stage: Stage): Parts {
  const [height] = planeOf(valueOf(given.graph, stage.exit).shape ?? []);
  const { largest } = needsOf(given, stage, gridOf(given, stage, height, 1));
  return { shares: largest, again: new Array<number>(stage.end - stage.first).fill(0) };
}

function gridOf({ graph }: GivenSchedule, { exit }: Stage, rows: number, columns: number): Box[] {
  const [height, width] = planeOf(valueOf(graph, exit).shape ?? []);
  const cut = (extent: number, parts: number, i: number) => ({
    from: Math.floor((extent * i) / parts),
    to: Math.floor((extent * (i + 1)) / parts),
  });
  return Array.from(
    { length: rows * columns },
    (_, i): Box => [cut(height, rows, Math.floor(i / columns)), cut(width, columns, i % columns)],
  );
}

/** Per value of a stage, over all parts of what comes out: the largest share of it that is needed, and their sum. */
function needsOf(
  { graph, steps }: GivenSchedule,
  stage: Stage,
  parts: readonly Box[],
): { readonly largest: Map<number, number>; readonly sums: Map<number, number> } {
  // Areas are added up, not shares: parts that make up a whole without overlap come to exactly 1.
  const largest = new Map<ValueId, number>();
  const sums = new Map<ValueId, number>();
  const backwards = steps.slice(stage.first, stage.end).reverse();
  const receptive = backwards.map(({ node }) => receptiveOf(graph, node) as Receptive);
  for (const part of parts) {
    const boxes = new Map<ValueId, Box>([[stage.exit, part]]);
    backwards.forEach(({ node }, i) => {
      const [output] = node.outputs;
      const box = output === undefined ? undefined : boxes.get(output);
      if (box === undefined) return;
      for (const need of receptive[i]?.(box) ?? []) {
        const known = boxes.get(need.value);
        boxes.set(need.value, known ? joined(known, need.box) : need.box);
      }
    });
    for (const [value, box] of boxes) {
      largest.set(value, Math.max(largest.get(value) ?? 0, areaOf(box)));
      sums.set(value, (sums.get(value) ?? 0) + areaOf(box));
    }
  }
  const shareOf = (value: ValueId, area: number): number =>
    area / Math.max(1, areaOf(wholeOf(valueOf(graph, value).shape ?? [])));
  const shares = (areas: ReadonlyMap<ValueId, number>): Map<number, number> =>
    new Map([...areas].map(([value, area]) => [value, shareOf(value, area)]));
  return { largest: shares(largest), sums: shares(sums) };
}
