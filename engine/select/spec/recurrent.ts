// Recurrent layers: state vectors that go from step to step.

import type { Expression } from '../../fusion/types.ts';
import type { Access, BufferRef } from './access.ts';

/** One product of a state vector with recurrence weights, and what becomes of it. */
export interface RecurrentStage {
  /** the state vector that is multiplied */
  readonly source: number;
  /** products per hidden element */
  readonly products: number;
  /** hidden elements whose products are computed at once: whole vectors */
  readonly columns: number;
  /** [direction][hidden / columns][source element][product][columns], zero-filled tail (codegen/kernels/pack/pack.ts) */
  readonly weights: BufferRef;
  /** over the products, then all state vectors, then all reads; result i becomes state vector targets[i] */
  readonly expression: Expression;
  readonly targets: readonly number[];
}

/**
 * State vectors of `hidden` elements that go from step to step, for every direction and batch entry. Iteration spaces:
 * reads and write (time, direction, batch, hidden); states (direction, batch, hidden).
 */
export interface RecurrentSpec {
  readonly kind: 'recurrent';
  readonly steps: number;
  /** (batch): int32, how many steps each entry has; results behind them are 0. Left out: all */
  readonly lengths?: Access;
  readonly batch: number;
  readonly hidden: number;
  /** per direction: from the last step to the first */
  readonly reverse: readonly boolean[];
  /** batch entries that share what is read of the weights; one where they differ in steps */
  readonly batchRows: number;
  /** state vectors start at `initial`, or 0, and end in `final` */
  readonly states: readonly { readonly initial?: Access; readonly final?: Access }[];
  readonly reads: readonly Access[];
  /** run one after the other in every step */
  readonly stages: readonly RecurrentStage[];
  /** takes state vector 0 after every step */
  readonly write?: Access;
}
