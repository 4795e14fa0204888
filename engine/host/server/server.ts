// The local server shell: the built renderer over HTTP, the protocol over one WebSocket per page, uploads by POST.
// It listens on this machine only and answers nobody who was not given the printed address.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { framesOf } from '../../frames.ts';
import type { ModelSource, ServerMessage } from '../../protocol.ts';
import type { EngineSource } from '../engines/engine-requests.ts';
import { Engines } from '../engines/engines.ts';
import { badInput, toProtocolError } from '../failure.ts';
import { type Connection, connect } from '../shell/connection.ts';
import { KeptRuns } from '../shell/kept-runs.ts';
import { SECURITY_HEADERS } from '../shell/page-files.ts';
import { recentFiles, rememberFile } from '../shell/recent-files.ts';
import type { Shell } from '../shell/shell.ts';
import { Access, isLocalHost, isOwnOrigin } from './access.ts';
import { belowRoot, browseFolder, firstBelow } from './browse.ts';
import { serveFile } from './static-files.ts';
import { type UploadGrace, type UploadLimits, Uploads } from './uploads.ts';

export interface ServerOptions {
  /** folder of the built renderer */
  readonly pages: string;
  /** a free one by default */
  readonly port?: number;
  /** folder that pages may browse and open from */
  readonly root?: string;
  /** what pages open first; if it is a path, they may */
  readonly start?: ModelSource;
  readonly uploadLimits?: UploadLimits;
  /** how long uploads outlive their page */
  readonly uploadGrace?: UploadGrace;
}

export interface LocalServer {
  readonly port: number;
  readonly engines: Engines;
  /** an address that lets one browser in */
  address(): string;
  close(): Promise<void>;
}

/** Requests are small: files come by upload. */
const LARGEST_MESSAGE_BYTES = 1 << 20;

/** Resolves when the server listens. */
export async function startServer(options: ServerOptions): Promise<LocalServer> {
  const access = new Access();
  const uploads = new Uploads(options.uploadLimits, options.uploadGrace);
  const runs = new KeptRuns();
  const pages = new Set<Page>();
  const tellAll = (message: ServerMessage): void => {
    for (const page of pages) page.send(message);
  };
  const engines = new Engines(reason => tellAll({ kind: 'restarted', reason }));
  // All that is known beforehand, so that no engine has to be replaced by one that may read more.
  if (options.root !== undefined) engines.allow(options.root);
  if (options.start?.kind === 'path') engines.allow(path.dirname(options.start.path));
  engines.allow(await uploads.folder());

  const http = createServer((request, response) => {
    answer(request, response, { options, access, uploads }).catch(error => refuse(response, error));
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE_BYTES });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Whoever is refused may break off while they are told: an error nobody listens to would end this process.
    socket.on('error', () => {});
    if (
      request.url !== '/ws' ||
      !isLocalHost(request.headers.host) ||
      !isOwnOrigin(request.headers) ||
      !access.isKnown(request.headers)
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, webSocket => {
      const page = new Page(webSocket, engines, { options, uploads, runs });
      pages.add(page);
      webSocket.on('close', () => pages.delete(page));
    });
  });
  await listen(http, options.port ?? 0);
  const { port } = http.address() as AddressInfo;
  return {
    port,
    engines,
    address: () => `http://127.0.0.1:${port}/?token=${access.token}`,
    async close() {
      for (const page of pages) page.end();
      sockets.close();
      http.closeAllConnections();
      await new Promise(resolve => http.close(resolve));
      engines.stop();
      await uploads.deleteAll();
    },
  };
}

function listen(http: ReturnType<typeof createServer>, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  http.once('error', error => {
    reject(badInput(`expected a free port, found that ${port} cannot be used (${error.message})`, '--port'));
  });
  http.listen(port, '127.0.0.1', resolve);
  return promise;
}

/** The code of a socket whose page was closed, or is loaded again. */
const LEFT = 1001;

/** One page's connection. */
class Page {
  readonly #socket: WebSocket;
  readonly #connection: Connection;
  readonly #uploads: Uploads;

  constructor(socket: WebSocket, engines: Engines, parts: ShellParts) {
    this.#socket = socket;
    const { uploads } = parts;
    this.#uploads = uploads;
    const opened = new Set<string>();
    const shell = createShell(parts, upload => {
      if (opened.has(upload)) return;
      opened.add(upload);
      uploads.hold(upload);
    });
    this.#connection = connect(engines, shell, message => this.send(message));
    socket.on('message', data => this.#receive(data));
    socket.on('close', code => {
      this.#connection.close();
      for (const upload of opened) uploads.release(upload, code === LEFT ? 'left' : 'lost');
    });
    // A message that is too large or malformed: ws closes the socket with the right status.
    socket.on('error', () => {});
  }

  send(message: ServerMessage): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    for (const frame of framesOf(this.#uploads.named(JSON.stringify(message)))) this.#socket.send(frame);
  }

  end(): void {
    this.#socket.terminate();
  }

  #receive(data: RawData): void {
    let message: unknown;
    try {
      message = JSON.parse(String(data));
    } catch {
      // What is no JSON is answered as any other malformed message.
      message = undefined;
    }
    this.#connection.receive(message);
  }
}

interface Services {
  readonly options: ServerOptions;
  readonly access: Access;
  readonly uploads: Uploads;
}

async function answer(request: IncomingMessage, response: ServerResponse, services: Services): Promise<void> {
  const { access, uploads, options } = services;
  if (!isLocalHost(request.headers.host)) {
    refuse(response, badInput('expected this machine as Host'), 403);
    return;
  }
  const url = URL.parse(request.url ?? '/', 'http://127.0.0.1');
  if (!url) {
    refuse(response, badInput('expected an address of this server'));
    return;
  }
  const token = url.searchParams.get('token');
  if (!access.isKnown(request.headers)) {
    const cookie = token === null || request.method !== 'GET' ? undefined : access.exchange(token);
    if (cookie === undefined) {
      refuse(
        response,
        badInput('expected the address that "arenascope serve" printed, which works once'),
        403,
      );
      return;
    }
    response.writeHead(303, { ...SECURITY_HEADERS, 'Set-Cookie': cookie, Location: '/' }).end();
    return;
  }
  if (token !== null) response.writeHead(303, { ...SECURITY_HEADERS, Location: '/' }).end();
  else if (request.method === 'GET') await serveFile(options.pages, url.pathname, response);
  else if (request.method === 'POST' && url.pathname === '/upload') {
    if (isOwnOrigin(request.headers)) await receive(request, response, url.searchParams, uploads);
    else refuse(response, badInput('expected this server as Origin'), 403);
  } else refuse(response, badInput(`expected GET, or POST to /upload, found ${request.method}`), 405);
}

/** Without a name an upload begins; with one, a part of one of its files comes: ?to=…&file=…&at=… */
async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  asked: URLSearchParams,
  uploads: Uploads,
): Promise<void> {
  const upload = asked.get('to') ?? (await uploads.begin());
  const place = { file: asked.get('file') ?? '', at: Number(asked.get('at') ?? Number.NaN) };
  if (asked.has('to')) await uploads.receive(upload, place, request);
  answerJson(response, 200, { upload });
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** An error as JSON {message}; the connection is closed, since the rest of the request was not read. */
function refuse(response: ServerResponse, error: unknown, status?: number): void {
  const reported = toProtocolError(error);
  if (reported.id === 'internal') console.error(error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.setHeader('Connection', 'close');
  answerJson(response, status ?? (reported.id === 'internal' ? 500 : 400), { message: reported.message });
}

interface ShellParts {
  readonly options: ServerOptions;
  readonly uploads: Uploads;
  readonly runs: KeptRuns;
}

/** `uploadOpened` hears of every upload a page opens, so that it can go when the page has gone. */
function createShell({ options, uploads, runs }: ShellParts, uploadOpened: (upload: string) => void): Shell {
  const { root, start } = options;
  const resolvePath = async (file: string): Promise<string> => {
    if (start?.kind === 'path' && start.path === file) return file;
    if (root === undefined) {
      throw badInput(
        'expected a model this server was told to serve (serve MODEL, --root DIR), found another',
        file,
      );
    }
    return belowRoot(root, file);
  };
  return {
    kind: 'server',
    runs,
    hold: uploadOpened,
    ...(start && { initial: start }),
    ...(root !== undefined && { root }),
    async resolve(source): Promise<EngineSource> {
      if (source.kind === 'sample') return source;
      if (source.kind === 'path') return { kind: 'path', path: await resolvePath(source.path) };
      const file = uploads.resolve(source.upload, source.entry);
      uploadOpened(source.upload);
      return { kind: 'path', path: file };
    },
    async browse(folder) {
      if (root === undefined) throw badInput('expected a root to browse (serve --root DIR), found none');
      const begin = async () => firstBelow(root, [...(await recentFiles()).map(path.dirname), os.homedir()]);
      const shown = folder ?? (await begin());
      return { folder: shown, entries: await browseFolder(root, shown) };
    },
    // Only what this server may open: the list is of all that was ever opened on this machine.
    async recent() {
      const known = (await recentFiles()).filter(path.isAbsolute);
      const allowed = await Promise.all(known.map(file => resolvePath(file).then(Boolean, () => false)));
      return known.filter((_, at) => allowed[at]).map(file => ({ path: file, name: path.basename(file) }));
    },
    async opened(source) {
      if (source.kind === 'path') await rememberFile(source.path);
    },
  };
}
