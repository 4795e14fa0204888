// What a cast into a narrow float does to numbers that go on as float32. A pass makes it; no model has it.

import { operator } from '../definition.ts';

/** Rounds float32 to the nearest number of a narrower type, which stays float32. */
export const ROUND_NARROW = 'narrow.Round';

export const NARROW_FLOAT = [
  /** each number as the type of the attribute `to`, a code of Cast's, holds it: float16 or bfloat16 */
  operator(ROUND_NARROW, { kind: 'elementwise' }),
];
