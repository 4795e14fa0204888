import { describe, expect, it } from 'vitest';
import { boundLabelBelow } from '../../../renderer/chart/axis.ts';

describe('the label of the lower bound', () => {
  it('stands below its line', () => {
    expect(boundLabelBelow(20, 60, 120)).toBe(true);
  });

  it('stands above it where it would reach under the floor', () => {
    expect(boundLabelBelow(20, 112, 120)).toBe(false);
  });

  it('stays below where the label of the peak is above', () => {
    expect(boundLabelBelow(108, 112, 120)).toBe(true);
    expect(boundLabelBelow(20, 22, 120)).toBe(true);
  });
});
