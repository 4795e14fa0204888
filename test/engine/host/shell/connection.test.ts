import { expect, test } from 'vitest';
import { Engines } from '../../../../engine/host/engines/engines.ts';
import { connect } from '../../../../engine/host/shell/connection.ts';
import { KeptRuns } from '../../../../engine/host/shell/kept-runs.ts';
import type { Shell } from '../../../../engine/host/shell/shell.ts';
import type { ServerMessage } from '../../../../engine/protocol.ts';
import { standInHost } from '../../../support/stand-in-engine.ts';

/** A page, and an engine that answers when it is told to, whatever is cancelled meanwhile. */
function setUp() {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const host = standInHost(({ tell }) => ({ id, name }) => {
    asked.push(name);
    answers.push(() => tell({ kind: 'reply', id, body: {} }));
  });
  const engines = new Engines(() => {}, host);
  const shell: Shell = {
    kind: 'server',
    runs: new KeptRuns(),
    resolve: async source => (source.kind === 'sample' ? source : expect.fail()),
    browse: async () => ({ folder: '', entries: [] }),
    recent: async () => [],
    opened: async () => {},
  };
  const told: ServerMessage[] = [];
  const page = connect(engines, shell, message => told.push(message));
  const answer = (): void => {
    for (const reply of answers.splice(0)) reply();
  };
  return { page, asked, told, answer };
}

const OPEN = { kind: 'request', id: 1, name: 'open', body: { source: { kind: 'sample', name: 'six' } } };
const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

test('a model that is open just when its page goes is closed', async () => {
  const { page, asked, answer } = setUp();
  page.receive(OPEN);
  await settled();
  page.close();
  answer();
  await settled();
  expect(asked).toEqual(['open', 'close']);
});

test('one that is open just when that is cancelled is closed, and was cancelled', async () => {
  const { page, asked, told, answer } = setUp();
  page.receive(OPEN);
  await settled();
  page.receive({ kind: 'cancel', id: 1 });
  answer();
  await settled();
  expect(asked).toEqual(['open', 'close']);
  answer();
  await settled();
  expect(told).toMatchObject([{ kind: 'error', id: 1, error: { id: 'cancelled' } }]);
});

test('a page that is gone is told nothing more: what comes after it may count its requests alike', async () => {
  const { page, told, answer } = setUp();
  page.receive({ kind: 'request', id: 1, name: 'samples', body: {} });
  page.receive({ ...OPEN, id: 2 });
  await settled();
  page.close();
  answer();
  await settled();
  expect(told).toEqual([]);
});
