import { describe, expect, it } from 'vitest';
import { indexGraph } from '../../../renderer/state/derived/graph-index.ts';
import { stackOf } from '../../../renderer/timeline/stacks.ts';
import { GRAPH, PLAN } from '../support/made-up.ts';

const index = indexGraph(GRAPH);
const sums = (by: 'operator' | 'scope', plan = PLAN): readonly number[] =>
  plan.liveBytes.map((_, step) =>
    (stackOf(plan, index, by) ?? []).reduce((sum, series) => sum + (series.bytes[step] ?? 0), 0),
  );

describe('the split total', () => {
  it('adds up to the total, by operator and by scope', () => {
    expect(sums('operator')).toEqual(PLAN.liveBytes);
    expect(sums('scope')).toEqual(PLAN.liveBytes);
  });

  it('is not split where nobody asks', () => {
    expect(stackOf(PLAN, index, 'total')).toBeUndefined();
  });

  it('names operators, the largest at the peak first', () => {
    expect(stackOf(PLAN, index, 'operator')?.map(series => series.name)).toEqual(['Relu', 'Graph inputs']);
  });

  it('names the outermost scopes that tell tensors apart', () => {
    const nodes = GRAPH.nodes.map(node => ({ ...node, name: `model/layer${node.id}/op` }));
    const scoped = stackOf(PLAN, indexGraph({ ...GRAPH, nodes }), 'scope') ?? [];
    expect(scoped.map(series => series.name)).toContain('model/layer3');
  });

  it('counts shared bytes once', () => {
    const liveBytes = PLAN.liveBytes.map(bytes => bytes / 2);
    expect(sums('operator', { ...PLAN, liveBytes })).toEqual(liveBytes);
  });
});
