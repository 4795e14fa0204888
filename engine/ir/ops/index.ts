// The one table of operators: by name and opset version.

import { AFFINE_EXPANSIONS } from '../composites/affine-grid.ts';
import { ATTENTION_COMPOSITES, ATTENTION_EXPANSIONS } from '../composites/attention.ts';
import { CLASSICAL_COMPOSITES } from '../composites/classical.ts';
import type { Expansion } from '../composites/composer.ts';
import { type Composite, definitionOf } from '../composites/composite.ts';
import { FOURIER_EXPANSIONS } from '../composites/fourier.ts';
import { gridSample } from '../composites/grid-sample.ts';
import { GROUPED_QUERY_COMPOSITES } from '../composites/grouped-query.ts';
import { INDEXING_EXPANSIONS } from '../composites/indexing.ts';
import { LAYOUT_COMPOSITES } from '../composites/layout.ts';
import { LEGACY_COMPOSITES, LEGACY_EXPANSIONS } from '../composites/legacy.ts';
import { MOVEMENT_EXPANSIONS } from '../composites/movement.ts';
import { NORMALIZATION_COMPOSITES, NORMALIZATION_EXPANSIONS } from '../composites/normalization.ts';
import { POOLING_EXPANSIONS } from '../composites/pooling.ts';
import { QUANTISED_COMPOSITES } from '../composites/quantised.ts';
import { REDUCTION_EXPANSIONS } from '../composites/reduction.ts';
import { RESIZE_EXPANSIONS } from '../composites/resize.ts';
import { ROI_EXPANSIONS } from '../composites/roi-align.ts';
import { TREE_EXPANSIONS } from '../composites/trees.ts';
import { CLASSICAL } from './classical/classical.ts';
import { TEXT } from './classical/text.ts';
import { TREES } from './classical/trees.ts';
import { BOUNDED } from './control/bounded.ts';
import { CONTAINER } from './control/container.ts';
import { CONTROL } from './control/control.ts';
import type { OperatorDefinition } from './definition.ts';
import { CAST } from './elementwise/cast.ts';
import { ELEMENTWISE } from './elementwise/elementwise.ts';
import { NARROW_FLOAT } from './elementwise/narrow-float.ts';
import { QUANTIZATION } from './elementwise/quantization.ts';
import { IMAGE } from './images/image.ts';
import { ATTENTION } from './layers/attention.ts';
import { CONVOLUTION } from './layers/convolution.ts';
import { NORMALIZATION } from './layers/normalization.ts';
import { POOLING } from './layers/pooling.ts';
import { RECURRENT } from './layers/recurrent.ts';
import { MATMUL } from './linear-algebra/matmul.ts';
import { SIGNAL } from './linear-algebra/signal.ts';
import { GATHER } from './movement/gather.ts';
import { GENERATOR } from './movement/generator.ts';
import { MOVEMENT } from './movement/movement.ts';
import { REDUCTION } from './reduction.ts';
import { TRAINING } from './training.ts';

const FAMILIES: readonly (readonly OperatorDefinition[])[] = [
  CAST,
  CLASSICAL,
  CONVOLUTION,
  BOUNDED,
  NARROW_FLOAT,
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

const COMPOSITES: readonly (readonly Composite[])[] = [
  ATTENTION_COMPOSITES,
  CLASSICAL_COMPOSITES,
  GROUPED_QUERY_COMPOSITES,
  LAYOUT_COMPOSITES,
  LEGACY_COMPOSITES,
  NORMALIZATION_COMPOSITES,
  QUANTISED_COMPOSITES,
];

/** Expansions of operators that have facts of their own. */
const EXPANSIONS: Readonly<Record<string, Expansion>> = {
  ...AFFINE_EXPANSIONS,
  ...ATTENTION_EXPANSIONS,
  ...FOURIER_EXPANSIONS,
  GridSample: gridSample,
  ...INDEXING_EXPANSIONS,
  ...LEGACY_EXPANSIONS,
  ...MOVEMENT_EXPANSIONS,
  ...NORMALIZATION_EXPANSIONS,
  ...POOLING_EXPANSIONS,
  ...REDUCTION_EXPANSIONS,
  ...RESIZE_EXPANSIONS,
  ...ROI_EXPANSIONS,
  ...TREE_EXPANSIONS,
};

const withExpansion = (definition: OperatorDefinition): OperatorDefinition => {
  const expand = EXPANSIONS[definition.op];
  return expand ? { ...definition, expand } : definition;
};

/** Every operator known, for overviews and tests. */
export const OPERATORS: readonly OperatorDefinition[] = [
  ...FAMILIES.flat().map(withExpansion),
  ...COMPOSITES.flat().map(composite => definitionOf(composite, findOperator)),
];

const BY_NAME = Map.groupBy(OPERATORS, definition => definition.op);

/** 'Conv' in the default domain, 'com.microsoft.FusedConv' elsewhere; undefined when we do not know it. */
export function findOperator(op: string, version: number): OperatorDefinition | undefined {
  return BY_NAME.get(op)?.find(({ since, until }) => version >= since && version <= until);
}
