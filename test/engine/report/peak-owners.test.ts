import { describe, expect, it } from 'vitest';
import { peakOwnersOf } from '../../../engine/report/peak-owners.ts';
import { PLAN } from '../../renderer/support/made-up.ts';

describe('who owns the peak', () => {
  it('is what is live in the peak step, with who makes it and reads it last', () => {
    const owners = peakOwnersOf(PLAN);
    expect(owners.map(({ tensor, writer, lastReader }) => [tensor.name, writer, lastReader])).toEqual([
      ['C', 1, 3],
      ['D', 3, 4],
      ['E', 2, 4],
    ]);
    expect(owners.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  it('is sorted by size', () => {
    const tensors = PLAN.tensors.map(row => (row.name === 'E' ? { ...row, bytes: 200 } : row));
    const [first] = peakOwnersOf({ ...PLAN, tensors });
    expect(first?.tensor.name).toBe('E');
    expect(first?.share).toBeCloseTo(0.5);
  });
});
