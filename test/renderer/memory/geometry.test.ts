import { describe, expect, it } from 'vitest';
import { orderAxis, stepScale } from '../../../renderer/chart/step-axis.ts';
import { chainsOf, holesOf, mapGeometry, nameEnd, tensorAt } from '../../../renderer/memory/geometry.ts';
import { PLAN } from '../support/made-up.ts';

describe('memory map', () => {
  it('turns offsets into places and back, upwards', () => {
    const scale = stepScale(orderAxis(5), { from: 0, to: 5 }, 84, 800);
    const geometry = mapGeometry({ width: 900, height: 600 }, scale, { from: 0, to: 300 });
    expect(geometry.offsetAt(geometry.yOf(120))).toBeCloseTo(120, 9);
    expect(geometry.yOf(0)).toBeGreaterThan(geometry.yOf(300));
  });

  it('finds the tensor at a place', () => {
    expect(tensorAt(PLAN, 2, 150)?.name).toBe('E');
    expect(tensorAt(PLAN, 2, 250)).toBeUndefined();
    expect(tensorAt(PLAN, 4, 50)?.name).toBe('F');
  });

  it('ends a name where a result is written over it', () => {
    const row = PLAN.tensors[0];
    if (!row) throw new Error('expected a tensor in the plan');
    const operand = { ...row, offset: 0, bytes: 100, lower: 2, upper: 8 };
    const over = { ...row, id: 1000, offset: 40, bytes: 100, lower: 6, upper: 9 };
    expect(nameEnd(operand, [])).toBe(8);
    expect(nameEnd(operand, [over])).toBe(6);
    // beneath the name, or not placed yet
    expect(nameEnd(operand, [{ ...over, offset: 60 }])).toBe(8);
    expect(nameEnd(operand, [over], new Set([operand.id]))).toBe(8);
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
        { kind: 'hole', from: 200, to: 300, lower: 1, upper: 3 },
        { kind: 'hole', from: 0, to: 100, lower: 1, upper: 4 },
      ].toSorted((a, b) => a.upper - b.upper),
    );
  });

  it('tells padding for alignment from holes', () => {
    const wide = { ...PLAN, alignment: 64, steps: PLAN.steps.slice(0, 1) };
    const tensors = [
      { ...PLAN.tensors[0], offset: 0, bytes: 100, lower: 0, upper: 1 },
      { ...PLAN.tensors[1], offset: 256, bytes: 64, lower: 0, upper: 1 },
    ] as typeof PLAN.tensors;
    expect(holesOf({ ...wide, tensors })).toEqual([
      { kind: 'padding', from: 100, to: 128, lower: 0, upper: 1 },
      { kind: 'hole', from: 128, to: 256, lower: 0, upper: 1 },
    ]);
  });

  it('follows a place that is handed on', () => {
    const tensors = PLAN.tensors.map(row =>
      row.name === 'C'
        ? { ...row, inPlaceOf: [{ id: 1, distance: 0 }] }
        : row.name === 'F'
          ? { ...row, inPlaceOf: [{ id: 2, distance: 0 }] }
          : row,
    );
    const chains = chainsOf({ ...PLAN, tensors });
    expect(chains.get(2)).toEqual([1, 2, 5]);
    expect(chains.get(1)).toBe(chains.get(5));
    expect(chains.has(3)).toBe(false);
  });
});
