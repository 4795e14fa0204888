import { expect, it } from 'vitest';
import { textWidth } from '../../../../renderer/graph/scene/text-width.ts';

it('is what letters take, not how many there are', () => {
  expect(textWidth('Mean', 12)).toBeGreaterThan(textWidth('fill', 12));
  expect(textWidth('ReduceMean', 12, true)).toBeGreaterThan(textWidth('ReduceMean', 12));
  expect(textWidth('', 12)).toBe(0);
});

// As Chromium measured them in DejaVu Sans, the widest of the system fonts.
it.each([
  ['ReduceMean', 12, true, 86.5],
  ['Conv', 12, true, 33.9],
  ['BatchNormalization', 12, true, 137],
])('holds %s', (text, size, bold, px) => {
  expect(textWidth(text, size, bold)).toBeGreaterThan(px - 1);
  expect(textWidth(text, size, bold)).toBeLessThan(px * 1.15);
});
