import { expect, test } from 'vitest';
import { pressureOf, problemOf, type Schedule } from '../../../../engine/planner/what-if/schedule.ts';

const named = (bytes: readonly number[]): Schedule['values'] =>
  new Map(bytes.map((size, value) => [value, { id: `v${value}`, bytes: size }]));

test('a schedule as a problem: whose each buffer is, and where results may share their bytes', () => {
  const schedule: Schedule = {
    values: named([16, 16, 16]),
    inputs: [0],
    outputs: [2],
    steps: [
      {
        key: 'first',
        reads: [0],
        writes: [1],
        scratch: [{ id: 'own', bytes: 8 }],
        shares: [{ result: 1, operand: 0, distance: -4 }],
      },
      {
        key: 'second',
        reads: [1, 9],
        writes: [2],
        // What takes no memory shares none, and nothing shares its own.
        shares: [
          { result: 2, operand: 1, distance: 8 },
          { result: 2, operand: 9, distance: 0 },
          { result: 2, operand: 2, distance: 0 },
        ],
      },
    ],
  };
  const scheduled = problemOf(schedule);
  expect(scheduled.valueOf).toEqual([0, 1, -1, 2]);
  expect(scheduled.problem.overlaps).toEqual([
    { below: 0, above: 1, distance: 4, exact: true },
    { below: 3, above: 1, distance: 8, exact: true },
  ]);
});

test('without shares there are no overlaps, and the fullest step is the pressure', () => {
  const schedule: Schedule = {
    values: named([10, 20, 5]),
    inputs: [0],
    outputs: [2],
    steps: [
      { key: 'first', reads: [0], writes: [1] },
      { key: 'second', reads: [1], writes: [2] },
    ],
  };
  const scheduled = problemOf(schedule);
  expect(scheduled.problem).not.toHaveProperty('overlaps');
  expect(pressureOf(scheduled)).toBe(30);
});
