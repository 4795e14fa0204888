// Error function in f32 as a rational function of relative error 2·10⁻⁸ (own fit, Lawson's algorithm).
// Error below 5.5 ulp; exact signs of zero; ±1 from |x| = 3.95.

import type { Value, Vectors } from '../vector/vector.ts';
import { oddRational } from './odd-rational.ts';

const P = [
  1.1283791065216064, 0.19154119491577148, 0.05287407711148262, 0.0038077279459685087, 0.00028467108495533466,
  2.02588785214175e-6,
];
const Q = [
  1, 0.5030816197395325, 0.1145557090640068, 0.01505422405898571, 0.0011706078657880425, 3.783071952057071e-5,
];

/** f32; 5.5 ulp. */
export const erf = (v: Vectors, x: Value): Value => oddRational(v, x, 3.95, P, Q);
