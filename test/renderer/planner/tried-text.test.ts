import { expect, test } from 'vitest';
import { isWhole, triedText } from '../../../renderer/planner/tried-text.ts';

const WHOLE = { alone: 4000, of: 4000, together: true, settings: true };

test('a search that ended by the clock says how far it came', () => {
  expect(isWhole({})).toBe(true);
  expect(isWhole({ tried: WHOLE })).toBe(true);
  const some = { tried: { ...WHOLE, alone: 1200, together: false, settings: false } };
  expect(isWhole(some)).toBe(false);
  expect(triedText(some, '3 s')).toBe(
    'Ended after 3 s: 1,200 of 4,000 changes tried, those first that may save most; not all of them together; not all settings of the program.',
  );
  const settings = { tried: { ...WHOLE, settings: false } };
  expect(isWhole(settings)).toBe(false);
  expect(triedText(settings, '12 s')).toBe(
    'Ended after 12 s: all 4,000 changes tried; not all settings of the program.',
  );
});
