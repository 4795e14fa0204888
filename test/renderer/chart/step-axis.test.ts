import { describe, expect, it } from 'vitest';
import { spansOf } from '../../../renderer/chart/spans.ts';
import { orderAxis, stepScale, timeAxis } from '../../../renderer/chart/step-axis.ts';

describe('the axis along the steps', () => {
  const time = timeAxis([10, 0, 30]);

  it('is as long as the steps were measured to take, each at least a nanosecond', () => {
    expect(time.length).toBe(41);
    expect([0, 0.5, 1, 2, 3].map(time.at)).toEqual([0, 5, 10, 11, 41]);
  });

  it('finds the step at a place', () => {
    for (const step of [0, 0.25, 1.5, 2.9]) expect(time.stepAt(time.at(step))).toBeCloseTo(step, 9);
    expect(orderAxis(5).stepAt(2.5)).toBe(2.5);
  });

  it('goes between the margins of the screen and back', () => {
    const scale = stepScale(time, { from: 0, to: 41 }, 100, 820);
    expect(scale.xOf(0)).toBe(100);
    expect(scale.xOf(3)).toBe(920);
    expect(scale.stepAt(scale.xOf(2.5))).toBeCloseTo(2.5, 9);
  });

  it('shows of the steps in a pixel the one that weighs most', () => {
    const scale = stepScale(orderAxis(1000), { from: 0, to: 1000 }, 0, 10);
    const spans = spansOf(scale, 1000, [0, 10], step => (step % 100 === 42 ? 1 : 0));
    expect(spans.map(({ step }) => step)).toEqual([42, 142, 242, 342, 442, 542, 642, 742, 842, 942]);
  });

  it('shows every step where there is room', () => {
    const scale = stepScale(orderAxis(4), { from: 1, to: 3 }, 0, 100);
    expect(spansOf(scale, 4, [0, 99], () => 1)).toEqual([
      { left: 0, right: 50, step: 1 },
      { left: 50, right: 99, step: 2 },
    ]);
  });
});
