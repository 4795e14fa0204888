import { expect, it } from 'vitest';
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
  expect(sharersOf(shared, index).map(({ name }) => name)).toEqual(['whole']);
});

it('scratch is all there is in its buffer', () => {
  const scratch = { ...row([]), id: 0 } as Parameters<typeof ownBytes>[0];
  expect(ownBytes(scratch, index)).toBe(100);
  expect(sharersOf(scratch, index)).toEqual([]);
});

it('names as many sharers as there is room for, the first one always', () => {
  expect(fittingNames([], 20)).toEqual([]);
  expect(fittingNames(['a'], 20)).toEqual(['a']);
  expect(fittingNames(['one', 'two', 'three'], 16)).toEqual(['one', 'two', 'three']);
  expect(fittingNames(['one', 'two', 'three'], 12)).toEqual(['one', 'two']);
  expect(fittingNames(['one', 'two', 'three'], 8)).toEqual(['one']);
  expect(fittingNames(['a_name_that_is_long', 'two'], 14)).toEqual(['a_nam…long']);
});
