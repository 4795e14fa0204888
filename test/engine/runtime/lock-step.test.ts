import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../engine/ir/types.ts';
import { stagesOf } from '../../../engine/runtime/lock-step.ts';
import type { ProgramStep } from '../../../engine/runtime/program.ts';

const step = (index: number, units: readonly number[], flops = 1e7): ProgramStep => ({
  kind: 'kernel',
  template: 'test',
  index,
  name: `step ${index}`,
  op: 'Test',
  fusedOps: ['Test'],
  origin: [index as NodeId],
  reads: [],
  writes: [],
  flops,
  bytesRead: 0,
  bytesWritten: 0,
  phases: units.map((count, phase) => ({ function: `f${index}_${phase}`, units: count })),
});

const shared = (steps: readonly ProgramStep[], threads: number) =>
  stagesOf(steps, threads).map(stage => stage.shared);

describe('stagesOf', () => {
  test('one worker shares nothing', () => {
    expect(shared([step(0, [8, 1]), step(1, [4])], 1)).toEqual([false, false, false]);
  });

  test('single units are not shared', () => {
    expect(shared([step(0, [1]), step(1, [8])], 2)).toEqual([false, true]);
  });

  test('small steps are not shared', () => {
    expect(shared([step(0, [8], 100), step(1, [8])], 2)).toEqual([false, true]);
  });

  test('programs too small to wake anybody share nothing', () => {
    const steps = [step(0, [8], 3e5), step(1, [8], 3e5)];
    expect(stagesOf(steps, 2).some(stage => stage.shared)).toBe(false);
    const many = Array.from({ length: 40 }, (_, index) => step(index, [8], 3e5));
    expect(stagesOf(many, 2).every(stage => stage.shared)).toBe(true);
  });

  test('phases of a step are stages, and only the last ends it', () => {
    const stages = stagesOf([step(0, [8, 8])], 2);
    expect(stages.map(stage => stage.endsStep)).toEqual([false, true]);
    expect(stages.every(stage => stage.shared)).toBe(true);
  });

  test('long steps are cut so that the cancel flag is seen, never below a unit', () => {
    expect(stagesOf([step(0, [64], 1e9)], 2).map(stage => stage.pieces)).toEqual([5]);
    expect(stagesOf([step(0, [2], 1e12)], 1).map(stage => stage.pieces)).toEqual([2]);
    expect(stagesOf([step(0, [64], 10)], 1).map(stage => stage.pieces)).toEqual([1]);
  });
});
