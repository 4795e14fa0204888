import { expect, it } from 'vitest';
import { nothingFoundText } from '../../../renderer/planner/tried-text.ts';

const tried = { alone: 40, of: 40, together: true, settings: true };

it('says what was tried', () => {
  expect(nothingFoundText({ tried, executed: [] })).toBe(
    'No change of the graph as given was found that saves memory. All 40 were tried: operators in place, another order, concatenations as slices, layers fused depth-first, stages in patches, tensors computed twice.',
  );
  expect(nothingFoundText({ executed: [{ savedBytes: 0 }] })).toMatch(/Tried were operators in place/);
});

it('does not hide what the settings of the program save, nor changes that were not tried', () => {
  const text = nothingFoundText({
    tried: { ...tried, alone: 12 },
    executed: [{ savedBytes: 0 }, { savedBytes: 2048 }, { savedBytes: 1024 }],
  });
  expect(text).toContain('12 of 40 were tried');
  expect(text).toContain('A setting of the program as it runs, above, saves 2 KiB.');
});
