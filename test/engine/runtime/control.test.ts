import { expect, test } from 'vitest';
import { Control, controlBytes } from '../../../engine/runtime/control.ts';

const THREADS = 2;
const STEPS = 3;

/** Two workers' views of the same words. */
function workers(): [Control, Control] {
  const memory = new SharedArrayBuffer(controlBytes(STEPS, THREADS));
  return [new Control(memory, 0, STEPS, THREADS), new Control(memory, 0, STEPS, THREADS)];
}

test('every share of a stage is computed once', () => {
  const [first, second] = workers();
  const open = first.open(5);
  expect(second.awaitStage(0)).toEqual(open);
  expect(second.claim(1, open)).toBe(true);
  expect([first.claim(0, open), first.claim(1, open), second.claim(0, open)]).toEqual([true, false, false]);
  first.finish(0, open);
  second.finish(1, open);
  first.complete(open);
});

test('a worker that comes late finds the stage over', () => {
  const [first, second] = workers();
  const open = first.open(0);
  const late = second.awaitStage(0);
  for (const share of [0, 1]) {
    expect(first.claim(share, open)).toBe(true);
    first.finish(share, open);
  }
  first.complete(open);
  const next = first.open(1);
  expect(late && [second.claim(0, late), second.claim(1, late)]).toEqual([false, false]);
  expect(second.claim(1, next)).toBe(true);
});

test('who waits for a worker that failed hears why', () => {
  const [first, second] = workers();
  const open = first.open(0);
  first.claim(0, open);
  second.claim(1, open);
  first.finish(0, open);
  second.fail('division by zero');
  expect(() => first.complete(open)).toThrow('division by zero');
});

test('nothing comes after the end', () => {
  const [first, second] = workers();
  first.exit();
  expect(second.awaitStage(0)).toBeUndefined();
});
