// What every request of a page comes to, in one table: most go to the engines, some are the shell's own.

import path from 'node:path';
import { defaultThreads } from '../../options.ts';
import type { GivenInput, Replies, RequestName, RequestOf } from '../../protocol.ts';
import { exportFile, needsRun } from '../../report/exports/export-file.ts';
import { stepTimesOf } from '../../report/what-if/report.ts';
import { keptPrograms } from '../cache/kept-programs.ts';
import type { CallControl } from '../engines/engine-child.ts';
import type { InputSource } from '../engines/engine-requests.ts';
import type { Engines } from '../engines/engines.ts';
import { measure } from '../engines/measure.ts';
import { badInput, cancelled } from '../failure.ts';
import { GENERATOR } from '../version.ts';
import type { Shell } from './shell.ts';

/** A function for every request: it resolves with the reply, or rejects with what the page is told. */
export type Handlers = {
  readonly [N in RequestName]: (body: RequestOf<N>, control: CallControl) => Promise<Replies[N]>;
};

/** `models`: those that the page has open, kept up here. Requests are validated before they come. */
export function createHandlers(engines: Engines, shell: Shell, models: Set<string>): Handlers {
  return {
    ...shellHandlers(engines, shell),
    ...modelHandlers(engines, shell, models),
    ...runHandlers(engines, shell),
    samples: () => engines.samples(),
    compile: (body, control) => engines.call('compile', body, control),
    tensor: (body, control) => engines.call('tensor', body, control),
    weights: (body, control) => engines.weights(body, control),
    npy: (body, control) => engines.call('npy', body, control),
    code: (body, control) => engines.call('code', body, control),
  };
}

/** What the shell knows and keeps. */
function shellHandlers(
  engines: Engines,
  shell: Shell,
): Pick<Handlers, 'machine' | 'hold' | 'browse' | 'recent' | 'cache'> {
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

    async hold({ uploads }) {
      for (const upload of uploads) shell.hold?.(upload);
      return {};
    },

    browse: ({ folder }) => shell.browse(folder),

    recent: () => shell.recent(),

    cache: async ({ clear }) => keptPrograms(clear),
  };
}

/** Models that come and go, and what is given to their inputs. */
function modelHandlers(
  engines: Engines,
  shell: Shell,
  models: Set<string>,
): Pick<Handlers, 'open' | 'close' | 'input'> {
  return {
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
  };
}

/** Runs, which the shell keeps, and what is asked about them afterwards. */
function runHandlers(engines: Engines, shell: Shell): Pick<Handlers, 'run' | 'runs' | 'whatIf' | 'export'> {
  return {
    async run({ model, options, against, iterations, check, groupErrors, seed, inputs: given }, control) {
      const variants = against ? [options, against] : [options];
      const inputs = await inputSource(shell, given, seed);
      const reports = await measure(
        engines,
        { model, variants, iterations, check, groupErrors, inputs, peak: iterations > 1 },
        control,
      );
      shell.runs.keep(reports);
      return { runs: reports };
    },

    runs: async ({ ids }) => ({ runs: shell.runs.among(ids) }),

    async whatIf({ run: id, ...body }, control) {
      const run = id === undefined ? undefined : shell.runs.get(id, 'run');
      const times = stepTimesOf(run?.steps ?? []);
      return engines.call('whatIf', { ...body, times }, control);
    },

    async export({ model, what, options, runs: wanted, numbers, compared }, control) {
      const reports = wanted.map(id => shell.runs.get(id, 'runs'));
      if (needsRun(what) && reports.length === 0)
        throw badInput('expected at least one run to export, found none', 'runs');
      const compile = await engines.call('compile', { model, options }, control);
      const summary = engines.summaryOf(model);
      const called = new Map(wanted.flatMap((id, at) => (numbers[at] ? [[id, numbers[at]] as const] : [])));
      const source = {
        generator: GENERATOR,
        model: summary,
        compile,
        runs: reports,
        numbers: called,
        compared,
      };
      const { fileName, mime, content } = exportFile(what, source);
      if (typeof content === 'string') return { fileName, mime, text: content };
      return { fileName, mime, text: Buffer.from(content).toString('base64'), encoding: 'base64' };
    },
  };
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
