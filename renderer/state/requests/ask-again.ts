// An engine that ended may have done so in other work: what does no harm twice is asked once more of the one that is
// started in its place.

import { type AppStore, errorOf } from '../store.ts';

/** The answer, or how asking failed; without a connection nobody is there to ask. */
export const askAgain = <T>(store: AppStore, ask: () => Promise<T>): Promise<T> =>
  ask().catch((failure: unknown) =>
    errorOf(failure).id === 'engine-lost' && store.getState().connected ? ask() : Promise.reject(failure),
  );
