import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatError,
  formatNs,
  formatNumber,
  formatOffset,
  formatPower,
  formatRatio,
  formatShare,
  roundStep,
  tickFormat,
} from '../../../renderer/format/units.ts';

describe('units', () => {
  it('an offset has its unit, and all its digits', () => {
    expect(formatOffset(1_605_632)).toBe('1,605,632 B');
    expect(formatOffset(0)).toBe('0 B');
  });

  it.each([
    [0, '0 FLOP'],
    [512, '512 FLOP'],
    [204_000_000, '204 MFLOP'],
  ])('%d FLOP', (count, text) => expect(formatCountOf(count, 'FLOP')).toBe(text));

  it.each([
    [0, '0'],
    [0.0000015, '1.5e−6'],
    [6e-7, '6.0e−7'],
    [0.02, '2.0e−2'],
  ])('an error of %d', (error, text) => expect(formatError(error)).toBe(text));

  it.each([
    [undefined, '–'],
    [0.064, '0.06×'],
    [1.996, '2.00×'],
    [9.999, '10.0×'],
    [11.49, '11.5×'],
    [555.9, '556×'],
    [1393.78, '1,394×'],
  ])('a ratio of %d', (ratio, text) => expect(formatRatio(ratio)).toBe(text));

  it.each([
    [0, '0 B'],
    [100, '100 B'],
    [1023, '1023 B'],
    [1000 * 1024, '1000 KiB'],
    [1024, '1 KiB'],
    [1536, '1.50 KiB'],
    [6.89 * 2 ** 20, '6.89 MiB'],
    [3 * 2 ** 30, '3 GiB'],
  ])('%d bytes', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0 ns'],
    [999, '999 ns'],
    [1500, '1.50 µs'],
    [12_345_678, '12.3 ms'],
    [2e9, '2 s'],
  ])('%d ns', (ns, text) => expect(formatNs(ns)).toBe(text));

  it.each([
    [0.123456, '0.123'],
    [-1.5, '−1.50'],
    [123.4, '123'],
    [1e-7, '1.00e−7'],
    [-1e-7, '−1.00e−7'],
    [-1234567, '−1,234,567'],
    [Number.NEGATIVE_INFINITY, '−Infinity'],
    [Number.NaN, 'NaN'],
    [42, '42'],
  ])('number %d', (value, text) => expect(formatNumber(value)).toBe(text));

  it.each([
    [999, '999'],
    [25_600_000, '25.6 M'],
    [8.2e9, '8.20 G'],
  ])('count %d', (value, text) => expect(formatCount(value)).toBe(text));

  it.each([
    [0.5, '50.0 %'],
    [0.0123, '1.23 %'],
    [-0.00001, '0 %'],
    [-0.2, '−20.0 %'],
    // Only all of it is 100 %.
    [0.9994, '99.9 %'],
    [0.9996, '99.96 %'],
    [0.99999, '99.99 %'],
    [-0.99999, '−99.99 %'],
    [1, '100.0 %'],
  ])('share %d', (share, text) => expect(formatShare(share)).toBe(text));

  it('what rounds to the next unit, or to a digit more, is that', () => {
    expect([999_700, 999_400, 9_996, 99_960, 999.6].map(formatNs)).toEqual([
      '1.00 ms',
      '999 µs',
      '10.0 µs',
      '100 µs',
      '1.00 µs',
    ]);
    expect([1023, 1_048_100, 1_048_000].map(formatBytes)).toEqual(['1023 B', '1.00 MiB', '1023 KiB']);
    expect([999, 999_600, 999_400].map(formatCount)).toEqual(['999', '1.00 M', '999 k']);
  });

  it('ticks of an axis share their unit and their decimals', () => {
    const bytes = tickFormat('bytes', 2 ** 19, 3.5 * 2 ** 20);
    expect([0, 2 ** 19, 2 ** 20].map(bytes)).toEqual(['0', '0.5 MiB', '1.0 MiB']);
    expect(tickFormat('bytes', 1024, 8192)(4096)).toBe('4 KiB');
    expect([2e5, 1e6].map(tickFormat('ns', 2e5, 1e6))).toEqual(['0.2 ms', '1.0 ms']);
  });

  it('powers of ten', () => {
    expect([-6, -4, -2, 0, 3, 12].map(formatPower)).toEqual(['10⁻⁶', '10⁻⁴', '0.01', '1', '1000', '10¹²']);
  });

  it('axis steps are round and large enough', () => {
    expect(roundStep(0.7, 'decimal')).toBe(1);
    expect(roundStep(3, 'decimal')).toBe(5);
    expect(roundStep(12, 'decimal')).toBe(20);
    expect(roundStep(700, 'binary')).toBe(1024);
  });
});
