import { describe, expect, it } from 'vitest';
import {
  CELL_PADDING,
  columnWidths,
  leastWidth,
  wantedWidth,
} from '../../../renderer/tables/column-widths.ts';

const sum = (widths: readonly number[]): number => widths.reduce((all, width) => all + width, 0);

describe('what a column wants', () => {
  const column = { title: 'Name', value: (row: string) => row, min: 200, grow: 1 };
  it('is its longest row, and no less than its title', () => {
    const short = wantedWidth(column, ['a', 'ab']);
    expect(wantedWidth(column, ['a'.repeat(40)])).toBeGreaterThan(wantedWidth(column, ['a'.repeat(30)]));
    expect(wantedWidth({ ...column, title: 'A far longer title' }, ['a'])).toBeGreaterThan(short);
    expect(wantedWidth({ ...column, marked: true, mono: true }, ['a'.repeat(30)])).toBeGreaterThan(
      wantedWidth(column, ['a'.repeat(30)]),
    );
  });

  // As Chromium measured them at 12 px in DejaVu Sans, the widest of the system fonts.
  it.each([
    ['20–24', 36.5],
    ['1.05 ms', 48.4],
    ['1,228,800', 61],
    ['+2.06 %, +50.9 µs', 113.8],
  ])('holds %s whole', (text, px) => {
    const figures = { title: '', value: () => 0, text: () => text, min: 200 };
    expect(wantedWidth(figures, [text])).toBeGreaterThanOrEqual(px + CELL_PADDING);
  });

  it('can be less than what it gets at least, if it says what its text is', () => {
    expect(leastWidth(column, 80)).toBe(80);
    expect(leastWidth(column, 500)).toBe(200);
    expect(leastWidth({ title: 'Time', value: () => 1.23456789, min: 72 }, 40)).toBe(72);
    expect(leastWidth({ title: 'Time', value: () => 1.23456789, text: () => '1.23', min: 72 }, 50)).toBe(50);
  });

  // As Chromium measured them at 11 px in bold DejaVu Sans.
  it.each([
    ['% of peak', 61],
    ['Planned in', 65],
    ['Last read in step', 108],
    ['Elements', 57],
  ])('always has room for its title: %s', (title, px) => {
    expect(leastWidth({ title, value: () => 0, min: 20 }, 20)).toBeGreaterThanOrEqual(px - 1 + CELL_PADDING);
  });
});

describe('widths of columns', () => {
  const columns = [
    { least: 100, wanted: 200, grow: 2 },
    { least: 50, wanted: 50 },
    { least: 60, wanted: 80, grow: 1 },
  ];
  it('are the least where there is no more room', () => {
    expect(columnWidths(columns, 100)).toEqual([100, 50, 60]);
    expect(columnWidths(columns, 210)).toEqual([100, 50, 60]);
  });

  it('are what is wanted as soon as that fits', () => {
    expect(columnWidths(columns, 330)).toEqual([200, 50, 80]);
    // One that wants little leaves its share to the other.
    expect(columnWidths(columns, 320)).toEqual([190, 50, 80]);
  });

  it('fill the table, by shares, once all have what they want', () => {
    expect(columnWidths(columns, 630)).toEqual([400, 50, 180]);
    for (const width of [210, 251, 333, 480]) {
      expect(sum(columnWidths(columns, width))).toBeLessThanOrEqual(width);
      expect(sum(columnWidths(columns, width))).toBeGreaterThan(width - 3);
    }
  });
});
