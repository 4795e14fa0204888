// The one table of operators: by name and opset version.

import { ATTENTION } from './attention.ts';
import { CAST } from './cast.ts';
import { CONTAINER } from './container.ts';
import { CONTROL } from './control.ts';
import { CONVOLUTION } from './convolution.ts';
import type { OperatorDefinition } from './definition.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { GATHER } from './gather.ts';
import { GENERATOR } from './generator.ts';
import { IMAGE } from './image.ts';
import { MATMUL } from './matmul.ts';
import { MOVEMENT } from './movement.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOLING } from './pooling.ts';
import { QUANTIZATION } from './quantization.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import { SIGNAL } from './signal.ts';
import { TEXT } from './text.ts';
import { TRAINING } from './training.ts';
import { TREES } from './trees.ts';

const FAMILIES: readonly (readonly OperatorDefinition[])[] = [
  CAST,
  CONVOLUTION,
  CONTROL,
  QUANTIZATION,
  RECURRENT,
  ATTENTION,
  TRAINING,
  SIGNAL,
  TEXT,
  CONTAINER,
  TREES,
  ELEMENTWISE,
  GATHER,
  GENERATOR,
  IMAGE,
  MATMUL,
  MOVEMENT,
  NORMALIZATION,
  POOLING,
  REDUCTION,
];

const BY_NAME = Map.groupBy(FAMILIES.flat(), definition => definition.op);

/** 'Conv' in the default domain, 'com.microsoft.FusedConv' elsewhere; undefined when we do not know it. */
export function findOperator(op: string, version: number): OperatorDefinition | undefined {
  return BY_NAME.get(op)?.find(({ since, until }) => version >= since && version <= until);
}

/** Every operator known, for overviews and tests. */
export const OPERATORS: readonly OperatorDefinition[] = FAMILIES.flat();
