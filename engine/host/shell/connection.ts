// One page's side of the protocol, the same for every shell: requests are validated on arrival, looked up in one
// table, and answered by the engines or by the shell. A page's models are closed when it goes.

import path from 'node:path';
import type { z } from 'zod';
import { defaultThreads } from '../../options.ts';
import {
  clientMessage,
  type GivenInput,
  type ModelSource,
  REQUESTS,
  type Replies,
  type RequestName,
  type RequestOf,
  type ServerMessage,
} from '../../protocol.ts';
import { exportFile, needsRun } from '../../report/exports/export-file.ts';
import { stepTimesOf } from '../../report/what-if/report.ts';
import { keptPrograms } from '../cache/kept-programs.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { EngineSource, InputSource } from '../engines/engine-requests.ts';
import type { Engines } from '../engines/engines.ts';
import { measure } from '../engines/measure.ts';
import { badInput, cancelled, toProtocolError } from '../failure.ts';
import { describeIssues } from '../validation.ts';
import { GENERATOR } from '../version.ts';
import type { KeptRuns } from './kept-runs.ts';

/** What differs between shells. */
export interface Shell {
  readonly kind: 'electron' | 'server';
  /** keeps what the page uploaded before it was loaded again; unknown where nothing is uploaded */
  readonly hold?: (upload: string) => void;
  /** the folder that may be browsed */
  readonly root?: string;
  /** what a page opens first */
  readonly initial?: ModelSource;
  /** of all pages: one that is loaded again asks for its runs by their ids */
  readonly runs: KeptRuns;
  /** A source as a page names it → what an engine opens. Throws bad-input for what the page may not open. */
  readonly resolve: (source: ModelSource) => Promise<EngineSource>;
  /** of a folder below `root`, or of the one where browsing begins */
  readonly browse: (folder?: string) => Promise<Replies['browse']>;
  readonly recent: () => Promise<Replies['recent']>;
  /** a model was opened: remember it */
  readonly opened: (source: EngineSource) => Promise<void>;
}

export interface Connection {
  /** a message from the page, not yet validated */
  readonly receive: (message: unknown) => void;
  readonly close: () => void;
}

type Handlers = {
  readonly [N in RequestName]: (body: RequestOf<N>, control: CallControl) => Promise<Replies[N]>;
};

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

/** What a page gives for inputs, as an engine reads it; the others are made from the seed. */
async function inputSource(shell: Shell, given: readonly GivenInput[], seed: number): Promise<InputSource> {
  if (given.length === 0) return { kind: 'seeded', seed };
  const files = await Promise.all(
    given.map(async ({ name, source }) => {
      if (source.kind === 'npy') return { name, path: `${name}.npy`, npy: source.base64 };
      const resolved = await shell.resolve(source);
      if (resolved.kind !== 'path') throw badInput('expected a file for an input, found a sample', name);
      return { name, path: resolved.path };
    }),
  );
  return { kind: 'files', files, seed };
}

function createHandlers(engines: Engines, shell: Shell, models: Set<string>): Handlers {
  const { runs } = shell;
  return {
    async machine() {
      const { cpu, cores, node, v8 } = await engines.facts();
      const { kind, root, initial } = shell;
      return {
        cpu,
        cores,
        defaultThreads: defaultThreads(cores),
        node,
        v8,
        simd: engines.simd,
        shell: kind,
        ...(root !== undefined && { root }),
        ...(initial && { initial }),
      };
    },

    samples: () => engines.samples(),

    async open({ source, dims }, control) {
      const resolved = await shell.resolve(source);
      const opened = await engines.open(resolved, dims, control);
      if (control.signal?.aborted) {
        // It was there just when nobody wanted it any more, or the page had gone: nobody else would close it.
        await engines.close(opened.model);
        throw cancelled();
      }
      models.add(opened.model);
      if (source.kind === 'path') await shell.opened(resolved);
      return opened;
    },

    async close({ model }) {
      models.delete(model);
      await engines.close(model);
      return {};
    },

    async hold({ uploads }) {
      for (const upload of uploads) shell.hold?.(upload);
      return {};
    },

    async input({ model, input }, control) {
      const source = await inputSource(shell, [input], 0);
      const [file] = source.kind === 'files' ? source.files : [];
      if (!file) throw new Error('one input was given, and none is there');
      return engines.exclusively(async lease => {
        if (file.npy === undefined) lease.reading(engines.bestSimd, path.dirname(file.path));
        const child = await lease.child(engines.bestSimd, model, control);
        return child.call('input', { model, file }, control);
      }, control.signal);
    },

    compile: (body, control) => engines.call('compile', body, control),

    async whatIf({ run: id, ...body }, control) {
      const run = id === undefined ? undefined : runs.get(id, 'run');
      const times = stepTimesOf(run?.steps ?? []);
      return engines.call('whatIf', { ...body, times }, control);
    },

    async run({ model, options, against, iterations, check, groupErrors, seed, inputs: given }, control) {
      const variants = against ? [options, against] : [options];
      const inputs = await inputSource(shell, given, seed);
      const reports = await measure(
        engines,
        { model, variants, iterations, check, groupErrors, inputs, peak: iterations > 1 },
        control,
      );
      runs.keep(reports);
      return { runs: reports };
    },

    runs: async ({ ids }) => ({ runs: runs.among(ids) }),

    tensor: (body, control) => engines.call('tensor', body, control),

    weights: (body, control) => engines.weights(body, control),

    npy: (body, control) => engines.call('npy', body, control),

    code: (body, control) => engines.call('code', body, control),

    async export({ model, what, options, runs: wanted }, control) {
      const reports = wanted.map(id => runs.get(id, 'runs'));
      if (needsRun(what) && reports.length === 0)
        throw badInput('expected at least one run to export, found none', 'runs');
      const compile = await engines.call('compile', { model, options }, control);
      const summary = engines.summaryOf(model);
      const source = { generator: GENERATOR, model: summary, compile, runs: reports };
      const { fileName, mime, content } = exportFile(what, source);
      if (typeof content === 'string') return { fileName, mime, text: content };
      return { fileName, mime, text: Buffer.from(content).toString('base64'), encoding: 'base64' };
    },

    browse: ({ folder }) => shell.browse(folder),

    recent: () => shell.recent(),

    cache: async ({ clear }) => keptPrograms(clear),
  };
}
