// All that kernels' constants are packed with, as selection asks for it.

import type { Packing } from '../../../select/packing.ts';
import * as bits from './bits.ts';
import * as pack from './pack.ts';
import * as pairs from './pairs.ts';
import * as taps from './taps.ts';
import * as winograd from './winograd.ts';

export const PACKING: Packing = { ...pack, ...bits, ...pairs, ...taps, ...winograd };
