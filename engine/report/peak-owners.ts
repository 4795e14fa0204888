// Who owns the peak: what is live in the step that needs the most memory, the largest first. Pure.

import type { PlanTensor, PlanView } from './types/plan.ts';

/** A tensor that is live where the most is. */
export interface PeakOwner {
  readonly tensor: PlanTensor;
  /** of what is live in that step, 0 to 1 */
  readonly share: number;
  /** the step that writes it; none for what the caller brings */
  readonly writer?: number;
  readonly lastReader?: number;
}

/** What lives in the step of a plan's peak, with its share of all that does. */
export function peakOwnersOf({ tensors, peakStep }: PlanView): readonly PeakOwner[] {
  const live = tensors.filter(({ lower, upper }) => lower <= peakStep && peakStep < upper);
  const total = live.reduce((sum, { bytes }) => sum + bytes, 0);
  return live
    .toSorted((a, b) => b.bytes - a.bytes || a.id - b.id)
    .map((tensor): PeakOwner => {
      const lastReader = tensor.readers.at(-1);
      return {
        tensor,
        share: total === 0 ? 0 : tensor.bytes / total,
        ...(tensor.writer !== undefined && { writer: tensor.writer }),
        ...(lastReader !== undefined && { lastReader }),
      };
    });
}
