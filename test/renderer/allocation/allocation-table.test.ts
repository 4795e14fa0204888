import { describe, expect, it } from 'vitest';
import { allocationAt, shapeOfRow } from '../../../renderer/allocation/allocation-table.ts';
import { PLAN } from '../support/made-up.ts';

/** 'C 0 1 read': name, offset, readers left, what happens. */
const linesAt = (step: number): readonly string[] =>
  allocationAt(PLAN, step).rows.map(({ tensor, readersLeft, written, read, change }) =>
    [
      tensor.name,
      tensor.offset,
      readersLeft,
      ...(written ? ['written'] : []),
      ...(read ? ['read'] : []),
      change,
    ].join(' '),
  );

describe('the allocation table of the six-tensor example', () => {
  it.each([
    [0, ['A 0 0 read passing', 'B 100 1 written allocated']],
    [1, ['C 0 2 written allocated', 'B 100 0 read freed']],
    [2, ['C 0 1 read held', 'E 100 1 written allocated']],
    [3, ['C 0 0 read freed', 'E 100 1 held', 'D 200 1 written allocated']],
    [4, ['F 0 0 written passing', 'E 100 0 read freed', 'D 200 0 read freed']],
  ])('step %d', (step, lines) => expect(linesAt(step)).toEqual(lines));

  it('says when memory is taken, and until when', () => {
    const eventsAt = (step: number) => allocationAt(PLAN, step).rows.map(({ events }) => events);
    expect(eventsAt(0)).toEqual(['filled before, read, freed', 'allocated, written']);
    expect(eventsAt(1)).toEqual(['allocated, written', 'read, freed']);
    const [, , , , , last] = PLAN.tensors;
    const output = { ...PLAN, tensors: last ? [{ ...last, kind: 'output' as const }] : [] };
    expect(allocationAt(output, 4).rows.map(({ events }) => events)).toEqual([
      'allocated, written, left to the caller',
    ]);
  });

  it('adds up what is live', () => {
    expect([0, 1, 2, 3, 4].map(step => allocationAt(PLAN, step).liveBytes)).toEqual(PLAN.liveBytes);
  });

  it('finds holes under what is live, and the top', () => {
    const lifted = {
      ...PLAN,
      tensors: PLAN.tensors.map(row => (row.name === 'E' ? { ...row, offset: 150 } : row)),
    };
    const { holes, topBytes } = allocationAt(lifted, 2);
    expect(holes).toEqual([{ offset: 100, bytes: 50 }]);
    expect(topBytes).toBe(250);
  });
});

describe('the shape of a row', () => {
  const [row] = PLAN.tensors;
  const tensor = {
    id: 7,
    name: 'boxes',
    shape: [100, 4],
    bounded: [true, false],
    kind: 'output',
    consumers: [],
  } as const;
  const imported = new Map([[7, tensor]]);
  const shapeOf = (tensors: readonly number[], found: ReadonlyMap<number, readonly number[]>) =>
    row && shapeOfRow({ ...row, tensors }, imported, found);

  it('is the capacity, and the extent once a run told it', () => {
    expect(shapeOf([7], new Map())).toBe('≤100×4');
    expect(shapeOf([7], new Map([[7, [17, 4]]]))).toBe('≤100×4 → 17×4');
    expect(shapeOf([99, 7], new Map([[99, [1]]]))).toBe('≤100×4');
  });

  it('is nothing for scratch', () => expect(shapeOf([], new Map())).toBe(''));
});
