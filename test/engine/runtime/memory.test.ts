import { describe, expect, test } from 'vitest';
import { capacityFor, MemoryLimitError, MemoryPool } from '../../../engine/runtime/memory.ts';

const OWN = { shared: false };

describe('MemoryPool', () => {
  test('is shared between threads where it is asked to be', () => {
    expect(new MemoryPool(1, { shared: true }).memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(new MemoryPool(1, OWN).memory.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('regions are aligned and apart, and are found again after release', () => {
    const pool = new MemoryPool(capacityFor([100, 1000, 10]), OWN);
    const first = pool.take('first', 100);
    const second = pool.take('second', 1000);
    const third = pool.take('third', 10);
    for (const { offset } of [first, second, third]) expect(offset % 64).toBe(0);
    expect(second.offset).toBeGreaterThanOrEqual(first.offset + 100 + 64);
    expect(third.offset).toBeGreaterThanOrEqual(second.offset + 1000 + 64);
    pool.release(second);
    expect(pool.take('again', 900).offset).toBe(second.offset);
    expect(pool.usage()).toMatchObject({
      usedBytes: 1010,
      peakBytes: 1110,
      byTag: { first: 100, again: 900, third: 10 },
    });
  });

  test('all of it can be had, and no byte more', () => {
    const pool = new MemoryPool(65_536, { ...OWN, limitBytes: 65_536 });
    expect(() => pool.take('more', 65_536 - 63)).toThrow(MemoryLimitError);
    expect(pool.take('all', 65_536 - 64).offset).toBe(0);
  });

  test('a limit is an error with both sizes', () => {
    const limited = { ...OWN, limitBytes: 2 ** 16 };
    expect(() => new MemoryPool(2 ** 20, limited)).toThrow(MemoryLimitError);
    expect(() => new MemoryPool(2 ** 20, limited)).toThrow(
      'needs 1048576 bytes of memory, the limit is 65536',
    );
    const pool = new MemoryPool(1, OWN);
    expect(() => pool.take('too much', 2 ** 17)).toThrow(MemoryLimitError);
  });

  test('releasing what is not taken is a bug', () => {
    const pool = new MemoryPool(1000, OWN);
    const region = pool.take('once', 10);
    pool.release(region);
    expect(() => pool.release(region)).toThrow('region once is not taken');
  });
});
