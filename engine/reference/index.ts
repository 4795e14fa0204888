// The one table of reference functions, by operator.

import { ATTENTION } from './attention.ts';
import { BIT_WEIGHTS } from './bit-weights.ts';
import { BOUNDED } from './bounded.ts';
import type { Reference, References } from './call.ts';
import { CAST } from './cast.ts';
import { CONTAINER } from './container.ts';
import { CONTROL } from './control.ts';
import { CONVOLUTION } from './convolution.ts';
import { DETECTION } from './detection.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { ENCODERS } from './encoders.ts';
import { GATHER } from './gather.ts';
import { GENERATOR } from './generator.ts';
import { LINEAR_MODELS } from './linear-models.ts';
import { MATMUL } from './matmul.ts';
import { MOVEMENT } from './movement.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOLING } from './pooling.ts';
import { QUANTIZATION } from './quantization.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import { RESIZE } from './resize.ts';
import { SAMPLING } from './sampling.ts';
import { SIGNAL } from './signal.ts';
import { TEXT } from './text.ts';
import { TRAINING } from './training.ts';
import { TREES } from './trees.ts';

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
