import { expect, test } from 'vitest';
import { Control, controlBytes, MOST_PIECES } from '../../../engine/runtime/control.ts';

const THREADS = 2;
const STEPS = 3;

/** Two workers' views of the same words. */
function workers(): [Control, Control] {
  const memory = new SharedArrayBuffer(controlBytes(STEPS, THREADS));
  return [new Control(memory, 0, STEPS, THREADS), new Control(memory, 0, STEPS, THREADS)];
}

const FRONT = 'front';
const BACK = 'back';

test('every piece of a stage is computed once, from the front by its own worker, from the back by others', () => {
  const [first, second] = workers();
  const open = first.open(5, 3);
  expect(second.awaitStage(0)).toEqual(open);
  const claims = [
    second.claim(1, 3, FRONT, open),
    first.claim(0, 3, FRONT, open),
    first.claim(0, 3, FRONT, open),
    second.claim(0, 3, BACK, open),
    first.claim(0, 3, FRONT, open),
    first.claim(1, 3, BACK, open),
    second.claim(1, 3, FRONT, open),
    second.claim(1, 3, FRONT, open),
    first.claim(1, 3, BACK, open),
  ];
  expect(claims).toEqual([0, 0, 1, 2, undefined, 2, 1, undefined, undefined]);
  first.finish(3);
  second.finish(3);
  first.complete();
});

test('a worker that comes late finds the stage over, whatever is open meanwhile', () => {
  const [first, second] = workers();
  const open = first.open(0, 1);
  const late = second.awaitStage(0);
  for (const share of [0, 1]) expect(first.claim(share, 1, FRONT, open)).toBe(0);
  first.finish(2);
  first.complete();
  const next = first.open(1, 2);
  expect(late && [second.claim(0, 1, BACK, late), second.claim(1, 1, FRONT, late)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(second.claim(1, 2, FRONT, next)).toBe(0);
  // The other share's word is the earlier stage's still, and after that of a later one.
  expect(late && second.claim(1, 1, FRONT, late)).toBeUndefined();
});

test('shares are handed out over as many stages as there are numbers, and more', () => {
  const [first, second] = workers();
  const most = MOST_PIECES;
  for (let round = 0; round < 1.1 * 2 ** 20; round++) {
    const open = first.open(0, most);
    const found = [first.claim(0, most, FRONT, open), second.claim(0, most, BACK, open)];
    if (found[0] !== 0 || found[1] !== most - 1) expect([round, ...found]).toEqual([round, 0, most - 1]);
    if (first.claim(1, 1, FRONT, open) !== 0) expect(round).toBe('one that hands out share 1');
  }
});

test('who waits for a worker that failed hears why', () => {
  const [first, second] = workers();
  const open = first.open(0, 1);
  first.claim(0, 1, FRONT, open);
  second.claim(1, 1, FRONT, open);
  first.finish(1);
  second.fail('division by zero');
  expect(() => first.complete()).toThrow('division by zero');
});

test('nothing comes after the end', () => {
  const [first, second] = workers();
  first.exit();
  expect(second.awaitStage(0)).toBeUndefined();
});
