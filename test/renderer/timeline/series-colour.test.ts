import { expect, test } from 'vitest';
import { FAMILIES, type Family } from '../../../renderer/theme/families.ts';
import type { Palette } from '../../../renderer/theme/palette.ts';
import { colourOf } from '../../../renderer/timeline/series-colour.ts';
import type { Series } from '../../../renderer/timeline/stacks.ts';

const hex = (value: number): string => `#${value.toString(16).padStart(6, '0')}`;
const families = Object.keys(FAMILIES) as Family[];
const palette = {
  color: { line: '#000001', 'line-strong': '#000002', surface: '#ffffff', text: '#000000' },
  family: Object.fromEntries(families.map((family, place) => [family, hex(0x100000 + place * 0x1111)])),
} as unknown as Palette;
const bytes = new Float64Array(1);

test.each(families)('others beside operators of the family %s look like none of them', family => {
  const stack: readonly Series[] = [
    { name: 'an operator', family, bytes },
    { name: '3 others', bytes },
  ];
  expect(colourOf(stack, 1, palette)).not.toBe(colourOf(stack, 0, palette));
  expect(Object.values(palette.family)).not.toContain(colourOf(stack, 1, palette));
});

test('operators of one family are told apart', () => {
  const stack: readonly Series[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => ({
    ...{ name, bytes },
    family: 'elementwise',
  }));
  expect(new Set(stack.map((_, place) => colourOf(stack, place, palette))).size).toBe(7);
});

test('scopes take the colours in turn', () => {
  const stack: readonly Series[] = ['a', 'b', 'c'].map(name => ({ name, bytes }));
  expect(new Set(stack.map((_, place) => colourOf(stack, place, palette))).size).toBe(3);
});
