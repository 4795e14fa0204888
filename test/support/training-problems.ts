// Large placement problems as training makes them: results of the way forward wait for the way back, last made first
// used; beside them lie short-lived temporaries, and state that lives all the time.

import type { Buffer, Problem } from '../../engine/planner/types.ts';
import { seededRandom } from '../../engine/random.ts';

export interface Training {
  readonly buffers: number;
  /** share of buffers that wait for the way back */
  readonly kept: number;
  /** ratio of large sizes to small ones, as a power of two */
  readonly spread: number;
  /** share of buffers whose size many others have */
  readonly alike: number;
}

/** The same for the same seed. Sizes are multiples of 512 bytes, and many are alike. */
export function trainingProblem(seed: number, { buffers: count, kept, spread, alike }: Training): Problem {
  const random = seededRandom(seed);
  const steps = count;
  // Few are large.
  const anySize = (): number => 512 * Math.ceil(2 ** (spread * random() ** 2));
  const shapes = Array.from({ length: 40 }, anySize);
  const size = (): number =>
    random() < alike ? (shapes[Math.floor(random() * shapes.length)] ?? 512) : anySize();
  const buffers = Array.from({ length: count }, (_, b): Buffer => {
    const lower = Math.floor(random() * (steps - 1));
    const id = `b${b}`;
    if (random() < 0.01) return { id, lower: 0, upper: steps, size: size() };
    const middle = steps / 2;
    if (lower < middle && random() < 2 * kept) {
      const back = Math.round(steps - lower + (random() - 0.5) * 40);
      return { id, lower, upper: Math.min(steps, Math.max(lower + 1, back)), size: size() };
    }
    const life = 1 + Math.floor(steps ** (0.8 * random() ** 1.5));
    return { id, lower, upper: Math.min(steps, lower + life), size: size() };
  });
  return { buffers };
}
