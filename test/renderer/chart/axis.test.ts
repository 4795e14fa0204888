import { describe, expect, it } from 'vitest';
import { boundLabelBelow } from '../../../renderer/chart/axis.ts';

describe('the label of the lower bound', () => {
  it('stands above its line, where no live bytes are', () => {
    expect(boundLabelBelow(20, 60)).toBe(false);
    expect(boundLabelBelow(20, 112)).toBe(false);
  });

  it('stands below where the line of the peak is close above', () => {
    expect(boundLabelBelow(108, 112)).toBe(true);
    expect(boundLabelBelow(20, 22)).toBe(true);
  });
});
