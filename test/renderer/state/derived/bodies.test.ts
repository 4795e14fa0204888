import { describe, expect, it } from 'vitest';
import type { ModelSummary } from '../../../../engine/report/types/model.ts';
import { findCommand } from '../../../../renderer/state/commands/commands.ts';
import { insideOf, levelsOf } from '../../../../renderer/state/derived/bodies.ts';
import { highlightOf } from '../../../../renderer/state/selection.ts';
import { GRAPH, SUMMARY } from '../../support/made-up.ts';
import { madeUpApp, SIX } from '../../support/made-up-app.ts';

/** Node 4 has the six-tensor graph itself as a body. */
const WITH_BODY: ModelSummary = {
  ...SUMMARY,
  graph: {
    ...GRAPH,
    nodes: GRAPH.nodes.map(node =>
      node.id === 4 ? { ...node, op: 'If', subgraphs: [{ attribute: 'then_branch', graph: GRAPH }] } : node,
    ),
  },
};

async function opened() {
  const app = madeUpApp({ open: () => ({ model: 'm', summary: WITH_BODY }) });
  await app.actions.open(SIX);
  return { ...app, model: app.shown };
}

describe('bodies', () => {
  it('are entered and left, and selections in them mark nothing outside', async () => {
    const { store, actions, model } = await opened();
    actions.select({ kind: 'node', id: 4 });
    findCommand('expand')?.run(actions, store.getState());
    expect(levelsOf(model()).map(({ title }) => title)).toEqual(['six', 'If node4: then_branch']);
    const inside = insideOf(model());
    expect(inside.summary.graph).toBe(GRAPH);
    expect(insideOf(model()).summary).toBe(inside.summary);
    expect(insideOf(inside)).toBe(inside);
    actions.select({ kind: 'node', id: 1, body: inside.body ?? '' });
    const { selection } = model();
    expect(highlightOf(selection, inside.index, undefined, [], inside.body).nodes).toEqual(new Set([1]));
    expect(highlightOf(selection, model().index, undefined, []).nodes.size).toBe(0);
    findCommand('leave-body')?.run(actions, store.getState());
    expect(model().path).toEqual([]);
    expect(model().selection).toEqual({ kind: 'node', id: 4 });
  });

  it('are not entered where there is none', async () => {
    const { store, actions, model } = await opened();
    actions.select({ kind: 'node', id: 1 });
    expect(findCommand('expand')?.enabled(store.getState())).toBe(false);
    actions.enterBody(1, 'then_branch');
    expect(insideOf(model())).toBe(model());
  });
});

describe('looking at values', () => {
  it('runs once with the tensor captured, and keeps no run', async () => {
    const { bridge, actions, model } = await opened();
    await actions.probe(2);
    const { name, body } = bridge.asked.at(-1) ?? {};
    expect(name).toBe('run');
    expect(body).toMatchObject({ iterations: 1, check: 'none', options: { capture: ['C'] } });
    expect(model().probed).toMatchObject({ tensor: 2, inputs: { seed: 1 } });
    expect(model().runs).toEqual([]);
  });

  it('is offered for what a run computes only', async () => {
    const { store, actions } = await opened();
    const offered = () => findCommand('probe')?.enabled(store.getState());
    actions.select({ kind: 'tensor', id: 0 });
    expect(offered()).toBe(false);
    actions.select({ kind: 'tensor', id: 2 });
    await expect.poll(offered).toBe(true);
  });
});

it('a drawing of the graph is saved', async () => {
  const { bridge, actions } = await opened();
  await actions.exportGraph('svg');
  expect(bridge.saved).toMatchObject([{ fileName: 'six.svg' }]);
});
