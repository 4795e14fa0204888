// Changes that compute a value again instead of keeping it: between two uses far apart it is forgotten, and made
// anew, with what it is made from, just before the later one. Pays for cheap producers of long-lived tensors.

import type { Schedule, ScheduledStep } from '../../planner/what-if/schedule.ts';
import { counted } from '../counted.ts';
import type { ModelChange } from './change.ts';
import type { GivenSchedule, GivenStep } from './given-schedule.ts';

/** How many producers back a value is made from. */
const MAX_CHAIN = 4;
/** A value must be this share of the largest one to be worth a look. */
const LEAST_SHARE = 1 / 20;

/**
 * Values of at least a twentieth of the largest, forgotten over the longest pause between their uses: one change for
 * each chain of steps that could make them again.
 */
export function recomputeChanges(given: GivenSchedule): ModelChange[] {
  const { schedule, steps } = given;
  const largest = [...schedule.values.values()].reduce((most, { bytes }) => Math.max(most, bytes), 0);
  const writerOf = new Map<number, number>();
  schedule.steps.forEach(({ writes }, at) => {
    for (const value of writes) if (!writerOf.has(value)) writerOf.set(value, at);
  });
  const readersOf = new Map<number, number[]>();
  schedule.steps.forEach(({ reads }, at) => {
    for (const value of new Set(reads)) {
      const known = readersOf.get(value);
      if (known) known.push(at);
      else readersOf.set(value, [at]);
    }
  });
  return [...schedule.values].flatMap(([value, { id, bytes }]) => {
    const writer = writerOf.get(value);
    if (writer === undefined || bytes < largest * LEAST_SHARE) return [];
    const later = readerAfterPause(readersOf.get(value) ?? [], writer);
    if (later === undefined) return [];
    return chainsOf(given, value, writerOf).map((chain): ModelChange => {
      const names = chain.length === 1 ? '' : `, with ${counted(chain.length - 1, 'step')} before it`;
      return {
        id: `recompute:${value}:${chain.length}`,
        kind: 'recompute',
        title: `compute ${id} again for ${steps[later]?.node.name ?? ''}${names}`,
        tensors: [value],
        lowers: [value],
        again: chain.map(step => ({ step, share: 1 })),
        trafficBytes: 0,
        work: 1 + chain.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
        apply: from =>
          recomputed(
            from,
            value,
            steps[later]?.key ?? '',
            chain.map(({ key }) => key),
          ),
      };
    });
  });
}

/** The use of a value that comes after the longest pause, of all in order; undefined when it is used without one. */
function readerAfterPause(readers: readonly number[], writer: number): number | undefined {
  let before = writer;
  let longest = 1;
  let found: number | undefined;
  for (const at of readers) {
    if (at - before > longest) [longest, found] = [at - before, at];
    before = at;
  }
  return found;
}

/** The producer of a value, and with it ever more of the steps that its inputs come from; nearest first. */
function chainsOf(
  { schedule, steps }: GivenSchedule,
  value: number,
  writerOf: ReadonlyMap<number, number>,
): GivenStep[][] {
  const chain: GivenStep[] = [];
  const chains: GivenStep[][] = [];
  for (let at = writerOf.get(value); at !== undefined && chain.length < MAX_CHAIN; ) {
    const step = steps[at];
    const scheduled = schedule.steps[at];
    // Two runs of a step that draws random numbers differ.
    if (step === undefined || scheduled === undefined || step.node.op.startsWith('Random')) break;
    chain.push(step);
    chains.push([...chain]);
    const sources = scheduled.reads.filter(read => schedule.values.has(read));
    if (sources.length !== 1) break;
    at = writerOf.get(sources[0] ?? -1);
  }
  return chains;
}

/** The chain once more before the reader named, with values of its own; that reader and all after it use these. */
function recomputed(
  schedule: Schedule,
  value: number,
  readerKey: string,
  chain: readonly string[],
): Schedule | undefined {
  const reader = schedule.steps.findIndex(({ key }) => key === readerKey);
  const members = chain.map(key => schedule.steps.findIndex(step => step.key === key));
  if (reader < 0 || members.some(at => at < 0 || at >= reader)) return undefined;
  const values = new Map(schedule.values);
  const copyOf = new Map<number, number>();
  let next = Math.max(...values.keys()) + 1;
  for (const at of members) {
    for (const written of schedule.steps[at]?.writes ?? []) {
      const known = values.get(written);
      if (known === undefined) continue;
      values.set(next, { ...known, id: `${known.id} again` });
      copyOf.set(written, next++);
    }
  }
  const renamed = (list: readonly number[]) => list.map(item => copyOf.get(item) ?? item);
  const copies = members.toReversed().flatMap((at): ScheduledStep[] => {
    const step = schedule.steps[at];
    return step
      ? [{ key: `${step.key} again`, reads: renamed(step.reads), writes: renamed(step.writes) }]
      : [];
  });
  const copy = copyOf.get(value);
  if (copy === undefined || schedule.outputs.includes(value)) return undefined;
  const swap = (item: number): number => (item === value ? copy : item);
  const steps = schedule.steps.map((step, at) => (at < reader ? step : withReads(step, swap)));
  return { ...schedule, values, steps: steps.toSpliced(reader, 0, ...copies) };
}

function withReads(step: ScheduledStep, swap: (value: number) => number): ScheduledStep {
  const { inPlace, shares } = step;
  return {
    ...step,
    reads: step.reads.map(swap),
    ...(inPlace && { inPlace: inPlace.map(place => ({ ...place, operand: swap(place.operand) })) }),
    ...(shares && { shares: shares.map(share => ({ ...share, operand: swap(share.operand) })) }),
  };
}
