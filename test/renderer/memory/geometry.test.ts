import { describe, expect, it } from 'vitest';
import { holesOf, mapGeometry, tensorAt } from '../../../renderer/memory/geometry.ts';
import { PLAN } from '../support/made-up.ts';

describe('memory map', () => {
  it('turns steps and offsets into places and back, offsets upwards', () => {
    const geometry = mapGeometry({ width: 900, height: 600 }, { from: 0, to: 5 }, { from: 0, to: 300 });
    expect(geometry.stepAt(geometry.xOf(2.5))).toBeCloseTo(2.5, 9);
    expect(geometry.offsetAt(geometry.yOf(120))).toBeCloseTo(120, 9);
    expect(geometry.yOf(0)).toBeGreaterThan(geometry.yOf(300));
  });

  it('finds the tensor at a place', () => {
    expect(tensorAt(PLAN, 2, 150)?.name).toBe('E');
    expect(tensorAt(PLAN, 2, 250)).toBeUndefined();
    expect(tensorAt(PLAN, 4, 50)?.name).toBe('F');
  });

  it('has no holes where live tensors lie side by side', () => {
    expect(holesOf(PLAN)).toEqual([]);
  });

  it('joins equal holes of neighbouring steps, and splits them where their size changes', () => {
    const lifted = {
      ...PLAN,
      tensors: PLAN.tensors.map(row => (row.name === 'C' ? { ...row, offset: 300 } : row)),
    };
    expect(holesOf(lifted)).toEqual(
      [
        { from: 200, to: 300, lower: 1, upper: 3 },
        { from: 0, to: 100, lower: 1, upper: 4 },
      ].toSorted((a, b) => a.upper - b.upper),
    );
  });
});
