// Shares that follow from others: checked byte by byte, every value holding what its operands hold.

import { describe, expect, test } from 'vitest';
import { allShares, type Share } from '../../../../engine/planner/what-if/shares.ts';
import { Random } from '../../../support/random.ts';

/** Either way round. */
const named = ({ result, operand, distance }: Share): string =>
  result <= operand ? `${result} ${operand} ${distance}` : `${operand} ${result} ${0 - distance}`;

const pairs = (shares: readonly Share[]): string[] => shares.map(named).sort();

describe('what follows', () => {
  const sizes = [16, 16, 8, 4];
  const all = (shares: readonly Share[]) => pairs(allShares(shares, value => sizes[value] ?? 0));

  test('a view of a view lies over the whole', () => {
    const shares = [
      { result: 1, operand: 0, distance: 0 },
      { result: 2, operand: 1, distance: -8 },
      { result: 3, operand: 2, distance: -4 },
    ];
    expect(all(shares)).toEqual(['0 1 0', '0 2 8', '0 3 12', '1 2 8', '1 3 12', '2 3 4']);
  });

  test('two wholes with one part do not hold the same around it', () => {
    const shares = [
      { result: 0, operand: 2, distance: 4 },
      { result: 1, operand: 2, distance: 4 },
    ];
    expect(all(shares)).toEqual(['0 2 4', '1 2 4']);
  });

  test('a value that is there twice lies over either', () => {
    const shares = [
      { result: 0, operand: 2, distance: 0 },
      { result: 0, operand: 2, distance: 8 },
    ];
    expect(all(shares)).toEqual(['0 2 0', '0 2 8']);
  });
});

test.each(Array.from({ length: 200 }, (_, seed) => seed))(
  'forest %i: what lies over each other is the same',
  seed => {
    const random = new Random(seed);
    const contents: number[][] = [];
    const shares: Share[] = [];
    let fresh = 0;
    for (let value = 0; value < 8; value++) {
      const operand = random.below(Math.max(1, value));
      const from = contents[operand] ?? [];
      const make = value === 0 ? 'new' : random.pick(['new', 'part', 'whole']);
      if (make === 'new') contents.push(Array.from({ length: 1 + random.below(6) }, () => fresh++));
      if (make === 'part') {
        const start = random.below(from.length);
        contents.push(from.slice(start, start + 1 + random.below(from.length - start)));
        shares.push({ result: value, operand, distance: 0 - start });
      }
      if (make === 'whole') {
        const other = random.below(value);
        contents.push([...from, ...(contents[other] ?? [])]);
        shares.push({ result: value, operand, distance: 0 });
        shares.push({ result: value, operand: other, distance: from.length });
      }
    }
    const found = allShares(shares, value => contents[value]?.length ?? 0);
    for (const { result, operand, distance } of found) {
      const [over = [], under = []] = [contents[result], contents[operand]];
      const common = over.flatMap((byte, i) =>
        under[i - distance] === undefined ? [] : [[byte, under[i - distance]]],
      );
      expect(common.length).toBeGreaterThan(0);
      for (const [a, b] of common) expect(a).toBe(b);
    }
    const known = new Set(pairs(found));
    const direct = shares.filter(({ result, operand }) => result !== operand);
    expect(pairs(direct).filter(pair => !known.has(pair))).toEqual([]);
  },
);
