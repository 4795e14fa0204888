// The engine processes of one shell: one per SIMD class in use, started on demand, started again when they end.
// Models keep their names: a process that does not have a model yet opens it before it is asked about it.

import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { SimdClass } from '../../options.ts';
import type { ModelSummary } from '../../report/types/model.ts';
import { badInput, cancelled, Failure } from '../failure.ts';
import { foldersFor, realOr, unlinked } from '../files/unlinked.ts';
import { WAITING } from '../waiting.ts';
import { type CallControl, EngineChild } from './engine-child.ts';
import { type EngineHost, nodeHost } from './engine-link.ts';
import type { EngineFacts, EngineReplies, EngineRequestOf, EngineSource } from './engine-requests.ts';
import { type ProcessClass, processClassOf } from './simd-classes.ts';

interface KnownModel {
  readonly source: EngineSource;
  readonly dims: Readonly<Record<string, number>>;
  readonly summary: ModelSummary;
  /** where the last probe ran, which is where its captured values are */
  probedIn?: ProcessClass;
}

/** Exclusive use of engine processes: nobody replaces them, and no other run disturbs the times. */
export interface Lease {
  child(simd: SimdClass, model: string, control?: CallControl): Promise<EngineChild>;
  /** a process that may read a folder, for what needs no model opened before */
  reading(simd: SimdClass, folder: string): EngineChild;
}

/** All processes of one shell, and the names of the models that are open in them. */
export class Engines {
  readonly simd: readonly SimdClass[];
  readonly #host: EngineHost;
  readonly #children = new Map<ProcessClass, EngineChild>();
  readonly #models = new Map<string, KnownModel>();
  readonly #readable = new Set<string>();
  readonly #restarted: (reason: string) => void;
  /** ends when the work that uses the processes exclusively has ended */
  #turn: Promise<unknown> = Promise.resolve();
  /** how many have such work, or wait for their turn */
  #exclusive = 0;

  /** `restarted` hears when an engine ended by itself: runs in it are lost, models are opened again when needed. */
  constructor(restarted: (reason: string) => void = () => {}, host: EngineHost = nodeHost()) {
    this.#restarted = restarted;
    this.#host = host;
    this.simd = host.simd;
  }

  /** The best class here: what runs default to, and where models are opened. */
  get bestSimd(): SimdClass {
    return this.simd.at(-1) ?? '128';
  }

  /** Lets engines read a folder. Those that run without the right are replaced when they are next needed. */
  allow(folder: string): void {
    this.#readable.add(realOr(path.resolve(folder)));
  }

  facts(): Promise<EngineFacts> {
    return this.#ofAny(child => child.facts);
  }

  async open(
    named: EngineSource,
    dims: Readonly<Record<string, number>>,
    control?: CallControl,
  ): Promise<{ readonly model: string; readonly summary: ModelSummary }> {
    const model = `model-${randomUUID()}`;
    const processClass = processClassOf(this.bestSimd);
    const source: EngineSource = named.kind === 'path' ? { kind: 'path', path: unlinked(named.path) } : named;
    const folders = foldersOf(source);
    for (const folder of folders) this.allow(folder);
    const running = this.#child(processClass);
    const child = folders.every(folder => covers(running.readable, folder))
      ? running
      : await this.exclusively(async () => this.#childReading(processClass, folders), control?.signal);
    const summary = await openIn(child, { model, source, dims }, control);
    child.models.set(model, Promise.resolve());
    this.#models.set(model, { source, dims, summary });
    return { model, summary };
  }

  async close(model: string): Promise<void> {
    if (!this.#models.delete(model)) return;
    const holders = [...this.#children.values()].filter(child => !child.ended && child.models.delete(model));
    await Promise.all(holders.map(child => child.call('close', { model })));
  }

  summaryOf(model: string): ModelSummary {
    return this.#modelOf(model).summary;
  }

  /** Asks about an open model, in the process that has what is asked for. */
  async call<N extends 'compile' | 'given' | 'peaks' | 'whatIf' | 'tensor' | 'npy' | 'code'>(
    name: N,
    body: EngineRequestOf<N>,
    control?: CallControl,
  ): Promise<EngineReplies[N]> {
    const { probedIn } = this.#modelOf(body.model);
    const processClass =
      (name === 'tensor' || name === 'npy' ? probedIn : undefined) ?? processClassOf(this.bestSimd);
    const ask = async (): Promise<EngineReplies[N]> => {
      const child = await this.#childWith(processClass, body.model, control);
      return askedAgain(child, () => child.call(name, body, control), ask);
    };
    return ask();
  }

  /** Compares weights of two open models, in a process that has both. */
  weights(body: EngineRequestOf<'weights'>, control?: CallControl): Promise<EngineReplies['weights']> {
    const processClass = processClassOf(this.bestSimd);
    const ask = async (): Promise<EngineReplies['weights']> => {
      await this.#childWith(processClass, body.before, control);
      const child = await this.#childWith(processClass, body.model, control);
      return askedAgain(child, () => child.call('weights', body, control), ask);
    };
    return ask();
  }

  samples(): Promise<EngineReplies['samples']> {
    return this.#ofAny(child => child.call('samples', {}));
  }

  /** Remembers where the values of a probe run are. */
  probed(model: string, simd: SimdClass): void {
    this.#modelOf(model).probedIn = processClassOf(simd);
  }

  /**
   * Does `work` when all earlier exclusive work has ended. Whoever is still waiting is told so, and can be cancelled.
   */
  exclusively<T>(
    work: (lease: Lease) => Promise<T>,
    signal?: AbortSignal,
    onProgress?: CallControl['onProgress'],
  ): Promise<T> {
    const before = this.#turn;
    if (this.#exclusive > 0) onProgress?.(WAITING, 0, 0);
    this.#exclusive++;
    const run = async (): Promise<T> => {
      await Promise.race([before, abortOf(signal)]);
      if (signal?.aborted) throw cancelled();
      return work({
        child: (simd, model, control) => {
          const processClass = this.#offered(simd);
          this.#childReading(processClass, foldersOf(this.#modelOf(model).source));
          return this.#childWith(processClass, model, control);
        },
        reading: (simd, folder) => {
          this.allow(folder);
          return this.#childReading(this.#offered(simd), [realOr(path.resolve(folder))]);
        },
      });
    };
    const turn = run();
    // Who gives up waiting does not let the next one start before its time.
    this.#turn = Promise.allSettled([before, turn]).then(() => {
      this.#exclusive--;
    });
    return turn;
  }

  stop(): void {
    for (const child of this.#children.values()) child.stop();
    this.#children.clear();
  }

  /** Pids of the processes that run, for tests that end one. */
  get pids(): readonly number[] {
    return [...this.#children.values()].flatMap(child => (child.pid === undefined ? [] : [child.pid]));
  }

  #offered(simd: SimdClass): ProcessClass {
    if (!this.simd.includes(simd)) {
      throw badInput(
        `expected one of the classes this machine has (${this.simd.join(', ')}), found ${simd}`,
        'simd',
      );
    }
    return processClassOf(simd);
  }

  #modelOf(model: string): KnownModel {
    const known = this.#models.get(model);
    if (!known) throw badInput(`expected an open model, found "${model}"`, 'model');
    return known;
  }

  #child(processClass: ProcessClass): EngineChild {
    const known = this.#children.get(processClass);
    if (known && !known.ended) return known;
    const child: EngineChild = new EngineChild(this.#host, processClass, this.#readable, reason => {
      if (child.ended && this.#children.get(processClass) === child) this.#children.delete(processClass);
      this.#restarted(reason);
    });
    this.#children.set(processClass, child);
    return child;
  }

  /** A process that may read `folders`, replacing one that may not: only for whoever has it exclusively. */
  #childReading(processClass: ProcessClass, folders: readonly string[]): EngineChild {
    const child = this.#child(processClass);
    if (folders.every(folder => covers(child.readable, folder))) return child;
    child.stop();
    this.#children.delete(processClass);
    return this.#child(processClass);
  }

  /** What every process knows, whatever is open: one that ends under it did so in other work, and the next is asked. */
  async #ofAny<T>(ask: (child: EngineChild) => Promise<T>): Promise<T> {
    const processClass = processClassOf(this.bestSimd);
    try {
      return await ask(this.#child(processClass));
    } catch (error) {
      if (!isLost(error)) throw error;
      return ask(this.#child(processClass));
    }
  }

  async #childWith(processClass: ProcessClass, model: string, control?: CallControl): Promise<EngineChild> {
    const { source, dims } = this.#modelOf(model);
    const child = this.#child(processClass);
    const { signal, onProgress } = control ?? {};
    const opening = child.models.get(model) ?? openAgain(child, { model, source, dims }, onProgress);
    await Promise.race([opening, abortOf(signal)]);
    if (signal?.aborted) throw cancelled();
    return child;
  }
}

type OpenRequest = { readonly model: string } & Omit<KnownModel, 'summary'>;

/** Without a signal: who gives up waiting does not take the model from those who wait beside them. */
function openAgain(child: EngineChild, request: OpenRequest, onProgress: CallControl['onProgress']) {
  const { models } = child;
  const opening = openIn(child, request, onProgress && { onProgress });
  models.set(request.model, opening);
  opening.then(
    // A worker that was replaced meanwhile had forgotten it; this one has it.
    () => models.set(request.model, opening),
    () => models.get(request.model) === opening && models.delete(request.model),
  );
  return opening;
}

async function openIn(
  child: EngineChild,
  request: OpenRequest,
  control?: CallControl,
): Promise<ModelSummary> {
  const { model, source, dims } = request;
  const open = () => child.call('open', { model, source, dims: { ...dims } }, control);
  try {
    return await askedAgain(child, open, open);
  } catch (error) {
    // It may have been open just when that was cancelled.
    child.call('close', { model }).catch(() => {});
    throw error;
  }
}

/**
 * What only waited while another request was ended by force is asked again: of the same process, with another worker.
 */
export async function askedAgain<T>(
  child: EngineChild,
  ask: () => Promise<T>,
  again: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (child.ended || !isLost(error)) throw error;
    return again();
  }
}

const isLost = (error: unknown): boolean => error instanceof Failure && error.id === 'engine-lost';

/** Resolves when the signal is aborted; never without one. */
function abortOf(signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) resolve();
  signal?.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

const foldersOf = (source: EngineSource): readonly string[] =>
  source.kind === 'path' ? foldersFor(source.path) : [];

function covers(readable: ReadonlySet<string>, folder: string): boolean {
  return [...readable].some(allowed => folder === allowed || folder.startsWith(allowed + path.sep));
}
