import { afterEach, describe, expect, test } from 'vitest';
import { startThreads } from '../../../engine/host/threads/threads.ts';
import { tensorOf } from '../../../engine/ir/tensor.ts';
import type { Program } from '../../../engine/runtime/program.ts';
import { seededInputs } from '../../../engine/runtime/seeded-inputs.ts';
import { Session } from '../../../engine/runtime/session.ts';
import { COUNT, expectedOutput, handProgram } from './hand-program.ts';

const open: Session[] = [];
afterEach(() => {
  for (const session of open.splice(0)) session.close();
});

const cancelWord = () => new Int32Array(new SharedArrayBuffer(4));

async function start(program: Program, cancel = cancelWord()): Promise<Session> {
  const session = await Session.create(program, {
    clock: () => performance.now() * 1e6,
    cancel,
    startThreads,
    read: file => {
      throw new Error(`no file ${file}`);
    },
  });
  open.push(session);
  return session;
}

const inputs = seededInputs(
  [
    { name: 'a', dtype: 'float32', shape: [COUNT] },
    { name: 'b', dtype: 'float32', shape: [COUNT] },
  ],
  7,
);
const [a, b] = inputs.map(tensor => tensor.data as Float32Array);
if (!a || !b) throw new Error('two inputs were asked for');

describe('a session', () => {
  test.each([1, 2, 3])('computes the same bits with %i threads, run after run', async threads => {
    const session = await start(await handProgram(threads));
    session.setInputs(inputs);
    for (let run = 0; run < 50; run++) {
      const times = session.run();
      expect(times?.stepNs.length).toBe(3);
      expect(times?.totalNs).toBeGreaterThan(0);
      expect(session.readOutput(0).data).toEqual(expectedOutput(a, b));
    }
  });

  test('takes new inputs', async () => {
    const session = await start(await handProgram(2));
    session.setInputs(inputs);
    session.run();
    session.setInputs([...inputs].reverse());
    session.run();
    expect(session.readOutput(0).data).toEqual(expectedOutput(b, a));
  });

  test('refuses inputs of another shape or type, and missing ones', async () => {
    const session = await start(await handProgram(1));
    const short = tensorOf('float32', [2], [1, 2]);
    expect(() => session.setInputs([short, short])).toThrow('expected float32 [1000], got float32 [2]');
    expect(() => session.setInputs([inputs[0] ?? short])).toThrow('input b is not given');
    expect(() => session.run()).toThrow('input a is not set');
  });

  test('counts its memory by use', async () => {
    const session = await start(await handProgram(1));
    expect(session.usage().byTag).toMatchObject({ weights: 4 * COUNT, arena: 20 * COUNT });
    expect(session.usage().usedBytes).toBeLessThanOrEqual(session.usage().capacityBytes);
  });

  test.each([1, 2])(
    'takes no memory but for weights, arena and its control words (%i threads)',
    async threads => {
      const session = await start(await handProgram(threads));
      const { byTag, usedBytes, capacityBytes } = session.usage();
      expect(Object.keys(byTag).sort()).toEqual(['arena', 'control', 'weights']);
      expect(byTag.control).toBeLessThan(4096);
      // What is left over is what rounding to whole pages and the distance between regions take.
      expect(capacityBytes - usedBytes).toBeLessThan(65_536 + 3 * 128);
    },
  );

  test.each([1, 2])('ends at the next step when cancelled, and can run again (%i threads)', async threads => {
    const cancel = cancelWord();
    const steps = Array.from({ length: 20 }, (_, i) => [i % 2 ? 'scan' : 'sum', i % 2 ? 1 : COUNT] as const);
    const session = await start(await handProgram(threads, [...steps, ['scale', COUNT]]), cancel);
    session.setInputs(inputs);
    const seen: number[] = [];
    const cancelled = session.run(step => {
      seen.push(step);
      if (step === 4) Atomics.store(cancel, 0, 1);
    });
    expect(cancelled).toBeUndefined();
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    Atomics.store(cancel, 0, 0);
    expect(session.run()).toBeDefined();
    expect(session.readOutput(0).data).toEqual(expectedOutput(a, b));
  });

  test('a worker that fails ends the run with its message', async () => {
    const session = await start(
      await handProgram(2, [
        ['trap', 8],
        ['scan', 1],
      ]),
    );
    session.setInputs(inputs);
    // Only the second worker fails, in the run in which it comes in time to compute its share.
    const runs = () => {
      for (;;) session.run();
    };
    expect(runs).toThrow('"trap": expected indices inside the axis');
    expect(() => session.run()).toThrow('failed in an earlier run');
  });

  test('says which function a module lacks', async () => {
    await expect(start(await handProgram(1, [['nothing', 4]]))).rejects.toThrow(
      'exports no function nothing',
    );
  });
});
