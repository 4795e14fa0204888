import { describe, expect, it } from 'vitest';
import { fittingColumns } from '../../../renderer/tables/fitting-columns.ts';

const columns = [
  { id: 'name', least: 100 },
  { id: 'time', least: 50, spare: 1 },
  { id: 'least', least: 50, spare: 2 },
  { id: 'share', least: 50 },
];
const shown = (width: number) => fittingColumns(columns, width).map(({ id }) => id);

describe('columns that fit', () => {
  it('are all there where there is room, or where the width is not known yet', () => {
    expect(shown(250)).toHaveLength(4);
    expect(shown(0)).toHaveLength(4);
  });

  it('leave out the most spare first, and keep their order', () => {
    expect(shown(249)).toEqual(['name', 'time', 'share']);
    expect(shown(199)).toEqual(['name', 'share']);
  });

  it('keep those that matter however narrow it is: the table scrolls then', () => {
    expect(shown(10)).toEqual(['name', 'share']);
  });
});
