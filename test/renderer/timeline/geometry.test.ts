import { describe, expect, it } from 'vitest';
import { orderAxis, stepScale } from '../../../renderer/chart/step-axis.ts';
import {
  CURVE_TOP,
  fittingLaneHeight,
  GUTTER,
  lanesTop,
  rowsOf,
  scrollLimit,
  scrollToLanes,
  timelineGeometry,
  topsOf,
} from '../../../renderer/timeline/geometry.ts';
import { PLAN } from '../support/made-up.ts';

describe('timeline geometry', () => {
  const scale = stepScale(orderAxis(5), { from: 0, to: 5 }, GUTTER, 600);
  const geometry = timelineGeometry({ width: 820, height: 400 }, scale, 150, 16, 8);

  it('turns lanes into places and back', () => {
    for (const lane of [0, 3, 9]) expect(geometry.laneAt(geometry.yOf(lane) + 1)).toBe(lane);
    expect(geometry.yOf(0)).toBe(142);
  });

  it('makes room for times and for what is pinned', () => {
    const top = (timed: boolean, pinned: number) => lanesTop(geometry.size, timed, pinned);
    expect(top(true, 0)).toBeGreaterThan(top(false, 0));
    expect(top(false, 2) - top(false, 1)).toBe(top(false, 1) - top(false, 0));
  });

  it('leaves at least half of a low view to the lives', () => {
    for (const height of [180, 240, 400, 900]) {
      const size = { width: 820, height };
      expect(lanesTop(size, false, 0)).toBeLessThanOrEqual(height / 2 + 36);
      expect(topsOf(size).axisTop - CURVE_TOP).toBeGreaterThanOrEqual(40);
    }
    expect(topsOf({ width: 820, height: 900 }).axisTop).toBe(topsOf({ width: 820, height: 400 }).axisTop);
  });

  it('lists tensors in the order they come to life', () => {
    expect(rowsOf(PLAN).map(row => row.name)).toEqual(['B', 'A', 'C', 'E', 'D', 'F']);
  });

  it('scrolls to the last lane and no further', () => {
    expect(scrollLimit(160, 20, 16)).toBe(160);
    expect(scrollLimit(160, 5, 16)).toBe(0);
  });

  it('scrolls to what is selected: in the middle, its first lane where there is no room for all', () => {
    expect(scrollToLanes(160, 100, 16, [50])).toBe(50 * 16 - 72);
    expect(scrollToLanes(160, 100, 16, [60, 40, 50])).toBe(40 * 16);
    expect(scrollToLanes(160, 100, 16, [0])).toBe(0);
    expect(scrollToLanes(160, 100, 16, [99])).toBe(100 * 16 - 160);
    expect(scrollToLanes(160, 5, 16, [4])).toBe(0);
  });

  it('fits all lanes where they can still be seen', () => {
    expect(fittingLaneHeight(160, 20)).toBe(8);
    expect(fittingLaneHeight(160, 2)).toBe(18);
    expect(fittingLaneHeight(160, 10_000)).toBe(2);
  });
});
