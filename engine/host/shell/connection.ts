// One page's side of the protocol, the same for every shell: requests are validated on arrival, looked up in one
// table (handlers.ts), and answered by the engines or by the shell. A page's models are closed when it goes.

import type { z } from 'zod';
import { clientMessage, REQUESTS, type RequestName, type ServerMessage } from '../../protocol.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { Engines } from '../engines/engines.ts';
import { badInput, toProtocolError } from '../failure.ts';
import { describeIssues } from '../validation.ts';
import { createHandlers, type Handlers } from './handlers.ts';
import type { Shell } from './shell.ts';

export interface Connection {
  /** a message from the page, not yet validated */
  readonly receive: (message: unknown) => void;
  readonly close: () => void;
}

/** Begins to serve a page; `tell` takes messages to it, until the connection is closed. */
export function connect(engines: Engines, shell: Shell, tell: (message: ServerMessage) => void): Connection {
  let isOpen = true;
  // A page that is loaded again may be told over the same channel, and counts its requests from the start.
  const send = (message: ServerMessage): void => {
    if (isOpen) tell(message);
  };
  const underway = new Map<number, AbortController>();
  const models = new Set<string>();
  const handlers = createHandlers(engines, shell, models);

  const answer = async (id: number, name: string, body: unknown, signal: AbortSignal): Promise<void> => {
    const control: CallControl = {
      signal,
      onProgress: (what, done, of) => send({ kind: 'progress', id, what, done, of }),
    };
    try {
      send({ kind: 'reply', id, body: await handle(handlers, name, body, control) });
    } catch (error) {
      const reported = toProtocolError(error);
      if (reported.id === 'internal') console.error(error);
      send({ kind: 'error', id, error: reported });
    } finally {
      underway.delete(id);
    }
  };

  return {
    receive(message) {
      const parsed = clientMessage.safeParse(message);
      if (!parsed.success) {
        const error = toProtocolError(badInput(describeIssues(parsed.error), 'message'));
        send({ kind: 'error', id: idOf(message), error });
        return;
      }
      const { id } = parsed.data;
      if (parsed.data.kind === 'cancel') {
        underway.get(id)?.abort();
        return;
      }
      if (underway.has(id)) {
        const error = toProtocolError(badInput(`expected an id of its own, found ${id} a second time`, 'id'));
        send({ kind: 'error', id, error });
        return;
      }
      const controller = new AbortController();
      underway.set(id, controller);
      void answer(id, parsed.data.name, parsed.data.body, controller.signal);
    },
    close() {
      isOpen = false;
      for (const controller of underway.values()) controller.abort();
      for (const model of models) engines.close(model).catch(() => {});
    },
  };
}

/** The id of a message that is otherwise malformed, so that its sender hears of it; 0 when it has none. */
function idOf(message: unknown): number {
  const id = message && typeof message === 'object' && 'id' in message ? message.id : undefined;
  return typeof id === 'number' ? id : 0;
}

const isRequest = (name: string): name is RequestName => Object.hasOwn(REQUESTS, name);

async function handle(
  handlers: Handlers,
  name: string,
  body: unknown,
  control: CallControl,
): Promise<unknown> {
  if (!isRequest(name)) throw badInput(`expected the name of a request, found "${name}"`, 'name');
  const parsed = (REQUESTS[name] as z.ZodType).safeParse(body);
  if (!parsed.success) throw badInput(describeIssues(parsed.error), name);
  return (handlers[name] as (body: unknown, control: CallControl) => Promise<unknown>)(parsed.data, control);
}
