// Tries regular expressions off the page's thread: one that goes back and forth for ever is ended with the worker.

import { type Found, type Query, type SearchIndex, search } from './search.ts';

export type SearchMessage =
  | { readonly kind: 'index'; readonly index: SearchIndex }
  | { readonly kind: 'query'; readonly id: number; readonly query: Query; readonly limit: number };

export interface SearchReply {
  readonly id: number;
  readonly found: Found;
}

let index: SearchIndex = { entries: [] };

self.onmessage = ({ data }: MessageEvent<SearchMessage>) => {
  if (data.kind === 'index') index = data.index;
  else self.postMessage({ id: data.id, found: search(index, data.query, data.limit) } satisfies SearchReply);
};
