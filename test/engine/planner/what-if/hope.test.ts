// What is ruled out without a trial must be what a trial would rule out.

import { expect, test } from 'vitest';
import { Hopes } from '../../../../engine/planner/what-if/hope.ts';
import { pressureOf, problemOf, type Schedule } from '../../../../engine/planner/what-if/schedule.ts';
import { type Change, WhatIfSearch } from '../../../../engine/planner/what-if/what-if.ts';
import { seededRandom } from '../../../../engine/random.ts';

const STEPS = 12;
/** Plans are made hundreds of times: few nodes of each search are enough here. */
const CONTROL = { nodeLimit: 100, workLimit: 1000 };

/** Each step reads up to three earlier values and writes one, some in the place of an operand. */
function randomSchedule(random: () => number): Schedule {
  const below = (limit: number): number => Math.floor(random() * limit);
  const steps = Array.from({ length: STEPS }, (_, at) => {
    const reads = [...new Set([at, below(at + 1), below(at + 1)])];
    const operand = reads[below(reads.length)] ?? at;
    const inPlace = random() < 0.4 ? [{ result: at + 1, operand, distance: 0 }] : [];
    return { key: `${at}`, reads, writes: [at + 1], shares: inPlace };
  });
  const values = Array.from(
    { length: STEPS + 1 },
    (_, value) => [value, { id: `v${value}`, bytes: 1 + below(100) }] as const,
  );
  return { steps, values: new Map(values), inputs: [0], outputs: [STEPS] };
}

const without = (value: number): Change => ({
  id: `without ${value}`,
  work: 1 + value,
  lowers: [value],
  apply: schedule => {
    const known = schedule.values.get(value);
    if (!known || known.bytes < 2) return undefined;
    const values = new Map(schedule.values).set(value, { ...known, bytes: 1 });
    // So few bytes are no other value's any more.
    const apart = ({ shares = [], ...step }: Schedule['steps'][number]) => ({
      ...step,
      shares: shares.filter(({ result, operand }) => result !== value && operand !== value),
    });
    return { ...schedule, values, steps: schedule.steps.map(apart) };
  },
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('schedule %d', seed => {
  const schedule = randomSchedule(seededRandom(seed));
  const hopes = new Hopes(schedule);
  expect(hopes.leastBytes([])).toBe(pressureOf(problemOf(schedule)));
  const changes = [...schedule.values.keys()].map(without);
  let ruledOut = 0;
  for (const change of changes) {
    const changed = change.apply(schedule);
    const least = hopes.leastBytes(change.lowers ?? []);
    if (least >= hopes.leastBytes([])) ruledOut++;
    if (changed) expect(least).toBeLessThanOrEqual(pressureOf(problemOf(changed)));
  }
  expect(ruledOut).toBeGreaterThan(0);
  // The same is found with and without being told what each change lowers.
  const told = (search: WhatIfSearch<Change>) =>
    [search.alone(), search.front()].map(tries =>
      tries.map(({ changes, result }) => [...changes.map(({ id }) => id), result.solution.height].join(' ')),
    );
  const asked = changes.map(({ lowers: _, ...change }) => change);
  expect(told(new WhatIfSearch(schedule, changes, CONTROL))).toEqual(
    told(new WhatIfSearch(schedule, asked, CONTROL)),
  );
});

test('a search that may take so long ends then, with the most promising changes tried, and says how far it came', () => {
  const schedule = randomSchedule(seededRandom(1));
  let now = 0;
  const clock = () => now;
  // Looking at a change takes a while, all else nothing.
  const changes = [...schedule.values.keys()].map(without).map(({ lowers: _, ...change }) => ({
    ...change,
    apply: (from: Schedule) => {
      now++;
      return change.apply(from);
    },
  }));
  const limits = { aloneUntil: 3, togetherUntil: 5 };
  const search = new WhatIfSearch(schedule, changes, { ...CONTROL, clock }, () => {}, limits);
  search.alone();
  search.front();
  expect(search.tried).toMatchObject({ of: changes.length, together: false });
  expect(search.tried.alone).toBe(4);
  const whole = new WhatIfSearch(schedule, changes, CONTROL);
  whole.alone();
  whole.front();
  expect(whole.tried).toEqual({ alone: changes.length, of: changes.length, together: true });
});
