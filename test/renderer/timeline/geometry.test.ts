import { describe, expect, it } from 'vitest';
import {
  fittingRowHeight,
  ROWS_TOP,
  rowsOf,
  scrollLimit,
  timelineGeometry,
} from '../../../renderer/timeline/geometry.ts';
import { PLAN } from '../support/made-up.ts';

const SIZE = { width: 808, height: ROWS_TOP + 160 };

describe('timeline geometry', () => {
  const geometry = timelineGeometry(SIZE, { from: 0, to: 5 }, 16, 8);

  it('turns steps into places and back', () => {
    for (const step of [0, 1.5, 4.99]) expect(geometry.stepAt(geometry.xOf(step))).toBeCloseTo(step, 9);
  });

  it('turns rows into places and back', () => {
    for (const row of [0, 3, 9]) expect(geometry.rowAt(geometry.yOf(row) + 1)).toBe(row);
    expect(geometry.yOf(0)).toBe(ROWS_TOP - 8);
  });

  it('lists tensors in the order they come to life', () => {
    expect(rowsOf(PLAN).map(row => row.name)).toEqual(['B', 'A', 'C', 'E', 'D', 'F']);
  });

  it('scrolls to the last row and no further', () => {
    expect(scrollLimit(SIZE, 20, 16)).toBe(160);
    expect(scrollLimit(SIZE, 5, 16)).toBe(0);
  });

  it('fits all rows where they can still be seen', () => {
    expect(fittingRowHeight(SIZE, 20)).toBe(8);
    expect(fittingRowHeight(SIZE, 2)).toBe(18);
    expect(fittingRowHeight(SIZE, 10_000)).toBe(2);
  });
});
