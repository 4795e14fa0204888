// Files on their way to the local server's private folder, in parts, several at a time: the browser reads the next
// while others are sent. Paths below the picked folder are kept: external data is found by them.
// Invariant: when one part is refused or lost, or the upload is cancelled, no other goes on.

import type { ModelSource, ProtocolError } from '../../engine/protocol.ts';
import { type PickedFile, type RequestControl, RequestFailure } from './bridge.ts';

export const CONNECTION_LOST: ProtocolError = {
  id: 'engine-lost',
  message: 'the connection to the local server was lost',
};

const PART_BYTES = 2 ** 26;
/** A browser has six connections to one server. */
const AT_ONCE = 4;

interface Part {
  readonly path: string;
  readonly at: number;
  readonly bytes: Blob;
}

/** All files, with `entry` the model among them. Throws RequestFailure. */
export async function upload(
  origin: string,
  files: readonly PickedFile[],
  entry: PickedFile,
  control: RequestControl = {},
): Promise<ModelSource> {
  const ended = new AbortController();
  const stop = () => ended.abort();
  control.signal?.addEventListener('abort', stop, { once: true });
  if (control.signal?.aborted) stop();
  const parts = files.flatMap(partsOf);
  const of = files.reduce((sum, { file }) => sum + file.size, 0);
  const sent = new Float64Array(parts.length);
  const send = (query: string, body: Blob | null, onSent: (bytes: number) => void) =>
    post(`${origin}/upload${query}`, body, { signal: ended.signal, onSent, path: entry.path });
  try {
    const name = await send('', null, () => {});
    const waiting = parts.entries();
    const sendParts = async (): Promise<void> => {
      for (const [index, { path, at, bytes }] of waiting) {
        const query = new URLSearchParams({ to: name, file: path, at: String(at) });
        await send(`?${query}`, bytes, loaded => {
          sent[index] = loaded;
          control.onProgress?.({ what: 'upload', done: sent.reduce((sum, part) => sum + part, 0), of });
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sendParts));
    return { kind: 'upload', upload: name, entry: entry.path };
  } finally {
    stop();
    control.signal?.removeEventListener('abort', stop);
  }
}

/** An empty file is one part. */
function partsOf({ file, path }: PickedFile): Part[] {
  const count = Math.max(1, Math.ceil(file.size / PART_BYTES));
  return Array.from({ length: count }, (_, index) => {
    const at = index * PART_BYTES;
    return { path, at, bytes: file.slice(at, at + PART_BYTES) };
  });
}

interface Sending {
  readonly signal: AbortSignal;
  /** bytes so far */
  readonly onSent: (bytes: number) => void;
  /** of the model, for what is said of it */
  readonly path: string;
}

/** The name of the upload. XMLHttpRequest, because fetch does not report the progress of what it sends. */
function post(url: string, body: Blob | null, { signal, onSent, path }: Sending): Promise<string> {
  return new Promise((resolve, reject) => {
    const http = new XMLHttpRequest();
    const fail = (error: ProtocolError): void => reject(new RequestFailure(error));
    const abort = (): void => http.abort();
    signal.addEventListener('abort', abort, { once: true });
    http.upload.onprogress = event => onSent(event.loaded);
    http.onloadend = () => signal.removeEventListener('abort', abort);
    http.onabort = () => fail({ id: 'cancelled', message: 'cancelled' });
    http.onerror = () => fail(CONNECTION_LOST);
    http.onload = () => {
      const reply = parseReply(http.responseText);
      if (http.status === 200 && reply.upload) {
        resolve(reply.upload);
        return;
      }
      const message = reply.message ?? `the server refused the upload (HTTP ${http.status})`;
      fail({ id: 'bad-input', where: path, message });
    };
    if (signal.aborted) {
      fail({ id: 'cancelled', message: 'cancelled' });
      return;
    }
    http.open('POST', url);
    http.send(body);
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
