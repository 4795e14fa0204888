// What a page, or somebody else on this machine, can send to a local server.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import type { ServerMessage } from '../../engine/protocol.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Page {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[];
  /** sends text as it is and resolves with the next message that is no progress */
  readonly raw: (text: string) => Promise<ServerMessage>;
  readonly request: (name: string, body: unknown) => Promise<ServerMessage>;
}

/** Paths below the dropped folder, and bytes of parts of them, from `at` on. */
export type Files = readonly (readonly [path: string, bytes: Uint8Array, at?: number])[];

/** One browser: with a cookie once it was let in. */
export class ServerClient {
  cookie = '';
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Headers of the server's own pages. */
  own(): Record<string, string> {
    return { cookie: this.cookie, origin: this.origin(), host: `127.0.0.1:${this.#port}` };
  }

  /** Raw requests: fetch would refuse to send a foreign Host, and would tidy '..' away. */
  send(
    url: string,
    headers: Record<string, string> = {},
    method = 'GET',
    body?: Uint8Array,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: this.#port, path: url, method, headers },
        response => {
          let text = '';
          response.on('data', chunk => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Status of a refused upgrade, or 101. */
  upgrade(headers: Record<string, string>): Promise<number> {
    return new Promise(resolve => {
      const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/ws`, { headers });
      socket.on('open', () => {
        resolve(101);
        socket.close();
      });
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on('error', () => {});
    });
  }

  /** A connection as pages have one. */
  openPage(): Promise<Page> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/ws`, { headers: this.own() });
      const messages: ServerMessage[] = [];
      const waiting: ((message: ServerMessage) => void)[] = [];
      socket.on('message', data => {
        const message = JSON.parse(String(data)) as ServerMessage;
        messages.push(message);
        if (message.kind === 'reply' || message.kind === 'error') waiting.shift()?.(message);
      });
      const raw: Page['raw'] = text =>
        new Promise(next => {
          waiting.push(next);
          socket.send(text);
        });
      let id = 0;
      const request: Page['request'] = (name, body) =>
        raw(JSON.stringify({ kind: 'request', id: ++id, name, body }));
      socket.on('open', () => resolve({ socket, messages, raw, request }));
      socket.on('error', reject);
    });
  }

  /** The parts one after the other; the first answer that refuses, or the last one. */
  async upload(files: Files, headers = this.own()): Promise<Answer> {
    let answer = await this.send('/upload', headers, 'POST');
    for (const [file, bytes, at = 0] of files) {
      if (answer.status !== 200) break;
      const { upload: to } = JSON.parse(answer.text) as { upload: string };
      const query = new URLSearchParams({ to, file, at: String(at) });
      answer = await this.send(`/upload?${query}`, headers, 'POST', bytes);
    }
    return answer;
  }
}
