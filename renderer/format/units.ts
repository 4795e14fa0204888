// Numbers with their units, as every view shows them: binary units for memory, ns to s for time.
// Three significant digits are enough to compare and short enough to read.

import { shareText } from '../../engine/report/share-text.ts';

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const TIME = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const;

/** Of a unit, from which on three digits are one of the next: '1.00 ms', not '1,000 µs'. */
const NEXT = 0.9995;

/** Three significant digits, without an exponent up to 10¹⁵: 0.123, 1.23, 12.3, 123, 1,234. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return withMinus(String(value));
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-3)) return withMinus(value.toExponential(2));
  if (size >= 99.95 || Number.isInteger(value)) return formatInteger(Math.round(value));
  return withMinus(value.toFixed(size >= 9.995 ? 1 : size >= NEXT ? 2 : 3));
}

/**
 * A number's digits with the sign for minus, as wide as a plus: '-1e-7' → '−1e−7'. To be read; what is copied or saved
 * keeps the hyphen, which programs can parse.
 */
export const withMinus = (digits: string): string => digits.replaceAll('-', '−');

/** 0.0000015 → '1.5e-6': of an error the size matters, and two digits. */
export const formatError = (error: number): string => (error === 0 ? '0' : withMinus(error.toExponential(1)));

/** 1536 → '1.50 KiB'; up to 1023 of a unit, which is no number that needs a separator. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (Math.abs(value) >= 1023.5 && unit < BINARY.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${formatNumber(unit === 0 ? Math.round(value) : value).replace(',', '')} ${BINARY[unit]}`;
}

/**
 * Labels of an axis from 0 to `most` with ticks `step` apart: one unit for all of them, and as many decimals as tell
 * them apart: '0.5 MiB', '1.0 MiB'.
 */
export function tickFormat(unit: 'bytes' | 'ns', step: number, most: number): (tick: number) => string {
  const [name, size] =
    unit === 'bytes'
      ? ([...BINARY.entries()]
          .map(([at, name]) => [name, 1024 ** at] as const)
          .findLast(([, size]) => most >= size) ?? (['B', 1] as const))
      : (TIME.find(([, size]) => most >= size) ?? (['ns', 1] as const));
  let decimals = 0;
  while (decimals < 3 && !Number.isInteger(roundedTo((step / size) * 10 ** decimals))) decimals++;
  return tick => (tick === 0 ? '0' : `${(tick / size).toFixed(decimals)} ${name}`);
}

/** Without what binary fractions add to decimal ones. */
const roundedTo = (value: number): number => Math.round(value * 1e6) / 1e6;

/** 1234567 ns → '1.23 ms'. */
export function formatNs(ns: number): string {
  const [unit, size] = TIME.find(([, size]) => Math.abs(ns) >= size * NEXT) ?? (['ns', 1] as const);
  return `${formatNumber(ns / size)} ${unit}`;
}

export const formatMs = (ms: number): string => formatNs(ms * 1e6);

const DECIMAL = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** 8200000000 → '8.20 G'; counts keep their integers below a thousand. */
export function formatCount(value: number): string {
  const [size, prefix] = DECIMAL.find(([size]) => Math.abs(value) >= size * NEXT) ?? [1, ''];
  return prefix ? `${formatNumber(value / size)} ${prefix}` : formatNumber(value);
}

/** 204000000 FLOP → '204 MFLOP', 512 → '512 FLOP'. */
export function formatCountOf(value: number, unit: string): string {
  const count = formatCount(value);
  return `${count}${/\d$/.test(count) ? ' ' : ''}${unit}`;
}

/** 0.1234 → '12.3 %', 0.01234 → '1.23 %'; what rounds to nothing has no sign. */
export function formatShare(share: number): string {
  const size = Math.abs(share);
  if (size < 0.00005) return '0 %';
  return shareText(share, size < 0.0995 ? 2 : 1);
}

/** 1234567 → '1,234,567': all digits, where two that differ by little must not look alike. */
export const formatInteger = (value: number): string =>
  withMinus(String(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** 1605632 → '1,605,632 B': a place in memory, to the byte. */
export const formatOffset = (bytes: number): string => `${formatInteger(bytes)} B`;

/** 0.01, 1, 1000, 10⁻⁴: the label of a power of ten on a logarithmic axis. */
export function formatPower(exponent: number): string {
  if (exponent >= -3 && exponent <= 4) return String(Number(`1e${exponent}`));
  const digits = [...String(exponent)].map(character => SUPERSCRIPT[character] ?? character);
  return `10${digits.join('')}`;
}

const SUPERSCRIPT: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((raised, digit) => [String(digit), raised])),
  '-': '⁻',
};

/** A round step for an axis: 1, 2 or 5 times a power of ten (of two for bytes), at least `minimum`. */
export function roundStep(minimum: number, base: 'decimal' | 'binary'): number {
  if (minimum <= 0) return 1;
  if (base === 'binary') return 2 ** Math.ceil(Math.log2(minimum));
  const power = 10 ** Math.floor(Math.log10(minimum));
  const factor = [1, 2, 5, 10].find(candidate => candidate * power >= minimum * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** '+1.25 ms', '−3.00 KiB', '0'. */
export const signed = (value: number, format: (value: number) => string): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${format(Math.abs(value))}`;

/** 0.5 → '0.50×', 11.5 → '11.5×', 556.2 → '556×'. */
export const formatRatio = (ratio: number | undefined): string =>
  ratio === undefined
    ? '–'
    : `${ratio >= 99.95 ? formatInteger(Math.round(ratio)) : ratio.toFixed(ratio >= 9.995 ? 1 : 2)}×`;
