import { describe, expect, test } from 'vitest';
import { byteCount, poolOption } from '../../../../engine/host/commands/plan-what-if.ts';

describe('sizes on the command line', () => {
  test.each([
    ['65536', 65_536],
    ['256KiB', 262_144],
    ['1.5 MiB', 1_572_864],
    ['2gib', 2_147_483_648],
  ])('%s', (text, bytes) => expect(byteCount(text)).toBe(bytes));

  test.each(['', 'KiB', '12 parsecs', '-3', '1e3'])('"%s" is refused', text =>
    expect(() => byteCount(text)).toThrow('expected bytes as 65536, 256KiB or 1.5MiB'),
  );
});

test('memories, one after the other', () => {
  const pools = poolOption('psram=8MiB:10', poolOption('sram=256KiB'));
  expect(pools).toEqual([
    { id: 'sram', sizeBytes: 262_144, cost: 1 },
    { id: 'psram', sizeBytes: 8_388_608, cost: 10 },
  ]);
  expect(() => poolOption('sram')).toThrow('expected NAME=SIZE:COST, found "sram"');
  expect(() => poolOption('sram=1KiB:dear')).toThrow('expected a cost from 0, found "dear"');
});
