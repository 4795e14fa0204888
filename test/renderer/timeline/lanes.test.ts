import { describe, expect, it } from 'vitest';
import { rowsOf } from '../../../renderer/timeline/geometry.ts';
import { firstLiving, lanesOf } from '../../../renderer/timeline/lanes.ts';
import { PLAN } from '../support/made-up.ts';

const rows = rowsOf(PLAN);
const namesIn = (arrangement: Parameters<typeof lanesOf>[1]): readonly string[] =>
  lanesOf(rows, arrangement).rowsIn.map(lane => lane.map(row => rows[row]?.name).join(''));

describe('lanes', () => {
  it('are one per tensor', () => {
    expect(namesIn('rows')).toEqual(['B', 'A', 'C', 'E', 'D', 'F']);
  });

  it('are packed into as few as lives overlap', () => {
    // B and A, then C and E, then E, C and D, then D, E and F.
    expect(namesIn('packed')).toEqual(['BE', 'ACF', 'D']);
    for (const lane of lanesOf(rows, 'packed').rowsIn) {
      for (const [place, row] of lane.entries()) {
        const next = rows[lane[place + 1] ?? -1];
        if (next) expect(next.lower).toBeGreaterThanOrEqual(rows[row]?.upper ?? 0);
      }
    }
  });

  it('are one per offset, from the lowest', () => {
    expect(lanesOf(rows, 'offset').offsets).toEqual([0, 100, 200]);
    expect(namesIn('offset')).toEqual(['ACF', 'BE', 'D']);
  });
});

describe('the first lane with a life', () => {
  const lanes = lanesOf(rows, 'rows');
  const at = (from: number, to: number, first: number, last: number): number | undefined =>
    firstLiving(rows, lanes, { from, to }, { from: first, to: last });
  const upper = Math.max(...rows.map(row => row.upper));

  it('is given where those on the screen are empty', () => {
    const { lower = 0 } = rows[5] ?? {};
    const living = rows.findIndex(row => row.lower < lower + 1 && row.upper > lower);
    expect(living).toBeGreaterThan(0);
    expect(at(lower, lower + 1, 0, living)).toBe(living);
  });

  it('is not, where something is to be seen already, if only in part', () => {
    expect(at(0, upper, 0, 1)).toBeUndefined();
    const { lower = 0 } = rows[5] ?? {};
    expect(at(lower, lower + 1, 5.5, 6)).toBeUndefined();
  });

  it('is not, where nothing lives', () => expect(at(upper, upper + 5, 0, 1)).toBeUndefined());
});
