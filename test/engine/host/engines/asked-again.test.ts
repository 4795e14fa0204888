// What waited in an engine process while the worker of another request was ended by force.

import { expect, test } from 'vitest';
import type { EngineHost } from '../../../../engine/host/engines/engine-link.ts';
import { Engines } from '../../../../engine/host/engines/engines.ts';
import { withSession } from '../../../../engine/host/engines/measure.ts';
import { compileOptions } from '../../../../engine/options.ts';
import { standInHost } from '../../../support/stand-in-engine.ts';

/**
 * Processes that lose the requests at these places of what is asked, as when a worker was ended, and answer all
 * others.
 */
const losing = (asked: string[], ...places: readonly number[]): EngineHost =>
  standInHost(({ tell }) => ({ id, name }) => {
    const isLost = places.includes(asked.length);
    asked.push(name);
    if (isLost) tell({ kind: 'restarted', reason: 'a cancelled request did not end' });
    const error = { id: 'engine-lost', message: 'restarted' };
    tell(isLost ? { kind: 'error', id, error } : { kind: 'reply', id, body: { answered: name } });
  });

const sample = { kind: 'sample', name: 'six-tensors' } as const;

test('opening goes on', async () => {
  const asked: string[] = [];
  const engines = new Engines(() => {}, losing(asked, 0));
  await expect(engines.open(sample, {})).resolves.toMatchObject({ summary: { answered: 'open' } });
  expect(asked).toEqual(['open', 'open']);
});

test('planning goes on, with its model opened again', async () => {
  const asked: string[] = [];
  const engines = new Engines(() => {}, losing(asked, 1));
  const { model } = await engines.open(sample, {});
  const report = engines.call('compile', { model, options: compileOptions.parse({}) });
  await expect(report).resolves.toEqual({ answered: 'compile' });
  expect(asked).toEqual(['open', 'compile', 'open', 'compile']);
});

test('a model that is opened again, and once more, is open then', async () => {
  const asked: string[] = [];
  const engines = new Engines(() => {}, losing(asked, 1, 2));
  const { model } = await engines.open(sample, {});
  const body = { model, options: compileOptions.parse({}) };
  await engines.call('compile', body);
  await engines.call('compile', body);
  expect(asked).toEqual(['open', 'compile', 'open', 'open', 'compile', 'compile']);
});

test('a run that waits goes on, with its model opened again', async () => {
  const asked: string[] = [];
  const engines = new Engines(() => {}, losing(asked, 1));
  const { model } = await engines.open(sample, {});
  const options = compileOptions.parse({ simd: '128' });
  const inputs = { kind: 'seeded', seed: 1 } as const;
  await withSession(engines, { model, options, inputs }, {}, async (_child, _session, prepared) => {
    expect(prepared).toEqual({ answered: 'prepare' });
  });
  expect(asked.slice(0, 4)).toEqual(['open', 'prepare', 'open', 'prepare']);
});

test('what every process knows is asked of the next when one ends', async () => {
  const ends: ((reason: string) => void)[] = [];
  const host = standInHost(({ tell, end }) => {
    const isFirst = ends.length === 0;
    ends.push(end);
    if (!isFirst) queueMicrotask(() => tell({ kind: 'ready', facts: { cores: 3 } }));
    return ({ id }) => {
      if (!isFirst) tell({ kind: 'reply', id, body: [] });
    };
  });
  const engines = new Engines(() => {}, host);
  const answers = Promise.all([engines.facts(), engines.samples()]);
  for (const end of ends) end('the engine ended (SIGKILL)');
  expect(await answers).toEqual([{ cores: 3 }, []]);
});
