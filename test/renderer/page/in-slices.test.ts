import { describe, expect, it } from 'vitest';
import { atOnce, inSlices, mapped } from '../../../renderer/page/in-slices.ts';

const numbers = Array.from({ length: 1000 }, (_, place) => place);
const doubled = numbers.map(number => number * 2);

describe('work in slices', () => {
  it('gives what it gives at once', async () => {
    const steps = () => mapped(numbers, number => number * 2);
    expect(atOnce(steps())).toEqual(doubled);
    expect(await inSlices(steps(), new AbortController().signal)).toEqual(doubled);
  });

  it('lets others go first, and is not ended once aborted', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort());
    let done = 0;
    function* endless() {
      for (;;) {
        done++;
        yield;
      }
    }
    expect(await inSlices<void>(endless(), abort.signal)).toBeUndefined();
    expect(done).toBeGreaterThan(0);
  });
});
