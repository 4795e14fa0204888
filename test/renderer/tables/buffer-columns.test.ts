import { expect, it } from 'vitest';
import { ownBytes, sharersOf } from '../../../renderer/tables/buffer-columns.tsx';
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
