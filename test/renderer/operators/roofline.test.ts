import { describe, expect, it } from 'vitest';
import type { StepReport } from '../../../engine/report/types/run.ts';
import { decadesOf, peakOf, pointsOf, powersIn, roofAt } from '../../../renderer/operators/roofline.ts';
import { firstOptions } from '../../../renderer/state/settings.ts';

const step = (fields: Partial<StepReport>): StepReport => ({
  index: 0,
  name: 's',
  op: 'Conv',
  title: 'Relu',
  fusedOps: [],
  nodes: [0],
  kind: 'kernel',
  flops: 1000,
  bytesRead: 60,
  bytesWritten: 40,
  minNs: 1,
  medianNs: 500,
  p95Ns: 1,
  lowNs: 1,
  highNs: 1,
  ...fields,
});

import { runFor } from '../support/made-up.ts';

describe('the roofline plot', () => {
  it('puts work per byte against work per second', () => {
    expect(pointsOf([step({})])).toMatchObject([{ intensity: 10, rate: 2, family: 'convolution' }]);
  });

  it('counts what is computed, not what minimal filtering does without', () => {
    expect(pointsOf([step({ sparedFlops: 600 })])).toMatchObject([{ intensity: 4, rate: 0.8 }]);
  });

  it('leaves out what has no place on logarithmic axes', () => {
    const none = [step({ flops: 0 }), step({ bytesRead: 0, bytesWritten: 0 }), step({ medianNs: 0 })];
    expect(pointsOf(none)).toEqual([]);
  });

  it('leaves out what runs bodies: bytes of their turns are not known', () => {
    expect(pointsOf([step({ op: 'Loop', turns: 20 })])).toEqual([]);
  });

  it('has whole decades around all points', () => {
    expect(decadesOf([0.5, 30])).toEqual([0.1, 100]);
    expect(decadesOf([])).toEqual([1, 10]);
    const [from, to] = decadesOf([10]);
    expect(from).toBeLessThan(10);
    expect(to).toBeGreaterThan(10);
    expect(powersIn([0.1, 100])).toEqual([0.1, 1, 10, 100]);
  });
});

describe('the roof', () => {
  const peak = { flopsPerSecond: 100e9, bytesPerSecond: 10e9 };

  it('is memory where there is little work per byte, arithmetic where there is much', () => {
    expect(roofAt(peak, 1)).toBe(10);
    expect(roofAt(peak, 10)).toBe(100);
    expect(roofAt(peak, 1000)).toBe(100);
  });

  it('is as high as the threads of the run allow', () => {
    const run = runFor({ ...firstOptions(undefined), threads: 2 }, 'r1');
    expect(peakOf({ ...run, peak })?.flopsPerSecond).toBe(200e9);
    expect(peakOf(run)).toBeUndefined();
  });
});
