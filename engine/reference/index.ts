// The one table of reference functions, by operator.

import type { Reference, References } from './call.ts';
import { ENCODERS } from './classical/encoders.ts';
import { LINEAR_MODELS } from './classical/linear-models.ts';
import { TEXT } from './classical/text.ts';
import { TREES } from './classical/trees.ts';
import { BOUNDED } from './control/bounded.ts';
import { CONTAINER } from './control/container.ts';
import { CONTROL } from './control/control.ts';
import { CAST } from './elementwise/cast.ts';
import { ELEMENTWISE } from './elementwise/elementwise.ts';
import { QUANTIZATION } from './elementwise/quantization.ts';
import { DETECTION } from './images/detection.ts';
import { RESIZE } from './images/resize.ts';
import { SAMPLING } from './images/sampling.ts';
import { ATTENTION } from './layers/attention.ts';
import { CONVOLUTION } from './layers/convolution.ts';
import { NORMALIZATION } from './layers/normalization.ts';
import { POOLING } from './layers/pooling.ts';
import { RECURRENT } from './layers/recurrent.ts';
import { BIT_WEIGHTS } from './linear-algebra/bit-weights.ts';
import { MATMUL } from './linear-algebra/matmul.ts';
import { SIGNAL } from './linear-algebra/signal.ts';
import { GATHER } from './movement/gather.ts';
import { GENERATOR } from './movement/generator.ts';
import { MOVEMENT } from './movement/movement.ts';
import { REDUCTION } from './reduction.ts';
import { TRAINING } from './training.ts';

/** Every operator that can be interpreted. */
export const REFERENCES: References = {
  ...CAST,
  ...CONVOLUTION,
  ...BOUNDED,
  ...CONTROL,
  ...QUANTIZATION,
  ...BIT_WEIGHTS,
  ...RECURRENT,
  ...ATTENTION,
  ...TRAINING,
  ...SIGNAL,
  ...TEXT,
  ...SAMPLING,
  ...DETECTION,
  ...CONTAINER,
  ...TREES,
  ...ENCODERS,
  ...LINEAR_MODELS,
  ...ELEMENTWISE,
  ...GATHER,
  ...GENERATOR,
  ...MATMUL,
  ...MOVEMENT,
  ...NORMALIZATION,
  ...POOLING,
  ...REDUCTION,
  ...RESIZE,
};

/** Undefined for an operator that nothing defines: models with it can be looked at, not run. */
export const findReference = (op: string): Reference | undefined => REFERENCES[op];
