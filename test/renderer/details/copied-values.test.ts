import { expect, test } from 'vitest';
import { copiedValues } from '../../../renderer/details/copied-values.ts';

const row = (...titles: readonly string[]) => [
  { tagName: 'TH', title: '' },
  ...titles.map(title => ({ tagName: 'TD', title })),
];
const rows = [row('1', '1.0009765625', '-0'), row('1.001953125', '2', '3')];

test('values are copied with all their digits, without the heads of their rows', () => {
  expect(copiedValues(rows, () => true)).toBe('1\t1.0009765625\t-0\n1.001953125\t2\t3');
});

test('only what is selected is copied', () => {
  const chosen = new Set(['1.0009765625', '-0', '1.001953125']);
  expect(copiedValues(rows, ({ title }) => chosen.has(title))).toBe('1.0009765625\t-0\n1.001953125');
  expect(copiedValues(rows, ({ title }) => title === '3')).toBe('3');
  expect(copiedValues(rows, () => false)).toBe('');
});
