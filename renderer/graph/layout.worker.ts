// Runs one layout off the page's thread. The page ends the worker to cancel it.

import { type NestedInput, nestedLayout } from './nested.ts';

self.onmessage = (event: MessageEvent<NestedInput>) => {
  self.postMessage(nestedLayout(event.data));
};
