// Hyperbolic tangent in f32 as a rational function of relative error 7·10⁻⁹ (own fit, Lawson's algorithm).
// Error below 5.5 ulp; exact signs of zero; ±1 from |x| = 9.02.

import type { Value, Vectors } from '../vector/vector.ts';
import { oddRational } from './odd-rational.ts';

const P = [
  1, 0.13083156943321228, 0.0031030012760311365, 1.1144245036120992e-5, -2.018387235125374e-8,
  5.2577091985694935e-11, -8.435814574008285e-14,
];
const Q = [1, 0.4641648530960083, 0.024491380900144577, 0.00025447504594922066];

/** f32; 5.5 ulp. */
export const tanh = (v: Vectors, x: Value): Value => oddRational(v, x, 9.02, P, Q);
