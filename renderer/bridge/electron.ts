// The bridge inside Electron: messages through the preload, files as paths, saving through the system's dialog.

import type { Bridge, ElectronApi } from './bridge.ts';
import { createRequests } from './requests.ts';

/** The way to an engine through the preload script of the desktop shell. */
export function createElectronBridge(api: ElectronApi): Bridge {
  const requests = createRequests(message => {
    if (message.kind === 'request') api.request(message);
    else api.cancel(message.id);
  });
  api.onMessage(message => requests.receive(requests.shown(message)));
  return {
    request: requests.request,
    subscribe: requests.subscribe,
    // External data is found beside the model, so the path of the model is enough.
    sourceOf: async (_files, entry) => ({ kind: 'path', path: api.pathForFile(entry.file) }),
    // It has no path, and messages may be large here.
    sourceOfMade: async (_fileName, bytes) => ({ kind: 'npy', base64: base64Of(bytes) }),
    save: async file => {
      await api.save(file);
    },
    desktop: api,
  };
}

/** btoa takes text, and String.fromCharCode not too many arguments. */
function base64Of(bytes: Uint8Array): string {
  const PART = 2 ** 15;
  let text = '';
  for (let at = 0; at < bytes.length; at += PART)
    text += String.fromCharCode(...bytes.subarray(at, at + PART));
  return btoa(text);
}
