// A slice of the fuzzer: the same cases every time, in a process of their own. `npm run fuzz` looks further.

import { expect, test } from 'vitest';
import { makeCase } from './cases.ts';
import { runCases } from './run-cases.ts';

const SEED = Number(process.env.FUZZ_SEED ?? 20250601);
const CASES = Number(process.env.FUZZ_CASES ?? 1200);

test('every parser survives damaged and hostile input', async () => {
  let done = 0;
  const findings = await runCases(SEED, 0, CASES - 1, { done: () => done++ });
  const described = findings.map(({ index, reason }) => {
    const { target, origin } = makeCase(SEED, index);
    return `seed ${SEED}, case ${index} (${target}, ${origin}): ${reason}`;
  });
  expect(described).toEqual([]);
  expect(done).toBe(CASES);
});

test('the same seed makes the same cases', () => {
  for (let index = 0; index < 40; index++) expect(makeCase(7, index)).toEqual(makeCase(7, index));
  const targets = new Set(Array.from({ length: 200 }, (_, index) => makeCase(7, index).target));
  expect([...targets].sort()).toEqual(['container', 'csv', 'message', 'model', 'npy', 'tensor']);
});
