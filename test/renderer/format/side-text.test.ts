import { expect, test } from 'vitest';
import { sideText } from '../../../renderer/format/side-text.ts';

test('a side is its median, and says of how many steps it is the sum', () => {
  const side = (...steps: number[]) => ({ steps, medianNs: 1500, lowNs: 1400, highNs: 1600 });
  expect(sideText(side(3))).toMatch(/^1\.50\sµs$/);
  expect(sideText(side(3, 4))).toMatch(/^1\.50\sµs \(sum of 2\)$/);
  expect(sideText(undefined)).toBe('–');
});
