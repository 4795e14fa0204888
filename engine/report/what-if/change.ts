// A change of the plan of a model: what the planner's search needs of it, and what people are told.

import type { Change } from '../../planner/what-if/what-if.ts';
import type { GivenStep } from './given-schedule.ts';
import type { WhatIfKind } from './types.ts';

export interface ModelChange extends Change {
  readonly kind: WhatIfKind;
  readonly title: string;
  /** tensors it concerns, by id */
  readonly tensors: readonly number[];
  /** steps it concerns, and how often more than once each of them is computed: 0.1 is a tenth more */
  readonly again: readonly { readonly step: GivenStep; readonly share: number }[];
  readonly trafficBytes: number;
}

/** Work of a change that computes nothing again but needs code of its own: more than none, less than any other. */
export const NEXT_TO_NOTHING = 1e-3;

/** What a change computes in addition, in multiply-adds. */
export function multiplyAddsOf({ again }: Pick<ModelChange, 'again'>): number {
  return Math.round(again.reduce((sum, { step, share }) => sum + share * step.multiplyAdds, 0));
}
