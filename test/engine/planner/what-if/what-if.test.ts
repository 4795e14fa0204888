// Changes of a schedule of one step, in which everything is live: the peak is the sum of all sizes.

import { expect, test } from 'vitest';
import type { Schedule } from '../../../../engine/planner/what-if/schedule.ts';
import { type Change, type Tried, WhatIfSearch } from '../../../../engine/planner/what-if/what-if.ts';

const SIZES = [100, 60, 10, 10];
const SCHEDULE: Schedule = {
  values: new Map(SIZES.map((bytes, value) => [value, { id: `v${value}`, bytes }])),
  inputs: [0, 1, 2],
  outputs: [3],
  steps: [{ key: 'all', reads: [0, 1, 2], writes: [3] }],
};

/** Makes a value so many bytes smaller. */
const smaller = (id: string, work: number, value: number, bytes: number): Change => ({
  id,
  work,
  apply: schedule => {
    const known = schedule.values.get(value);
    if (!known || known.bytes < bytes) return undefined;
    const values = new Map(schedule.values).set(value, { ...known, bytes: known.bytes - bytes });
    return { ...schedule, values };
  },
});
const A = smaller('A', 10, 0, 50);
const B = smaller('B', 1, 1, 20);
const C = smaller('C', 100, 2, 10);
const FREE = smaller('F', 0, 3, 5);
const NEVER = smaller('never', 1, 2, 11);

const told = (tried: readonly Tried<Change>[]): readonly string[] =>
  tried.map(({ changes, result }) => [...changes.map(({ id }) => id), result.solution.height].join(' '));

test('each change alone: those that save, the lowest first, of equals the one of least work', () => {
  const again = smaller('more work', 3, 1, 20);
  const search = new WhatIfSearch(SCHEDULE, [C, again, NEVER, FREE, B, A], {});
  expect(search.base.result.solution.height).toBe(180);
  expect(told(search.alone())).toEqual(['A 130', 'B 160', 'more work 160', 'C 170', 'F 175']);
});

test('together: free ones first, then what saves most for its work; what was tried on the way', () => {
  const found = new WhatIfSearch(SCHEDULE, [C, NEVER, FREE, B, A], {}).front();
  expect(told(found)).toEqual([
    '180',
    'F 175',
    ...['B F 155', 'A F 125', 'C F 165'],
    ...['B A F 105', 'B C F 145'],
    'B A C F 95',
  ]);
});

test('of many changes those are planned that save most for their work, or most of all', () => {
  const many = Array.from({ length: 8 }, (_, i) => smaller(`${i}`, (i + 1) ** 3, 0, 2 * (i + 1)));
  const found = new WhatIfSearch(SCHEDULE, many, {}).front();
  expect(told(found.slice(2, 8))).toEqual(['0 178', '1 176', '2 174', '7 164', '6 166', '5 168']);
  expect(found[8]?.changes[0]?.id).toBe('0');
});

test('once it is cancelled, there is nothing but the base', () => {
  const search = new WhatIfSearch(SCHEDULE, [A, FREE], { cancelled: () => true });
  expect(search.alone()).toEqual([]);
  expect(told(search.front())).toEqual(['180', '180']);
});
