import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BridgeEvent } from '../../../renderer/bridge/bridge.ts';
import { createServerBridge } from '../../../renderer/bridge/server.ts';

/** The sockets that were asked for; none ever opens. */
const sockets: { onclose?: () => void }[] = [];

beforeEach(() => {
  sockets.length = 0;
  vi.useFakeTimers();
  vi.stubGlobal(
    'WebSocket',
    class {
      onclose?: () => void;
      constructor() {
        sockets.push(this);
      }
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function lostWith(answer: () => Promise<{ status: number }>): Promise<BridgeEvent[]> {
  vi.stubGlobal('fetch', answer);
  const events: BridgeEvent[] = [];
  createServerBridge('http://127.0.0.1:1').subscribe(event => events.push(event));
  sockets[0]?.onclose?.();
  await vi.advanceTimersByTimeAsync(2000);
  return events;
}

test('a server that knows this browser no more is told from one that is gone, and both are tried again', async () => {
  const lost = { kind: 'connection', connected: false };
  expect(await lostWith(async () => ({ status: 403 }))).toEqual([lost, { ...lost, refused: true }]);
  expect(sockets).toHaveLength(2);
  sockets.length = 0;
  expect(await lostWith(() => Promise.reject(new TypeError('no answer')))).toEqual([lost]);
  expect(sockets).toHaveLength(2);
  sockets.length = 0;
  expect(await lostWith(async () => ({ status: 200 }))).toEqual([lost]);
});
