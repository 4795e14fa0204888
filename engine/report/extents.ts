// What plans and reports say of tensors whose shape only a run tells: planned at their capacity, `≤ 100`, beside the
// extent they turned out to have.

import type { ModelSummary, TensorSummary } from './types/model.ts';
import type { RunReport } from './types/run.ts';

/** Tensors of the imported graph that are planned at a capacity. */
export const boundedTensors = ({ graph }: Pick<ModelSummary, 'graph'>): readonly TensorSummary[] =>
  graph.tensors.filter(({ bounded }) => bounded?.includes(true));

/** '[≤ 100, 4]'; '?' where nothing is known. */
export function capacityText({ shape, bounded }: Pick<TensorSummary, 'shape' | 'bounded'>): string {
  if (!shape) return '?';
  return `[${shape.map((extent, axis) => (bounded?.[axis] ? `≤ ${extent}` : extent)).join(', ')}]`;
}

/** Per tensor id: the shape it had in a run, where the run tells. */
export const extentsOf = ({
  extents = [],
}: Pick<RunReport, 'extents'>): ReadonlyMap<number, readonly number[]> =>
  new Map(extents.map(({ tensor, shape }) => [tensor, shape]));
