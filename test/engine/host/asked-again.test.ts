// What waited in an engine process while the worker of another request was ended by force.

import { expect, test } from 'vitest';
import type { EngineHost } from '../../../engine/host/engine-link.ts';
import { Engines } from '../../../engine/host/engines.ts';
import { compileOptions } from '../../../engine/options.ts';

/** A process that loses the first request of a name, as when its worker was ended, and answers all others. */
function losingFirst(lost: string, asked: string[]): EngineHost {
  const start: EngineHost['start'] = () => {
    let tell: (message: unknown) => void = () => {};
    return {
      pid: 1,
      kill: () => {},
      onEnd: () => {},
      onMessage: listener => {
        tell = listener;
      },
      send: message => {
        const { id, name } = message as { readonly id: number; readonly name: string };
        const isLost = name === lost && !asked.includes(name);
        asked.push(name);
        if (isLost) tell({ kind: 'restarted', reason: 'a cancelled request did not end' });
        const error = { id: 'engine-lost', message: 'restarted' };
        tell(isLost ? { kind: 'error', id, error } : { kind: 'reply', id, body: { answered: name } });
      },
    };
  };
  return { simd: ['128'], start };
}

const sample = { kind: 'sample', name: 'six-tensors' } as const;

test('opening goes on', async () => {
  const asked: string[] = [];
  const engines = new Engines(() => {}, losingFirst('open', asked));
  await expect(engines.open(sample, {})).resolves.toMatchObject({ summary: { answered: 'open' } });
  expect(asked).toEqual(['open', 'open']);
});

test('planning goes on, with its model opened again', async () => {
  const asked: string[] = [];
  const engines = new Engines(() => {}, losingFirst('compile', asked));
  const { model } = await engines.open(sample, {});
  const report = engines.call('compile', { model, options: compileOptions.parse({}) });
  await expect(report).resolves.toEqual({ answered: 'compile' });
  expect(asked).toEqual(['open', 'compile', 'open', 'compile']);
});
