import { describe, expect, it } from 'vitest';
import { indexGraph } from '../../../renderer/state/graph-index.ts';
import { neighboursOf, reachedFrom } from '../../../renderer/state/trace.ts';
import { GRAPH } from '../support/made-up.ts';

const index = indexGraph(GRAPH);

describe('following the graph', () => {
  it('goes to all readers and to all makers', () => {
    expect(neighboursOf(index, 1, 'outputs')).toEqual([2, 3]);
    expect(neighboursOf(index, 4, 'inputs')).toEqual([2, 3]);
    expect(neighboursOf(index, 0, 'inputs')).toEqual([]);
  });

  it('reaches everything before or after, each once', () => {
    expect(reachedFrom(index, [4], 'inputs')).toEqual([4, 2, 3, 1, 0]);
    expect(reachedFrom(index, [2], 'outputs')).toEqual([2, 4]);
  });
});
