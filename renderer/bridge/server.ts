// The bridge to the local server: messages over one WebSocket, files by upload, saving as a download.
// A lost connection fails what was pending, is announced, and is tried again until it is back.

import type { ClientMessage } from '../../engine/protocol.ts';
import type { Bridge } from './bridge.ts';
import { download } from './download.ts';
import { joinFrames } from './joined-frames.ts';
import { createRequests } from './requests.ts';
import { CONNECTION_LOST, upload } from './upload.ts';

const RETRY_MS = 1000;

/**
 * The way to an engine through a local server at `origin`, connected anew whenever it is lost: what was asked before
 * fails, what is asked meanwhile waits.
 */
export function createServerBridge(origin: string): Bridge {
  const queue: ClientMessage[] = [];
  let socket: WebSocket | undefined;
  const requests = createRequests(message => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    else queue.push(message);
  });

  const connect = (): void => {
    socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/ws`);
    socket.onopen = () => {
      requests.announce({ kind: 'connection', connected: true });
      for (const message of queue.splice(0)) socket?.send(JSON.stringify(message));
    };
    const take = joinFrames(requests.shown, requests.receive);
    socket.onmessage = event => take(String(event.data));
    socket.onclose = () => {
      queue.length = 0;
      requests.failAll(CONNECTION_LOST);
      requests.announce({ kind: 'connection', connected: false });
      // A server that was started anew has other cookies. Trying goes on: its address may be opened in another tab.
      void isRefused(origin).then(refused => {
        if (refused) requests.announce({ kind: 'connection', connected: false, refused });
        setTimeout(connect, RETRY_MS);
      });
    };
  };
  connect();

  return {
    request: requests.request,
    subscribe: requests.subscribe,
    sourceOf: (files, entry, control) => upload(origin, files, entry, control),
    // Requests are small, files are not: it takes the way of files.
    sourceOfMade: (fileName, bytes, control) => {
      const made = { file: new File([bytes], fileName), path: fileName };
      return upload(origin, [made], made, control);
    },
    save: async file => download(file),
  };
}

/** Whether a server answers there, and lets this browser in no more. */
const isRefused = async (origin: string): Promise<boolean> =>
  fetch(`${origin}/`, { cache: 'no-store' }).then(
    ({ status }) => status === FORBIDDEN,
    () => false,
  );
const FORBIDDEN = 403;
