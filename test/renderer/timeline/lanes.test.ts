import { describe, expect, it } from 'vitest';
import { rowsOf } from '../../../renderer/timeline/geometry.ts';
import { lanesOf } from '../../../renderer/timeline/lanes.ts';
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
