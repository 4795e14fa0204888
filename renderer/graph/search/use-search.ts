// The hits of a query. Words are looked for at once; a regular expression in a worker, which is ended if it takes too
// long: it may be one that never ends.

import { useEffect, useMemo, useRef, useState } from 'react';
import { type Found, type Query, type SearchIndex, search } from './search.ts';
import type { SearchMessage, SearchReply } from './search.worker.ts';

const LONGEST_MS = 1000;
const NOTHING: Found = { hits: [], total: 0 };

export function useSearch(index: SearchIndex, query: Query, limit: number): Found {
  const words = useMemo(() => (query.regex ? undefined : search(index, query, limit)), [index, query, limit]);
  const [found, setFound] = useState(NOTHING);
  const searcher = useRef<Searcher>(undefined);
  useEffect(() => {
    if (!query.regex) return;
    searcher.current ??= new Searcher();
    return searcher.current.ask(index, query, limit, setFound);
  }, [index, query, limit]);
  useEffect(() => () => searcher.current?.end(), []);
  return words ?? found;
}

/** One worker that has the index; another takes its place when it is stuck. */
class Searcher {
  #worker: Worker | undefined;
  #index: SearchIndex | undefined;
  #next = 0;

  /** Tells the hits, or that they take too long. The returned function ends the wait, and the search if it is stuck. */
  ask(index: SearchIndex, query: Query, limit: number, tell: (found: Found) => void): () => void {
    const worker = this.#started(index);
    const id = this.#next++;
    const begun = performance.now();
    let answered = false;
    const listen = ({ data }: MessageEvent<SearchReply>): void => {
      if (data.id !== id) return;
      done();
      tell(data.found);
    };
    const done = (): void => {
      answered = true;
      clearTimeout(timer);
      worker.removeEventListener('message', listen);
    };
    const timer = setTimeout(() => {
      done();
      this.end();
      tell({ ...NOTHING, problem: 'Takes too long on this graph: repetitions within repetitions do.' });
    }, LONGEST_MS);
    worker.addEventListener('message', listen);
    worker.postMessage({ kind: 'query', id, query, limit } satisfies SearchMessage);
    return () => {
      if (answered) return;
      done();
      if (performance.now() - begun > LONGEST_MS / 4) this.end();
    };
  }

  end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #started(index: SearchIndex): Worker {
    if (this.#worker && this.#index === index) return this.#worker;
    this.end();
    this.#worker = new Worker(new URL('./search.worker.ts', import.meta.url), { type: 'module' });
    this.#index = index;
    this.#worker.postMessage({ kind: 'index', index } satisfies SearchMessage);
    return this.#worker;
  }
}
