import { describe, expect, it } from 'vitest';
import { orderAxis, stepScale } from '../../../renderer/chart/step-axis.ts';
import {
  fittingLaneHeight,
  GUTTER,
  lanesTop,
  rowsOf,
  scrollLimit,
  timelineGeometry,
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
    expect(lanesTop(true, 0)).toBeGreaterThan(lanesTop(false, 0));
    expect(lanesTop(false, 2) - lanesTop(false, 1)).toBe(lanesTop(false, 1) - lanesTop(false, 0));
  });

  it('lists tensors in the order they come to life', () => {
    expect(rowsOf(PLAN).map(row => row.name)).toEqual(['B', 'A', 'C', 'E', 'D', 'F']);
  });

  it('scrolls to the last lane and no further', () => {
    expect(scrollLimit(160, 20, 16)).toBe(160);
    expect(scrollLimit(160, 5, 16)).toBe(0);
  });

  it('fits all lanes where they can still be seen', () => {
    expect(fittingLaneHeight(160, 20)).toBe(8);
    expect(fittingLaneHeight(160, 2)).toBe(18);
    expect(fittingLaneHeight(160, 10_000)).toBe(2);
  });
});
