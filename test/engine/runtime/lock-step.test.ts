import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../engine/ir/types.ts';
import { Control, controlBytes } from '../../../engine/runtime/control.ts';
import { computeShares, type Stage, stagesOf, walk } from '../../../engine/runtime/lock-step.ts';
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

  test('a step that is inspected ends after that', () => {
    const stages = stagesOf([step(0, [8, 8])], 2, true);
    expect(stages.map(({ endsStep, inspects = false }) => [endsStep, inspects])).toEqual([
      [false, false],
      [false, false],
      [true, true],
    ]);
  });

  test('long steps are cut so that the cancel flag is seen, never below a unit', () => {
    expect(stagesOf([step(0, [64], 1e9)], 1).map(stage => stage.pieces)).toEqual([10]);
    expect(stagesOf([step(0, [2], 1e12)], 1).map(stage => stage.pieces)).toEqual([2]);
    expect(stagesOf([step(0, [64], 10)], 1).map(stage => stage.pieces)).toEqual([1]);
  });

  test('shared steps are cut so that workers can help each other, but not within what they prepare', () => {
    const pieces = (flops: number, cut: { grain?: number; ordered?: boolean } = {}) => {
      const one = step(0, [64], flops);
      const phases = one.kind === 'kernel' ? one.phases.map(phase => ({ ...phase, ...cut })) : [];
      return stagesOf([{ ...one, phases } as ProgramStep], 2).map(stage => stage.pieces);
    };
    expect(pieces(1e9)).toEqual([32]);
    expect(pieces(1e7)).toEqual([6]);
    expect(pieces(1e9, { grain: 8 })).toEqual([5]);
    expect(pieces(1e7, { grain: 16 })).toEqual([2]);
    expect(pieces(1e7, { ordered: true })).toEqual([1]);
  });
});

describe('computeShares', () => {
  const stageOf = (units: number, grain: number, pieces: number, ordered = false): Stage => ({
    ...{ step: 0, function: 'f', first: 0, units, grain, pieces, ordered, shared: true, endsStep: true },
  });

  /** Units that `workers` compute one after the other, all of one stage. */
  function computed(stage: Stage, threads: number, workers: readonly number[]) {
    const control = new Control(new SharedArrayBuffer(controlBytes(1, threads)), 0, 1, threads);
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const open = control.open(0, stage.ordered ? 1 : stage.pieces);
    const runs: [worker: number, begin: number, end: number][] = [];
    for (const worker of workers) {
      const execute = (_: Stage, begin: number, end: number) => void runs.push([worker, begin, end]);
      computeShares(stage, open, { worker, threads, control, cancel, execute });
    }
    control.complete();
    return runs;
  }

  test('every unit is computed once, however it is cut', () => {
    for (const units of [1, 2, 7, 24, 100])
      for (const grain of [1, 3, 5, 40])
        for (const pieces of [1, 2, 3, 7])
          for (const threads of [2, 3])
            for (const ordered of [false, true]) {
              const runs = computed(stageOf(units, grain, pieces, ordered), threads, [1]);
              const all = runs
                .flatMap(([, begin, end]) => Array.from({ length: end - begin }, (_, k) => begin + k))
                .sort((a, b) => a - b);
              expect(all).toEqual(Array.from({ length: units }, (_, k) => k));
            }
  });

  test('pieces end where what was prepared does, but for the end of a share', () => {
    const ends = computed(stageOf(42, 4, 3), 2, [0]).map(([, , end]) => end);
    expect(ends.filter(end => end % 4 !== 0)).toEqual([21, 42]);
  });

  test('a share that is to stay in order is computed so', () => {
    const begins = computed(stageOf(24, 1, 4, true), 2, [0]).map(([, begin]) => begin);
    expect(begins).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  });

  test('others are helped from the back, where they come last', () => {
    const begins = computed(stageOf(8, 1, 4), 2, [0]).map(([, begin]) => begin);
    expect(begins).toEqual([0, 1, 2, 3, 7, 6, 5, 4]);
  });
});

describe('walk', () => {
  /** The pieces that are begun where `cancelledIn`, counted from 1, raises the flag; and what the walk says. */
  function walked(cancelledIn: number) {
    const stages = stagesOf([step(0, [64], 4e8), step(1, [1])], 1);
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const control = new Control(new SharedArrayBuffer(controlBytes(2, 1)), 0, 2, 1);
    const ended: number[] = [];
    let begun = 0;
    const execute = () => {
      if (++begun === cancelledIn) Atomics.store(cancel, 0, 1);
    };
    const stepped = (index: number) => void ended.push(index);
    const complete = walk(stages, { worker: 0, threads: 1, control, cancel, execute, stepped });
    return { begun, complete, pieces: stages.map(({ pieces }) => pieces), ended };
  }

  test('goes through all pieces, and tells when a step has ended', () => {
    expect(walked(0)).toEqual({ begun: 5, complete: true, pieces: [4, 1], ended: [0, 1] });
  });

  test('begins no piece once it is cancelled, and says that the run is not complete', () => {
    expect(walked(2)).toMatchObject({ begun: 2, complete: false });
    expect(walked(5)).toMatchObject({ begun: 5, complete: false });
  });
});
