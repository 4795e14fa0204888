import { expect, it } from 'vitest';
import { allocationAt } from '../../../renderer/allocation/allocation-table.ts';
import { fittingNames, ownBytes, sharersOf } from '../../../renderer/tables/buffer-columns.tsx';
import { PLAN } from '../support/made-up.ts';

const tensor = (id: number, name: string, bytes: number) =>
  ({ id, name, bytes, kind: 'activation', consumers: [] }) as const;
const index = {
  nodes: new Map(),
  tensors: new Map([
    [7, tensor(7, 'part', 40)],
    [8, tensor(8, 'whole', 100)],
  ]),
};
const row = (tensors: readonly number[]) => ({ ...PLAN.tensors[0], tensors, bytes: 100 }) as const;

it('a tensor in a larger buffer has its own size, and is told who else is in there', () => {
  const shared = { ...row([7, 8]), id: 0 } as Parameters<typeof ownBytes>[0];
  expect(ownBytes(shared, index)).toBe(40);
  expect(sharersOf(shared, PLAN, index).map(({ name }) => name)).toEqual(['whole']);
});

it('scratch is all there is in its buffer', () => {
  const scratch = { ...row([]), id: 0 } as Parameters<typeof ownBytes>[0];
  expect(ownBytes(scratch, index)).toBe(100);
  expect(sharersOf(scratch, PLAN, index)).toEqual([]);
});

it('a result over bytes of its operand and that operand are told of each other', () => {
  const [a, b, c] = PLAN.tensors;
  if (!a || !b || !c) throw new Error('the plan has too few rows');
  // C is written over the last half of B while that is read, and D behind it.
  const over = { ...c, offset: b.offset + 50, inPlaceOf: [{ id: b.id, distance: -50 }] };
  const beside = {
    ...c,
    id: 9,
    name: 'D',
    tensors: [9],
    offset: 200,
    inPlaceOf: [{ id: b.id, distance: -100 }],
  };
  const plan = { ...PLAN, tensors: [a, b, over, beside] };
  expect(sharersOf(b, plan, index)).toEqual([{ name: 'C', to: { kind: 'tensor', id: 2 } }]);
  expect(sharersOf(over, plan, index)).toEqual([{ name: 'B', to: { kind: 'tensor', id: 1 } }]);
  expect(sharersOf(beside, plan, index)).toEqual([]);
  const shown = (step: number) => allocationAt(plan, step).rows.map(row => [row.tensor.name, row.over]);
  expect(shown(0)).toEqual([
    ['A', undefined],
    ['B', undefined],
  ]);
  expect(shown(1)).toEqual([
    ['B', 'operand'],
    ['C', 'result'],
    ['D', undefined],
  ]);
});

it('names as many sharers as there is room for, the first one always', () => {
  expect(fittingNames([], 20)).toEqual([]);
  expect(fittingNames(['a'], 20)).toEqual(['a']);
  expect(fittingNames(['one', 'two', 'three'], 16)).toEqual(['one', 'two', 'three']);
  expect(fittingNames(['one', 'two', 'three'], 12)).toEqual(['one', 'two']);
  expect(fittingNames(['one', 'two', 'three'], 8)).toEqual(['one']);
  expect(fittingNames(['a_name_that_is_long', 'two'], 14)).toEqual(['a_na…_long']);
});
