import { expect, test } from 'vitest';
import { medianStart, timeStarts } from '../../../../engine/host/bench/starts.ts';

const starter = (name: string, log: string[], ...createMs: number[]) => {
  let index = 0;
  return async () => {
    const time = createMs[index++];
    if (time === undefined) throw new Error('it does not start');
    log.push(name);
    const none = {
      variant: name,
      threads: 1,
      pid: undefined,
      simd: '128',
      outputs: async () => [],
      run: async () => [],
    };
    return { ...none, createMs: time, firstRunMs: 1, close: async () => void log.push(`${name} closed`) };
  };
};

test('starts take turns, and the one in the middle counts', async () => {
  const log: string[] = [];
  const times = await timeStarts([starter('a', log, 9, 2, 5), starter('b', log, 7, 8, 1)], 3);
  expect(times.map(time => time?.createMs)).toEqual([5, 7]);
  expect(log.slice(0, 4)).toEqual(['a', 'a closed', 'b', 'b closed']);
});

test('who cannot start has no times, and the others go on', async () => {
  const times = await timeStarts([starter('none', []), starter('b', [], 3)], 1);
  expect(times).toEqual([undefined, { createMs: 3, firstRunMs: 1 }]);
});

test('both times together decide which start is in the middle', () => {
  const starts = [
    { createMs: 1, firstRunMs: 100 },
    { createMs: 50, firstRunMs: 1 },
    { createMs: 60, firstRunMs: 1 },
  ];
  expect(medianStart(starts)).toEqual({ createMs: 60, firstRunMs: 1 });
  expect(medianStart([])).toBeUndefined();
});
