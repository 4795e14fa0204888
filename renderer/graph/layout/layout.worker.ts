// Runs one layout off the page's thread. The page ends the worker to cancel it.

import { type NestedInput, nestedLayout } from './nested.ts';
import { packed } from './packed-layout.ts';

self.onmessage = (event: MessageEvent<NestedInput>) => {
  const layout = packed(nestedLayout(event.data));
  self.postMessage(layout, { transfer: [layout.points.buffer, layout.starts.buffer] });
};
