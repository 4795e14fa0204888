import { expect, test } from 'vitest';
import { livesAboveBound, mostLive, peakLabels } from '../../../renderer/chart/peak-labels.ts';

const MIB = 2 ** 20;
const shared = {
  ...{ peakBytes: 4 * MIB, lowerBoundBytes: 4 * MIB, optimal: true },
  liveBytes: [MIB, 4 * MIB],
};
// The same tensors, none in the place of another.
const apart = {
  ...{ peakBytes: 9 * MIB, lowerBoundBytes: 4 * MIB, optimal: false },
  liveBytes: [MIB, 6 * MIB],
};

test('where both are one, the peak is called the lower bound too', () => {
  expect(peakLabels(shared, true)).toEqual({ peak: 'peak 4 MiB = lower bound' });
  expect(livesAboveBound(shared)).toBe(0);
});

test('live bytes above the lower bound are explained at its line', () => {
  expect([mostLive(apart), livesAboveBound(apart)]).toEqual([6 * MIB, 2 * MIB]);
  expect(peakLabels(apart, true)).toEqual({
    peak: 'peak 9 MiB',
    bound: 'lower bound 4 MiB if results lie over operands',
  });
});

test('of a plan that leaves something out no label claims the whole model', () => {
  expect(peakLabels(shared, false)).toEqual({ peak: 'peak 4 MiB = lower bound, of the part planned' });
  expect(peakLabels({ ...apart, liveBytes: [MIB] }, false)).toEqual({
    peak: 'peak 9 MiB, of the part planned',
    bound: 'lower bound 4 MiB, of the part planned',
  });
});
