import { describe, expect, it } from 'vitest';
import type { OpenDimension } from '../../../../engine/report/types/model.ts';
import { type Answers, refuse } from '../../support/fake-bridge.ts';
import { SUMMARY } from '../../support/made-up.ts';
import { madeUpApp, SIX } from '../../support/made-up-app.ts';

async function opened(answers: Answers = {}) {
  const app = madeUpApp(answers);
  await app.actions.open(SIX);
  return { ...app, given: () => app.shown().inputs.given.get('A') };
}
const picked = { file: new File(['x'], 'a.npy'), path: 'a.npy' };

describe('giving a file for an input', () => {
  it('takes one that fits', async () => {
    const { actions, given, bridge } = await opened();
    expect(await actions.giveFile('A', picked)).toBeUndefined();
    expect(given()).toMatchObject({ label: 'a.npy', found: { shape: [25] } });
    expect(bridge.asked.find(({ name }) => name === 'input')?.body).toMatchObject({ input: { name: 'A' } });
    actions.giveRandom('A');
    expect(given()).toBeUndefined();
  });

  it('says so where its values were converted', async () => {
    const facts = { dtype: 'float32', from: 'float64', shape: [25] };
    const { actions, given } = await opened({ input: () => facts });
    expect(await actions.giveFile('A', picked)).toBeUndefined();
    expect(given()?.label).toBe('a.npy, float64 as float32');
  });

  it('says what was expected and found of one that does not, and gives nothing', async () => {
    const { actions, given, store } = await opened({ input: () => ({ dtype: 'float32', shape: [5, 5] }) });
    expect(await actions.giveFile('A', picked)).toBe('Expected float32 25, found float32 5×5.');
    expect(given()).toBeUndefined();
    expect(store.getState().notices).toEqual([]);
  });

  it('says what is wrong with one that cannot be read', async () => {
    const { actions, given, store } = await opened({ input: () => refuse('expected a TensorProto') });
    expect(await actions.giveFile('A', picked)).toBe('here: expected a TensorProto');
    expect(given()).toBeUndefined();
    expect(store.getState().notices).toEqual([]);
  });

  it('binds an open dimension to what it has', async () => {
    const open: OpenDimension = { key: 'N', inputs: [{ name: 'A', axis: 0 }], reason: 'unbound' };
    const bound: Record<string, number>[] = [];
    const { actions, given } = await opened({
      open: ({ dims }) => {
        bound.push(dims ?? {});
        const graph = {
          ...SUMMARY.graph,
          tensors: SUMMARY.graph.tensors.map(tensor => ({ ...tensor, declared: ['N'] })),
        };
        return { model: `m${bound.length}`, summary: { ...SUMMARY, graph, dimensions: [open] } };
      },
    });
    expect(await actions.giveFile('A', picked)).toBeUndefined();
    expect(bound.at(-1)).toEqual({ N: 25 });
    expect(given()).toMatchObject({ label: 'a.npy' });
  });
});
