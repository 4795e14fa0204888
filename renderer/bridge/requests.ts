// Requests over any channel of messages: numbers them, matches replies, forwards progress and cancellation.
// Invariant: every promise handed out settles, by a reply, an error, or the loss of the channel.
// Names are made visible on their way in, and are the real ones again on their way out.

import type { ClientMessage, ProtocolError, RequestName, ServerMessage } from '../../engine/protocol.ts';
import { type Bridge, type BridgeEvent, type RequestControl, RequestFailure } from './bridge.ts';
import { real, visible, visibleReply } from './visible-names.ts';

interface Pending {
  readonly name: RequestName;
  readonly resolve: (body: never) => void;
  readonly reject: (failure: RequestFailure) => void;
  readonly control: RequestControl;
  readonly release: () => void;
}

export interface Requests {
  readonly request: Bridge['request'];
  readonly subscribe: Bridge['subscribe'];
  /** a message that has arrived, with its names made visible: work that grows with it, and may be done beforehand */
  readonly shown: (message: ServerMessage) => ServerMessage;
  /** every message goes through here, as it is shown */
  readonly receive: (message: ServerMessage) => void;
  readonly announce: (event: BridgeEvent) => void;
  /** the channel is gone: what was asked on it will not be answered */
  readonly failAll: (error: ProtocolError) => void;
}

/** `send` puts one message on the channel; it may queue until the channel is open. */
export function createRequests(send: (message: ClientMessage) => void): Requests {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: BridgeEvent) => void>();
  let nextId = 1;

  const take = (id: number): Pending | undefined => {
    const entry = pending.get(id);
    if (!entry) return undefined;
    pending.delete(id);
    entry.release();
    return entry;
  };
  const announce = (event: BridgeEvent): void => {
    for (const listener of listeners) listener(event);
  };

  const request: Bridge['request'] = (name, body, control = {}) => {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const { signal } = control;
      if (signal?.aborted) {
        reject(new RequestFailure({ id: 'cancelled', message: 'cancelled' }));
        return;
      }
      // The engine answers a cancelled request with an error, so the promise stays open until then.
      const cancel = (): void => send({ kind: 'cancel', id });
      signal?.addEventListener('abort', cancel, { once: true });
      pending.set(id, {
        name,
        resolve,
        reject,
        control,
        release: () => signal?.removeEventListener('abort', cancel),
      });
      send({ kind: 'request', id, name, body: real(body) });
    });
  };

  const shown = (message: ServerMessage): ServerMessage => {
    switch (message.kind) {
      case 'progress':
        return visible(message);
      case 'reply': {
        const asked = pending.get(message.id);
        return asked ? { ...message, body: visibleReply(asked.name, message.body) } : message;
      }
      case 'error':
        return { ...message, error: visible(message.error) };
      default:
        return message;
    }
  };

  const receive = (message: ServerMessage): void => {
    switch (message.kind) {
      case 'progress':
        pending.get(message.id)?.control.onProgress?.(message);
        break;
      case 'reply':
        take(message.id)?.resolve(message.body as never);
        break;
      case 'error':
        take(message.id)?.reject(new RequestFailure(message.error));
        break;
      default:
        announce(message);
    }
  };

  return {
    request,
    shown,
    receive,
    announce,
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    failAll: error => {
      for (const id of [...pending.keys()]) take(id)?.reject(new RequestFailure(error));
    },
  };
}
