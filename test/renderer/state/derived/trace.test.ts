import { describe, expect, it } from 'vitest';
import { indexGraph } from '../../../../renderer/state/derived/graph-index.ts';
import {
  neighboursOf,
  nextAlong,
  reachedFrom,
  traced,
  type Way,
} from '../../../../renderer/state/derived/trace.ts';
import type { Selection } from '../../../../renderer/state/selection.ts';
import { GRAPH } from '../../support/made-up.ts';
import { madeUpApp, SIX } from '../../support/made-up-app.ts';

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

describe('what is selected, traced', () => {
  async function tracedFrom(selection: Selection | undefined, way: Way): Promise<Selection | undefined> {
    const { actions, shown } = madeUpApp();
    await actions.open(SIX);
    if (selection) actions.select(selection);
    return traced(shown(), way).selection;
  }

  it('is named by what it starts from', async () => {
    const node = { kind: 'node', id: 2 } as const;
    expect(await tracedFrom(node, 'outputs')).toEqual({
      kind: 'nodes',
      id: 'Depends on node2',
      nodes: [2, 4],
    });
    const some = { kind: 'nodes', id: 'both', nodes: [2, 3] } as const;
    expect(await tracedFrom(some, 'inputs')).toMatchObject({ id: 'Leads to both', nodes: [2, 3, 1, 0] });
  });

  it('begins with who makes or reads a tensor', async () => {
    const tensor = { kind: 'tensor', id: 2 } as const;
    expect(await tracedFrom(tensor, 'inputs')).toMatchObject({ id: 'Leads to C', nodes: [1, 0] });
    expect(await tracedFrom(tensor, 'outputs')).toMatchObject({ id: 'Depends on C', nodes: [2, 3, 4] });
  });

  it('is nothing where nothing is selected, or nothing leads there', async () => {
    expect(await tracedFrom(undefined, 'inputs')).toBeUndefined();
    expect(await tracedFrom({ kind: 'tensor', id: 0 }, 'inputs')).toBeUndefined();
  });
});

describe('one node on', () => {
  async function nextFrom(selection: Selection, way: Way): Promise<Selection | undefined> {
    const { actions, shown } = madeUpApp();
    await actions.open(SIX);
    actions.select(selection);
    return nextAlong(shown(), way);
  }

  it('goes from a node or a tensor to the first maker or reader', async () => {
    expect(await nextFrom({ kind: 'node', id: 4 }, 'inputs')).toEqual({ kind: 'node', id: 2 });
    expect(await nextFrom({ kind: 'node', id: 1 }, 'outputs')).toEqual({ kind: 'node', id: 2 });
    expect(await nextFrom({ kind: 'tensor', id: 4 }, 'inputs')).toEqual({ kind: 'node', id: 3 });
    expect(await nextFrom({ kind: 'tensor', id: 2 }, 'outputs')).toEqual({ kind: 'node', id: 2 });
  });

  it('stays where nothing follows, and with what is neither', async () => {
    expect(await nextFrom({ kind: 'node', id: 4 }, 'outputs')).toEqual({ kind: 'node', id: 4 });
    expect(await nextFrom({ kind: 'step', id: 1 }, 'inputs')).toEqual({ kind: 'step', id: 1 });
  });
});
