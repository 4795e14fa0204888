import { describe, expect, it } from 'vitest';
import type { ClientMessage } from '../../../engine/protocol.ts';
import { type BridgeEvent, RequestFailure } from '../../../renderer/bridge/bridge.ts';
import { createRequests } from '../../../renderer/bridge/requests.ts';
import { firstOptions } from '../../../renderer/state/settings.ts';

function setUp() {
  const sent: ClientMessage[] = [];
  return { sent, requests: createRequests(message => sent.push(message)) };
}

describe('requests', () => {
  it('are matched with their replies by id', async () => {
    const { sent, requests } = setUp();
    const first = requests.request('samples', {});
    const second = requests.request('recent', {});
    expect(sent.map(message => message.kind === 'request' && message.name)).toEqual(['samples', 'recent']);
    requests.receive(requests.shown({ kind: 'reply', id: sent[1]?.id ?? 0, body: ['second'] }));
    requests.receive(requests.shown({ kind: 'reply', id: sent[0]?.id ?? 0, body: ['first'] }));
    expect(await first).toEqual(['first']);
    expect(await second).toEqual(['second']);
  });

  it('show what is hidden in names, and send back the real ones', async () => {
    const { sent, requests } = setUp();
    const opened = requests.request('open', { source: { kind: 'sample', name: 'x' }, dims: {} });
    const node = { name: '\u202Egnp.exe', doc: 'two\nlines', inputs: [1, null] };
    const body = { model: 'm', summary: { nodes: [node], dims: { 'a\nb': 2 } } };
    requests.receive(requests.shown({ kind: 'reply', id: sent[0]?.id ?? 0, body }));
    expect(await opened).toEqual({
      model: 'm',
      summary: { nodes: [{ ...node, name: '⟨U+202E⟩gnp.exe' }], dims: { 'a⟨U+000A⟩b': 2 } },
    });
    void requests.request('open', { source: { kind: 'sample', name: 'x' }, dims: { 'a⟨U+000A⟩b': 3 } });
    expect(sent[1]).toMatchObject({ body: { dims: { 'a\nb': 3 } } });
  });

  it('leave files and code as they are', async () => {
    const { sent, requests } = setUp();
    const asked = requests.request('code', { model: 'm', options: firstOptions(undefined), group: 'g' });
    const body = { text: 'a\nb\u202e', moduleBytes: 1 };
    requests.receive(requests.shown({ kind: 'reply', id: sent[0]?.id ?? 0, body }));
    expect(await asked).toBe(body);
  });

  it('report progress until they are answered', async () => {
    const { sent, requests } = setUp();
    const seen: number[] = [];
    const asked = requests.request('samples', {}, { onProgress: ({ done }) => seen.push(done) });
    const id = sent[0]?.id ?? 0;
    requests.receive(requests.shown({ kind: 'progress', id, what: 'x', done: 1, of: 2 }));
    requests.receive(requests.shown({ kind: 'reply', id, body: [] }));
    requests.receive(requests.shown({ kind: 'progress', id, what: 'x', done: 2, of: 2 }));
    await asked;
    expect(seen).toEqual([1]);
  });

  it('reject with what the engine says', async () => {
    const { sent, requests } = setUp();
    const asked = requests.request('samples', {});
    const error = { id: 'bad-input', message: 'expected a, found b', where: 'here' } as const;
    requests.receive(requests.shown({ kind: 'error', id: sent[0]?.id ?? 0, error }));
    await expect(asked).rejects.toMatchObject({ error });
  });

  it('cancel in the engine, and settle when it answers', async () => {
    const { sent, requests } = setUp();
    const abort = new AbortController();
    const asked = requests.request('samples', {}, { signal: abort.signal });
    abort.abort();
    expect(sent.at(-1)).toEqual({ kind: 'cancel', id: sent[0]?.id });
    requests.receive(
      requests.shown({ kind: 'error', id: sent[0]?.id ?? 0, error: { id: 'cancelled', message: '' } }),
    );
    await expect(asked).rejects.toBeInstanceOf(RequestFailure);
  });

  it('are not even sent when they were cancelled before', async () => {
    const { sent, requests } = setUp();
    const asked = requests.request('samples', {}, { signal: AbortSignal.abort() });
    await expect(asked).rejects.toMatchObject({ error: { id: 'cancelled' } });
    expect(sent).toEqual([]);
  });

  it('all fail when the channel is lost', async () => {
    const { requests } = setUp();
    const asked = [requests.request('samples', {}), requests.request('recent', {})];
    requests.failAll({ id: 'engine-lost', message: 'gone' });
    for (const one of asked) await expect(one).rejects.toMatchObject({ error: { id: 'engine-lost' } });
  });

  it('pass on what is no answer, until the subscription ends', () => {
    const { requests } = setUp();
    const seen: BridgeEvent[] = [];
    const end = requests.subscribe(event => seen.push(event));
    requests.receive(requests.shown({ kind: 'restarted', reason: 'crash' }));
    end();
    requests.receive(requests.shown({ kind: 'restarted', reason: 'again' }));
    expect(seen).toEqual([{ kind: 'restarted', reason: 'crash' }]);
  });
});
