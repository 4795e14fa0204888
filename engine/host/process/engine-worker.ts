// Entry of the engine worker: validates a request, looks its handler up, answers. One request at a time.

import module from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { z } from 'zod';
import type { ServerMessage } from '../../protocol.ts';
import { ProgramCache } from '../cache/program-cache.ts';
import { readMeasured } from '../cache/tuning-file.ts';
import { ENGINE_REQUESTS, type EngineRequestName } from '../engines/engine-requests.ts';
import { badInput, cancelled, toProtocolError } from '../failure.ts';
import { describeIssues } from '../validation.ts';
import { createHandlers } from './engine-handlers.ts';
import type { Work } from './work.ts';

interface Request {
  readonly id: number;
  readonly name: string;
  readonly body: unknown;
}

const { cancel, tuningFile, programs } = workerData as {
  readonly cancel: Int32Array;
  readonly tuningFile?: string;
  readonly programs?: string;
};
const measured = tuningFile === undefined ? {} : readMeasured(tuningFile);
/** Everything goes on without what could not be kept, only slower. */
const refused = (reason: string): void => console.error(`compiled programs are not kept: ${reason}`);
const handlers = createHandlers(
  programs === undefined ? undefined : new ProgramCache(programs, undefined, refused),
);

const isRequest = (name: string): name is EngineRequestName => Object.hasOwn(ENGINE_REQUESTS, name);

async function answer(request: Request): Promise<ServerMessage> {
  const { id, name, body } = request;
  const work: Work = {
    cancel,
    measured,
    progress: (what, done, of) => parentPort?.postMessage({ kind: 'progress', id, what, done, of }),
  };
  try {
    if (!isRequest(name)) throw badInput(`expected the name of a request, found "${name}"`, 'name');
    const parsed = (ENGINE_REQUESTS[name] as z.ZodType).safeParse(body);
    if (!parsed.success) throw badInput(describeIssues(parsed.error), name);
    const handler = handlers[name] as (body: unknown, work: Work) => unknown;
    return { kind: 'reply', id, body: await handler(parsed.data, work) };
  } catch (error) {
    // Whatever stopped because it was asked to is 'cancelled', however it said so.
    const stopped = Atomics.load(cancel, 0) !== 0;
    const reported = toProtocolError(stopped ? cancelled() : error);
    if (reported.id === 'internal') console.error(error);
    return { kind: 'error', id, error: reported };
  }
}

// Engines are ended without notice, so the code of modules that were new is written down at once.
module.flushCompileCache();

parentPort?.on('message', async (request: Request) => {
  parentPort?.postMessage(await answer(request));
});
