import { afterEach, describe, expect, test } from 'vitest';
import { startThreads } from '../../../engine/host/threads/threads.ts';
import type { ValueId } from '../../../engine/ir/types.ts';
import type { SanitizerReport } from '../../../engine/report/types/run.ts';
import type { Program } from '../../../engine/runtime/program.ts';
import { sanitizerReport } from '../../../engine/runtime/sanitized-run.ts';
import { seededInputs } from '../../../engine/runtime/seeded-inputs.ts';
import { Session } from '../../../engine/runtime/session.ts';
import { COUNT, handProgram } from './hand-program.ts';

const BYTES = 4 * COUNT;
const NAMES = ['a', 'b', 'sum', 'scan', 'out'] as const;
type Name = (typeof NAMES)[number];

/** steps: 0 sum = a + b, 1 scan of sum, 2 out = scan · weight */
const LIFETIMES: Readonly<Record<Name, readonly [lower: number, upper: number]>> = {
  a: [0, 1],
  b: [0, 1],
  sum: [0, 2],
  scan: [1, 3],
  out: [2, 3],
};

/** The hand-written program with a plan: what lives when, and what each step says that it writes. */
async function planned(
  threads: number,
  lifetimes: typeof LIFETIMES,
  writes: readonly Name[] = ['sum', 'scan', 'out'],
): Promise<Program> {
  const program = await handProgram(threads);
  const value = (name: Name): ValueId => NAMES.indexOf(name) as ValueId;
  return {
    ...program,
    steps: program.steps.map((step, index) => ({ ...step, writes: [value(writes[index] ?? 'out')] })),
    plan: {
      ...program.plan,
      problem: {
        buffers: NAMES.map(id => ({ id, lower: lifetimes[id][0], upper: lifetimes[id][1], size: BYTES })),
      },
      buffers: NAMES.map(name => ({ values: [value(name)], kind: 'activation' })),
      result: {
        ...program.plan.result,
        solution: { offsets: NAMES.map((_, index) => index * BYTES), height: NAMES.length * BYTES },
      },
    },
  };
}

const open: Session[] = [];
afterEach(() => {
  for (const session of open.splice(0)) session.close();
});

/** `spoilt`: the watched run computes from other inputs, as if something had been written over. */
async function sanitize(program: Program, spoilt = false): Promise<SanitizerReport> {
  const inputs = (seed: number) =>
    seededInputs(
      [
        { name: 'a', dtype: 'float32', shape: [COUNT] },
        { name: 'b', dtype: 'float32', shape: [COUNT] },
      ],
      seed,
    );
  const run = async (watched: boolean): Promise<Session> => {
    const session = await Session.create(program, {
      clock: () => performance.now() * 1e6,
      cancel: new Int32Array(new SharedArrayBuffer(4)),
      startThreads,
      read: file => {
        throw new Error(`no file ${file}`);
      },
      sanitize: watched,
      trace: true,
    });
    open.push(session);
    session.setInputs(inputs(watched && spoilt ? 8 : 7));
    session.run();
    return session;
  };
  return sanitizerReport(await run(false), await run(true));
}

describe.each([1, 2])('the sanitizer with %i threads', threads => {
  test('a program that obeys its plan passes, and touches all of it', async () => {
    const report = await sanitize(await planned(threads, LIFETIMES));
    expect(report).toEqual({ ok: true, touchedBytes: 5 * BYTES, faults: [], differing: [] });
  });

  test('the first step that computes something else than without sharing is named', async () => {
    const report = await sanitize(await planned(threads, LIFETIMES), true);
    expect(report.overwritten).toEqual({ step: 0, name: 'sum', buffer: 'sum' });
    expect(report.ok).toBe(false);
  });

  test('what is read after the plan calls it dead is NaN', async () => {
    const report = await sanitize(await planned(threads, { ...LIFETIMES, sum: [0, 1] }));
    expect(report).toMatchObject({ ok: false, faults: [], differing: ['out'] });
  });

  test('a step that writes memory of another buffer is found, with the first byte', async () => {
    const report = await sanitize(await planned(threads, LIFETIMES, ['sum', 'out', 'out']));
    expect(report.faults).toEqual([{ step: 1, name: 'scan', buffer: 'scan', byte: 3 * BYTES }]);
    expect(report.ok).toBe(false);
  });

  test('so is one that writes where nothing lives', async () => {
    const report = await sanitize(
      await planned(threads, { ...LIFETIMES, scan: [2, 3] }, ['sum', 'sum', 'out']),
    );
    expect(report.faults[0]).toEqual({ step: 1, name: 'scan', buffer: 'no buffer', byte: 3 * BYTES });
  });
});
