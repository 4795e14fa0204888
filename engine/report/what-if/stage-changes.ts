// Changes that compute a stage part by part. In patches its steps follow each other on parts of the values between,
// in the schedule once for all patches: these are alike. Depth-first it is one step, with all kept rows as scratch.
// What goes in and what comes out is whole all the time.

import type { Schedule, ScheduledStep } from '../../planner/what-if/schedule.ts';
import { counted } from '../counted.ts';
import { type ModelChange, NEXT_TO_NOTHING } from './change.ts';
import type { GivenSchedule } from './given-schedule.ts';
import { inPatches, type Parts, rowByRow, type Stage, stagesOf } from './stages.ts';

const MAX_STEPS = 200;
/** Stages that are looked at, those first that may save the most. */
const MAX_STAGES = 60;
/** Of these, so many may begin in one place, or end there. */
const MAX_ALIKE = 3;
/** Patches along each axis. */
const GRIDS = [2, 3, 4, 6] as const;
/** Beyond this much extra work nobody takes patches. */
const MAX_AGAIN = 1;

/** Stages whose inside needs more than what goes in and out, those of most hope first. */
export function stageChanges(given: GivenSchedule): ModelChange[] {
  const live = liveBytes(given.schedule);
  const bytes = (value: number): number => given.schedule.values.get(value)?.bytes ?? 0;
  const hopes = stagesOf(given, MAX_STEPS).flatMap(stage => {
    const inside = live.slice(stage.first, stage.end).reduce((most, sum) => Math.max(most, sum), 0);
    const saved = inside - bytes(stage.entry) - bytes(stage.exit);
    return saved > 0 ? [{ stage, saved: saved / Math.sqrt(stage.end - stage.first), inside }] : [];
  });
  hopes.sort((a, b) => b.inside + b.saved - a.inside - a.saved);
  const best = spread(hopes.map(({ stage }) => stage)).slice(0, MAX_STAGES);
  return best.flatMap(stage => [depthFirst(given, stage), ...patches(given, stage)]);
}

/** Of many stages that begin or end alike the first few, so that all places of a model get a look. */
function spread(stages: readonly Stage[]): Stage[] {
  const uses = new Map<string, number>();
  return stages.filter(({ first, exit }) => {
    const ends = [`from ${first}`, `to ${exit}`];
    if (ends.some(end => (uses.get(end) ?? 0) >= MAX_ALIKE)) return false;
    for (const end of ends) uses.set(end, (uses.get(end) ?? 0) + 1);
    return true;
  });
}

/** Bytes live in each step, with memory of its own for every value. */
function liveBytes({ steps, values, inputs, outputs }: Schedule): number[] {
  const first = new Map<number, number>(inputs.map(value => [value, 0]));
  const last = new Map<number, number>();
  steps.forEach(({ reads, writes }, at) => {
    for (const value of writes) if (!first.has(value)) first.set(value, at);
    for (const value of [...reads, ...writes]) last.set(value, at);
  });
  for (const value of outputs) last.set(value, steps.length - 1);
  const sums = steps.map(() => 0);
  for (const [value, { bytes }] of values) {
    for (let at = first.get(value) ?? 0; at <= (last.get(value) ?? -1); at++)
      sums[at] = (sums[at] ?? 0) + bytes;
  }
  return sums;
}

function describe({ steps }: GivenSchedule, { first, end }: Stage): string {
  return `${steps[first]?.node.name ?? ''} to ${steps[end - 1]?.node.name ?? ''} (${counted(end - first, 'operator')})`;
}

function depthFirst(given: GivenSchedule, stage: Stage): ModelChange {
  return {
    ...changeOf(given, stage, rowByRow(given, stage), inOneStep),
    id: `depth-first:${stage.first}-${stage.end}`,
    kind: 'depth-first',
    title: `${describe(given, stage)} depth-first, row by row`,
  };
}

function patches(given: GivenSchedule, stage: Stage): ModelChange[] {
  return GRIDS.flatMap((side): ModelChange[] => {
    const parts = inPatches(given, stage, side, side);
    const change = changeOf(given, stage, parts, inSteps);
    const own = given.steps.slice(stage.first, stage.end).reduce((sum, step) => sum + step.multiplyAdds, 0);
    if (change.work > MAX_AGAIN * own) return [];
    return [
      {
        ...change,
        id: `patches:${stage.first}-${stage.end}:${side}`,
        kind: 'patches',
        title: `${describe(given, stage)} in ${side} × ${side} patches`,
      },
    ];
  });
}

function changeOf(
  given: GivenSchedule,
  stage: Stage,
  parts: Parts,
  arrange: typeof inSteps,
): Omit<ModelChange, 'id' | 'kind' | 'title'> {
  const steps = given.steps.slice(stage.first, stage.end);
  const again = steps.map((step, i) => ({ step, share: parts.again[i] ?? 0 }));
  const touched = given.schedule.steps
    .slice(stage.first, stage.end)
    .flatMap(({ reads, writes }) => [...reads, ...writes]);
  const extra = again.reduce((sum, { step, share }) => sum + share * step.multiplyAdds, 0);
  return {
    tensors: [...parts.shares.keys()],
    lowers: [...new Set(touched)],
    again,
    trafficBytes: 0,
    work: Math.max(NEXT_TO_NOTHING, extra),
    apply: schedule =>
      inParts(
        schedule,
        stage,
        steps.map(({ key }) => key),
        parts,
        arrange,
      ),
  };
}

/** The steps named, in their order, on parts of the values between; they stand where the last of them stood. */
function inParts(
  schedule: Schedule,
  { entry, exit }: Stage,
  keys: readonly string[],
  { shares }: Parts,
  arrange: typeof inSteps,
): Schedule | undefined {
  const wanted = new Set(keys);
  const members = schedule.steps.filter(({ key }) => wanted.has(key));
  if (members.length !== keys.length) return undefined;
  const made = new Set(members.flatMap(({ writes }) => writes));
  // After a change of order or another use of what lies between, this is no stage any more.
  const outside = schedule.steps.filter(({ key }) => !wanted.has(key));
  const isOpen = outside.some(({ reads }) => reads.some(value => made.has(value) && value !== exit));
  if (isOpen || !members.some(({ reads }) => reads.includes(entry))) return undefined;
  const sizes = new Map<number, { readonly id: string; readonly bytes: number }>();
  for (const value of made) {
    const known = schedule.values.get(value);
    const share = shares.get(value);
    if (value === exit || known === undefined || share === undefined) continue;
    const bytes = Math.min(known.bytes, Math.ceil(known.bytes * share));
    sizes.set(value, { id: `part of ${known.id}`, bytes });
  }
  const { steps, values } = arrange(members, entry, exit, sizes);
  const at = schedule.steps.findLastIndex(({ key }) => wanted.has(key));
  const before = schedule.steps.slice(0, at).filter(({ key }) => !wanted.has(key));
  return {
    ...schedule,
    values: new Map([...schedule.values, ...values]),
    steps: [...before, ...steps, ...schedule.steps.slice(at + 1)],
  };
}

interface Arranged {
  readonly steps: readonly ScheduledStep[];
  readonly values: Schedule['values'];
}

/** One step after the other, each on its part. */
function inSteps(
  members: readonly ScheduledStep[],
  entry: number,
  exit: number,
  sizes: Schedule['values'],
): Arranged {
  const steps = members.map(
    (step, i): ScheduledStep => ({
      key: `${step.key} in parts`,
      reads: i === members.length - 1 ? [...new Set([...step.reads, entry])] : step.reads,
      writes: i === 0 ? [...new Set([...step.writes, exit])] : step.writes,
    }),
  );
  return { steps, values: sizes };
}

/** All in one, with the parts beside each other. */
function inOneStep(
  members: readonly ScheduledStep[],
  entry: number,
  exit: number,
  sizes: Schedule['values'],
): Arranged {
  const step: ScheduledStep = {
    key: `${members.map(({ key }) => key).join(' ')} depth-first`,
    reads: [entry],
    writes: [exit],
    scratch: [...sizes.values()],
  };
  return { steps: [step], values: new Map() };
}
