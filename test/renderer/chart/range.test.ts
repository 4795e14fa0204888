import { describe, expect, it } from 'vitest';
import { ticksOf } from '../../../renderer/chart/axis.ts';
import { clampRange, moveRange, revealInRange, zoomRange } from '../../../renderer/chart/range.ts';

const LIMITS = { from: 0, to: 100, leastSpan: 4 };

describe('ranges', () => {
  it('stay within their limits', () => {
    expect(clampRange({ from: -10, to: 10 }, LIMITS)).toEqual({ from: 0, to: 20 });
    expect(clampRange({ from: 90, to: 120 }, LIMITS)).toEqual({ from: 70, to: 100 });
    expect(clampRange({ from: -10, to: 500 }, LIMITS)).toEqual({ from: 0, to: 100 });
    expect(clampRange({ from: 50, to: 51 }, LIMITS)).toEqual({ from: 50, to: 54 });
  });

  it('keep the point under the pointer when zooming', () => {
    const zoomed = zoomRange({ from: 0, to: 100 }, 0.5, 80, LIMITS);
    expect(zoomed).toEqual({ from: 40, to: 90 });
    expect((80 - zoomed.from) / (zoomed.to - zoomed.from)).toBe(0.8);
  });

  it('zoom no further than the least span, and no wider than everything', () => {
    expect(zoomRange({ from: 10, to: 14 }, 0.5, 12, LIMITS)).toEqual({ from: 10, to: 14 });
    expect(zoomRange({ from: 10, to: 14 }, 1000, 12, LIMITS)).toEqual({ from: 0, to: 100 });
  });

  it('move by a share of what is shown', () => {
    expect(moveRange({ from: 20, to: 40 }, 0.5, LIMITS)).toEqual({ from: 30, to: 50 });
    expect(moveRange({ from: 70, to: 90 }, 1, LIMITS)).toEqual({ from: 80, to: 100 });
  });

  it('bring into view what is outside, and stay when it is inside', () => {
    expect(revealInRange({ from: 0, to: 20 }, { from: 5, to: 6 }, LIMITS)).toEqual({ from: 0, to: 20 });
    expect(revealInRange({ from: 0, to: 20 }, { from: 49, to: 51 }, LIMITS)).toEqual({ from: 40, to: 60 });
  });

  it('are ticked at round values, far enough apart', () => {
    expect(ticksOf({ from: 0, to: 100 }, 500, 50, 'decimal')).toEqual([
      0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100,
    ]);
    expect(ticksOf({ from: 0, to: 4096 }, 100, 40, 'binary')).toEqual([0, 2048, 4096]);
    expect(ticksOf({ from: 0, to: 0 }, 100, 40, 'binary')).toEqual([]);
  });
});
