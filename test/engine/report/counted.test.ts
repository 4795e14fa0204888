// Counts with their nouns.

import { expect, test } from 'vitest';
import { counted } from '../../../engine/report/counted.ts';

test('one of a thing and several', () => {
  expect([0, 1, 2, 1000, 1234567].map(count => counted(count, 'step'))).toEqual([
    '0 steps',
    '1 step',
    '2 steps',
    '1,000 steps',
    '1,234,567 steps',
  ]);
});
