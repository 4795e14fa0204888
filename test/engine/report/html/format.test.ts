import { expect, test } from 'vitest';
import { bytesText, shortCountText, timeText } from '../../../../engine/report/html/format.ts';

test('three digits, and what rounds to the next unit or to a digit more is that', () => {
  expect([999.4, 1250, 999_700, 9_996, 99_960, 999_600_000].map(timeText)).toEqual([
    '999 ns',
    '1.25 µs',
    '1.00 ms',
    '10.0 µs',
    '100 µs',
    '1.00 s',
  ]);
  expect([1023, 1536, 1_048_100].map(bytesText)).toEqual(['1023 B', '1.50 KiB', '1.00 MiB']);
  expect([163, 8_601_600, 999_600].map(shortCountText)).toEqual(['163', '8.60 M', '1.00 M']);
});
