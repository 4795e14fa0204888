// What random models are made of: a step per operator family, with random operands and attributes. A step that stands
// in its list more than once is taken as much more often.

import { ELEMENTWISE } from './elementwise-steps.ts';
import { MOVEMENT } from './movement-steps.ts';
import { PRODUCTS } from './product-steps.ts';
import { QUANTISED } from './quantised-steps.ts';
import type { Step } from './random-model.ts';
import { REDUCING } from './reduction-steps.ts';
import { SEQUENCES } from './sequence-steps.ts';

/** A run-time shape: what follows is bounded. */
const found: Step = m => {
  const x = m.value(
    ({ dtype, shape }, exact) => exact && (dtype === 'bool' || dtype === 'int64') && shape.length > 0,
  );
  return x && { op: 'NonZero', inputs: [x], exact: true };
};

export const STEPS: readonly Step[] = [
  ...[...ELEMENTWISE, ...REDUCING, ...PRODUCTS, ...MOVEMENT, ...QUANTISED, ...SEQUENCES],
];

/** The same and values whose extents are known only at run time. */
export const DYNAMIC_STEPS: readonly Step[] = [...STEPS, found, found];
