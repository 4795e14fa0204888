// The bridge to the local server: messages over one WebSocket, files uploaded by POST, saving as a download.
// A lost connection fails what was pending, is announced, and is tried again until it is back.

import type { ClientMessage, ModelSource, ProtocolError } from '../../engine/protocol.ts';
import { type Bridge, type PickedFile, type RequestControl, RequestFailure } from './bridge.ts';
import { download } from './download.ts';
import { joinFrames } from './joined-frames.ts';
import { createRequests } from './requests.ts';

const RETRY_MS = 1000;
const LOST: ProtocolError = { id: 'engine-lost', message: 'the connection to the local server was lost' };

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
    const take = joinFrames(requests.receive);
    socket.onmessage = event => take(String(event.data));
    socket.onclose = () => {
      queue.length = 0;
      requests.failAll(LOST);
      requests.announce({ kind: 'connection', connected: false });
      setTimeout(connect, RETRY_MS);
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

/** Streams the files to the server's private folder. Paths below the picked folder are kept: external data is
 * found by them. XMLHttpRequest, because fetch does not report the progress of what it sends. */
function upload(
  origin: string,
  files: readonly PickedFile[],
  entry: PickedFile,
  control: RequestControl = {},
): Promise<ModelSource> {
  const form = new FormData();
  for (const { file, path } of files) form.append('file', file, path);
  const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
  return new Promise((resolve, reject) => {
    const http = new XMLHttpRequest();
    const fail = (error: ProtocolError): void => reject(new RequestFailure(error));
    control.signal?.addEventListener('abort', () => http.abort(), { once: true });
    http.upload.onprogress = event =>
      control.onProgress?.({ what: 'upload', done: event.loaded, of: Math.max(totalBytes, event.loaded) });
    http.onabort = () => fail({ id: 'cancelled', message: 'cancelled' });
    http.onerror = () => fail(LOST);
    http.onload = () => {
      const reply = parseReply(http.responseText);
      if (http.status === 200 && reply.upload) {
        resolve({ kind: 'upload', upload: reply.upload, entry: entry.path });
        return;
      }
      const message = reply.message ?? `the server refused the upload (HTTP ${http.status})`;
      fail({ id: 'bad-input', where: entry.path, message });
    };
    http.open('POST', `${origin}/upload`);
    http.send(form);
  });
}

/** `{upload}` when stored, `{message}` when refused; anything else (a proxy's page) is neither. */
function parseReply(text: string): { readonly upload?: string; readonly message?: string } {
  try {
    const reply: unknown = JSON.parse(text);
    return reply && typeof reply === 'object' ? reply : {};
  } catch {
    return {};
  }
}
