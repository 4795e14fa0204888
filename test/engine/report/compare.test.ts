import { describe, expect, test } from 'vitest';
import { compareRuns } from '../../../engine/report/compare.ts';
import type { StepReport } from '../../../engine/report/types/run.ts';
import { runReport, stepReport, times } from './fixtures.ts';

const conv = stepReport({ index: 0, name: 'conv', op: 'Conv', nodes: [0] }, times(100));
const relu = stepReport({ index: 1, name: 'relu', op: 'Relu', nodes: [1] }, times(40));
const pool = stepReport({ index: 2, name: 'pool', op: 'MaxPool', nodes: [2] }, times(50));
const fused = stepReport(
  { index: 0, name: 'conv+relu', op: 'Conv', nodes: [0, 1], fusedOps: ['Conv', 'Relu'] },
  times(105),
);

describe('operators', () => {
  test('a fused step stands against the sum of its members', () => {
    const { operators } = compareRuns(
      runReport('a', { steps: [conv, relu, pool] }),
      runReport('b', { steps: [fused, { ...pool, index: 1, ...times(55) }] }),
    );
    expect(operators).toMatchObject([
      {
        name: 'conv+relu',
        op: 'Conv',
        nodes: [0, 1],
        a: { steps: [0, 1], medianNs: 140, lowNs: 120, highNs: 160 },
        b: { steps: [0], medianNs: 105, lowNs: 95, highNs: 115 },
        deltaNs: -35,
        ratio: 0.75,
        overlapping: false,
      },
      { name: 'pool', nodes: [2], deltaNs: 5, ratio: 1.1, overlapping: true },
    ]);
  });

  test('what took no time to measure has a difference, and no ratio', () => {
    const [row] = compareRuns(
      runReport('a', { steps: [{ ...conv, ...times(0) }] }),
      runReport('b', { steps: [conv] }),
    ).operators;
    expect(row?.deltaNs).toBe(100);
    expect(row).not.toHaveProperty('ratio');
  });

  test('a row is called what its steps are called where they are fewer', () => {
    const members = [conv, relu].map(step => ({ ...step, title: step.op }));
    const together = { ...fused, title: 'Conv + Relu' };
    const titles = (a: readonly StepReport[], b: readonly StepReport[]) =>
      compareRuns(runReport('a', { steps: a }), runReport('b', { steps: b })).operators.map(
        ({ title }) => title,
      );
    expect(titles(members, [together])).toEqual(['Conv + Relu']);
    expect(titles([together], members)).toEqual(['Conv + Relu']);
    expect(titles([], members)).toEqual(['Conv', 'Relu']);
    expect(titles([together], [{ ...fused, title: 'Conv, Relu' }])).toEqual(['Conv + Relu']);
  });

  test('groups that cross each other are one row', () => {
    const late = stepReport({ index: 1, name: 'relu+pool', nodes: [1, 2] }, times(60));
    const { operators } = compareRuns(
      runReport('a', { steps: [conv, late] }),
      runReport('b', { steps: [fused, { ...pool, index: 1 }] }),
    );
    expect(operators).toMatchObject([
      { nodes: [0, 1, 2], a: { steps: [0, 1] }, b: { steps: [0, 1] }, deltaNs: -5 },
    ]);
  });

  test('what one side alone has is kept, and steps of no node meet by name', () => {
    const copy = (index: number, name: string) =>
      stepReport({ index, name, op: 'Copy', nodes: [] }, times(20));
    const { operators } = compareRuns(
      runReport('a', { steps: [copy(0, 'to nhwc'), conv] }),
      runReport('b', { steps: [copy(0, 'to nhwc'), { ...conv, index: 1 }, copy(2, 'to nchw')] }),
    );
    expect(
      operators.map(({ name, a, b, deltaNs, ratio }) => [name, a?.steps, b?.steps, deltaNs, ratio]),
    ).toEqual([
      ['to nhwc', [0], [0], 0, 1],
      ['conv', [0], [1], 0, 1],
      ['to nchw', undefined, [2], 20, undefined],
    ]);
    expect(operators[2]?.overlapping).toBe(false);
  });

  test('rows add up to the steps of each side', () => {
    const runs = [runReport('a'), runReport('b', { steps: [fused, pool] })] as const;
    const { operators } = compareRuns(...runs);
    for (const [side, run] of [
      ['a', runs[0]],
      ['b', runs[1]],
    ] as const) {
      const covered = operators.flatMap(row => row[side]?.steps ?? []).sort((m, n) => m - n);
      expect(covered).toEqual(run.steps.map(step => step.index));
    }
  });

  test('different models have only their totals in common', () => {
    const comparison = compareRuns(runReport('a'), runReport('b', { model: { name: 'x', sha256: 'other' } }));
    expect(comparison).toMatchObject({ sameModel: false, operators: [], total: { ratio: 1 } });
  });
});

describe('the whole', () => {
  test('total: difference, ratio, and whether the intervals meet', () => {
    const against = (medianNs: number) =>
      compareRuns(runReport('a', { total: times(1000, 30) }), runReport('b', { total: times(medianNs, 30) }))
        .total;
    expect(against(500)).toMatchObject({ deltaNs: -500, ratio: 0.5, overlapping: false });
    expect(against(1050)).toMatchObject({ deltaNs: 50, overlapping: true });
    expect(against(1060).overlapping).toBe(true);
    expect(against(1061).overlapping).toBe(false);
    expect(against(940).overlapping).toBe(true);
    expect(against(939).overlapping).toBe(false);
  });

  test('memory, with what was not measured left open', () => {
    const memory = {
      weightsBytes: 0,
      arenaBytes: 600,
      lowerBoundBytes: 300,
      unplannedBytes: 600,
      touchedBytes: 590,
    };
    const rows = compareRuns(runReport('a', { memory }), runReport('b')).memory;
    expect(rows).toEqual([
      { key: 'arenaBytes', a: 600, b: 300, deltaBytes: -300, ratio: 0.5 },
      { key: 'lowerBoundBytes', a: 300, b: 300, deltaBytes: 0, ratio: 1 },
      { key: 'unplannedBytes', a: 600, b: 600, deltaBytes: 0, ratio: 1 },
      { key: 'weightsBytes', a: 0, b: 0, deltaBytes: 0 },
      { key: 'touchedBytes', a: 590 },
    ]);
  });

  test('the same dimensions only where each is bound to the same by both', () => {
    const bound = (a: Record<string, number>, b: Record<string, number>) => {
      const { options } = runReport('a');
      const sides = [runReport('a', { options: { ...options, dims: a } })] as const;
      return compareRuns(...sides, runReport('b', { options: { ...options, dims: b } })).sameDimensions;
    };
    expect(bound({ n: 1, s: 8 }, { s: 8, n: 1 })).toBe(true);
    expect(bound({ n: 1 }, { n: 2 })).toBe(false);
    expect(bound({ n: 1 }, {})).toBe(false);
    expect(bound({}, { n: 1 })).toBe(false);
  });

  test('measured together only when both say so with the same id', () => {
    const together = (a?: string, b?: string) =>
      compareRuns(
        runReport('a', a === undefined ? {} : { interleavedWith: a }),
        runReport('b', b === undefined ? {} : { interleavedWith: b }),
      ).measuredTogether;
    expect([together(), together('p'), together('p', 'q'), together('p', 'p')]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});
