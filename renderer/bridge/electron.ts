// The bridge inside Electron: messages through the preload, files as paths, saving through the system's dialog.

import type { Bridge, ElectronApi } from './bridge.ts';
import { download } from './download.ts';
import { createRequests } from './requests.ts';

export function createElectronBridge(api: ElectronApi): Bridge {
  const requests = createRequests(message => {
    if (message.kind === 'request') api.request(message);
    else api.cancel(message.id);
  });
  api.onMessage(requests.receive);
  return {
    request: requests.request,
    subscribe: requests.subscribe,
    // External data is found beside the model, so the path of the model is enough.
    sourceOf: async (_files, entry) => ({ kind: 'path', path: api.pathForFile(entry.file) }),
    save: async file => {
      // The shell writes text; other files are downloads.
      if (file.encoding) download(file);
      else await api.save(file);
    },
  };
}
