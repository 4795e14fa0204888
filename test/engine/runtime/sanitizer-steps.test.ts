// What the sanitizer does to memory between two steps, and what it sees there: bytes of a made-up plan, no kernels.

import { expect, test } from 'vitest';
import type { ValueId } from '../../../engine/ir/types.ts';
import type { Buffer } from '../../../engine/planner/types.ts';
import { GUARD_BYTES } from '../../../engine/runtime/memory.ts';
import type { Program } from '../../../engine/runtime/program.ts';
import { Sanitizer } from '../../../engine/runtime/sanitizer.ts';
import { handProgram } from './hand-program.ts';

interface Placed extends Buffer {
  /** bytes from the start of the arena */
  readonly at: number;
  readonly scratch?: boolean;
}

const ARENA_BYTES = 32;
const LIVE = 5;

/** Three steps that write the first buffer, over these buffers; all of the arena holds `LIVE`s once inputs are there. */
async function watched(buffers: readonly Placed[]) {
  const program = await handProgram(1);
  const values = buffers.map((_, index) => index as ValueId);
  const planned: Program = {
    ...program,
    arenaBytes: ARENA_BYTES,
    steps: program.steps.map(step => ({ ...step, writes: values.slice(0, 1) })),
    plan: {
      ...program.plan,
      problem: { buffers },
      buffers: buffers.map(({ scratch = false }, index) =>
        scratch ? { kind: 'scratch', values: [] } : { kind: 'activation', values: [index as ValueId] },
      ),
      result: {
        ...program.plan.result,
        solution: { offsets: buffers.map(({ at }) => at), height: ARENA_BYTES },
      },
    },
  };
  const memory = new ArrayBuffer(ARENA_BYTES + GUARD_BYTES);
  const sanitizer = new Sanitizer(planned, memory, 0);
  sanitizer.begin();
  const words = new Float32Array(memory);
  words.fill(LIVE, 0, ARENA_BYTES / 4);
  sanitizer.inputsWritten();
  /** by word of the arena: 'live' where it still holds what was there */
  const found = () => Array.from(words.slice(0, ARENA_BYTES / 4), word => (word === LIVE ? 'live' : 'dead'));
  return { sanitizer, words, found };
}

const words = (live: number, from = 0): string[] =>
  Array.from({ length: ARENA_BYTES / 4 }, (_, word) =>
    word >= from && word < from + live ? 'live' : 'dead',
  );

test('what was read for the last time is dead, also where another buffer will be', async () => {
  const { sanitizer, found } = await watched([
    { id: 'kept', lower: 0, upper: 3, size: 8, at: 0 },
    { id: 'over', lower: 0, upper: 1, size: 8, at: 8 },
    { id: 'later', lower: 1, upper: 3, size: 8, at: 8 },
  ]);
  sanitizer.stepped(0);
  expect(found()).toEqual(words(2));
});

test('of a buffer with a gap only what the next step needs is live', async () => {
  const gaps = [{ lower: 1, upper: 2, window: { from: 4, to: 12 } }];
  const { sanitizer, found } = await watched([{ id: 'a', lower: 0, upper: 3, size: 16, at: 0, gaps }]);
  sanitizer.stepped(0);
  expect(found()).toEqual(words(2, 1));
});

test('what lies within another buffer does not end that', async () => {
  const { sanitizer, found } = await watched([
    { id: 'outer', lower: 0, upper: 3, size: 16, at: 0 },
    { id: 'inner', lower: 0, upper: 3, size: 4, at: 4 },
  ]);
  sanitizer.stepped(0);
  expect(found()).toEqual(words(4));
});

test('a step may write its scratch, and nothing behind the arena', async () => {
  const { sanitizer, words } = await watched([
    { id: 'a', lower: 0, upper: 3, size: 8, at: 0 },
    { id: 'scratch', lower: 0, upper: 1, size: 8, at: 8, scratch: true },
  ]);
  words[2] = 1;
  sanitizer.stepped(0);
  expect(sanitizer.faults).toEqual([]);
  // No byte of it is that of the pattern.
  words[ARENA_BYTES / 4] = -1.1;
  sanitizer.stepped(1);
  expect(sanitizer.faults).toMatchObject([{ step: 1, buffer: 'no buffer', byte: ARENA_BYTES }]);
});
