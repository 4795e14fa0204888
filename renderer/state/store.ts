// The store, and the two ways to change it that everything else is made of: a patch, and a patch of one model.
// Also jobs (work with progress that can be cancelled) and notices (what the user must be told).

import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ProtocolError } from '../../engine/protocol.ts';
import { type RequestControl, RequestFailure } from '../bridge/bridge.ts';
import { type AppState, FIRST_STATE, type Job, type Notice, type OpenModel } from './app-state.ts';

export type AppStore = StoreApi<AppState>;

/** A store with nothing open; `initial` is what is remembered from earlier starts. */
export const createAppStore = (initial: Partial<AppState> = {}): AppStore =>
  createStore<AppState>(() => ({ ...FIRST_STATE, ...initial }));

/** Applies `change` to the model if it is still open. */
export function updateModel(store: AppStore, id: string, change: (model: OpenModel) => OpenModel): void {
  store.setState(state => ({ models: state.models.map(model => (model.id === id ? change(model) : model)) }));
}

let nextId = 1;

/** More would cover what one is looking at. */
const MOST_NOTICES = 3;

/** Tells something; in the place of the same told before, but for what that could still take back. */
export function notify(store: AppStore, notice: Omit<Notice, 'id'>): void {
  store.setState(({ notices }) => {
    const others = notices.filter(told => told.undo || !saysSame(told, notice));
    return { notices: [...others, { ...notice, id: nextId++ }].slice(-MOST_NOTICES) };
  });
}

type Said = Pick<Notice, 'severity' | 'title' | 'where' | 'message'>;

const saysSame = (a: Said, b: Said): boolean =>
  a.severity === b.severity && a.title === b.title && a.where === b.where && a.message === b.message;

/** Tells about a failure, unless the user asked for it by cancelling: whoever lets cancel says so itself. */
export function notifyFailure(store: AppStore, title: string, error: ProtocolError): void {
  if (error.id === 'cancelled') return;
  const where = error.where === undefined ? {} : { where: error.where };
  notify(store, { severity: 'error', title, message: error.message, ...where });
}

/** A RequestFailure's error; anything else is a bug of ours and goes on its way. */
export function errorOf(failure: unknown): ProtocolError {
  if (failure instanceof RequestFailure) return failure.error;
  throw failure;
}

/** A job in the background that is only shown when it takes longer than `afterMs`: what is quick does not flicker. */
export function jobAfter(
  store: AppStore,
  afterMs: number,
  about: Pick<Job, 'title' | 'cancel'> & { readonly model: string },
): { readonly progress: NonNullable<RequestControl['onProgress']>; readonly end: () => void } {
  const id = nextId++;
  let last = { what: '', done: 0, of: 0 };
  const timer = setTimeout(
    () => store.setState(state => ({ jobs: [...state.jobs, { id, ...about, background: true, ...last }] })),
    afterMs,
  );
  return {
    progress: progress => {
      const { what, done, of } = progress;
      last = { what, done, of };
      store.setState(state => ({
        jobs: state.jobs.map(job => (job.id === id ? { ...job, what, done, of } : job)),
      }));
    },
    end: () => {
      clearTimeout(timer);
      store.setState(state => ({ jobs: state.jobs.filter(job => job.id !== id) }));
    },
  };
}

/**
 * Runs `work` as a job with progress and cancel. Failures and being cancelled become a notice with `title`;
 * the result is undefined then. A failure of work on a `model` that is closed by then interests nobody.
 */
export async function runJob<T>(
  store: AppStore,
  title: string,
  work: (control: Required<RequestControl>) => Promise<T>,
  model?: string,
): Promise<T | undefined> {
  const id = nextId++;
  const abort = new AbortController();
  const about = model === undefined ? {} : { model };
  const job = { id, ...about, title, what: '', done: 0, of: 0, cancel: () => abort.abort() };
  store.setState(state => ({ jobs: [...state.jobs, job] }));
  const onProgress: NonNullable<RequestControl['onProgress']> = ({ what, done, of }) =>
    store.setState(state => ({
      jobs: state.jobs.map(job => (job.id === id ? { ...job, what, done, of } : job)),
    }));
  const failed = `${title} failed`;
  const cancelled = `${title} was cancelled`;
  try {
    const result = await work({ onProgress, signal: abort.signal });
    // It works now: that it once did not is of no more interest.
    store.setState(state => ({
      notices: state.notices.filter(notice => notice.title !== failed && notice.title !== cancelled),
    }));
    return result;
  } catch (failure) {
    const error = errorOf(failure);
    const isOpen = model === undefined || store.getState().models.some(({ id }) => id === model);
    if (error.id === 'cancelled' && isOpen) {
      notify(store, { severity: 'info', title: cancelled, message: 'Nothing of it was kept.' });
    } else if (isOpen) notifyFailure(store, failed, error);
    return undefined;
  } finally {
    store.setState(state => ({ jobs: state.jobs.filter(job => job.id !== id) }));
  }
}
