import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { programFolder } from '../../../../engine/host/cache/cache-folder.ts';
import { type LocalServer, startServer } from '../../../../engine/host/server/server.ts';
import { rememberFile } from '../../../../engine/host/shell/recent-files.ts';
import { writeOnnx } from '../../../../engine/onnx/write.ts';
import type { ServerMessage } from '../../../../engine/protocol.ts';
import { SAMPLES } from '../../../../engine/samples/index.ts';

const work = mkdtempSync(path.join(os.tmpdir(), 'arenascope-test-'));
const root = path.join(work, 'root');
const temp = path.join(work, 'temp');
let server: LocalServer;
let cookie = '';

const modelBytes = (): Uint8Array => {
  const model = SAMPLES.find(sample => sample.name === 'six-tensors')?.build();
  if (!model) throw new Error('there is no sample six-tensors');
  return writeOnnx(model);
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Raw requests: fetch would refuse to send a foreign Host, and would tidy '..' away. */
function send(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body?: Uint8Array,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, path: url, method, headers },
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

const origin = (): string => `http://127.0.0.1:${server.port}`;
const own = (): Record<string, string> => ({ cookie, origin: origin(), host: `127.0.0.1:${server.port}` });

/** Status of a refused upgrade, or 101. */
function upgrade(headers: Record<string, string>): Promise<number> {
  return new Promise(resolve => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, { headers });
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

interface Page {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[];
  /** sends text as it is and resolves with the next message that is no progress */
  readonly raw: (text: string) => Promise<ServerMessage>;
  readonly request: (name: string, body: unknown) => Promise<ServerMessage>;
}

function openPage(): Promise<Page> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, { headers: own() });
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

type Files = readonly (readonly [path: string, bytes: Uint8Array, at?: number])[];

/** The parts one after the other; the first answer that refuses, or the last one. */
async function upload(files: Files, headers = own()): Promise<Answer> {
  let answer = await send('/upload', headers, 'POST');
  for (const [file, bytes, at = 0] of files) {
    if (answer.status !== 200) break;
    const { upload: to } = JSON.parse(answer.text) as { upload: string };
    const query = new URLSearchParams({ to, file, at: String(at) });
    answer = await send(`/upload?${query}`, headers, 'POST', bytes);
  }
  return answer;
}

beforeAll(async () => {
  process.env.XDG_CONFIG_HOME = path.join(work, 'config');
  process.env.TMPDIR = temp;
  mkdirSync(temp);
  const pages = path.join(work, 'pages');
  mkdirSync(path.join(root, 'inner'), { recursive: true });
  mkdirSync(pages);
  writeFileSync(path.join(pages, 'index.html'), '<!doctype html><title>pages</title>');
  writeFileSync(path.join(pages, 'app.js'), 'export {};');
  writeFileSync(path.join(root, 'inner', 'model.onnx'), modelBytes());
  writeFileSync(path.join(root, 'broken.onnx'), 'this is no model');
  writeFileSync(path.join(work, 'secret.onnx'), modelBytes());
  symlinkSync(path.join(work, 'secret.onnx'), path.join(root, 'link.onnx'));
  server = await startServer({
    pages,
    root,
    uploadLimits: { totalBytes: 100_000, files: 3 },
    uploadGrace: { left: 50, lost: 50 },
  });
  const token = new URL(server.address()).searchParams.get('token') ?? '';
  expect((await send(`/?token=${'x'.repeat(token.length)}`)).status).toBe(403);
  const entered = await send(`/?token=${token}`);
  expect(entered.status).toBe(303);
  const set = entered.headers['set-cookie']?.[0] ?? '';
  expect(set).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  cookie = set.split(';')[0] ?? '';
  expect((await send(`/?token=${token}`)).status).toBe(403);
});
afterAll(() => server.close());

describe('what the server answers', () => {
  test('pages, with a strict policy and right types', async () => {
    const index = await send('/', { cookie });
    expect(index.status).toBe(200);
    expect(index.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(index.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(index.headers['x-content-type-options']).toBe('nosniff');
    expect((await send('/app.js', { cookie })).headers['content-type']).toContain('text/javascript');
    expect((await send('/none.js', { cookie })).status).toBe(404);
  });

  test('other names of this machine, with any port', async () => {
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:8080']) {
      expect((await send('/', { cookie, host })).status, host).toBe(200);
      expect(await upgrade({ cookie, host, origin: `http://${host}` }), host).toBe(101);
    }
  });

  test('requests, and what was wrong with them', async () => {
    const page = await openPage();
    expect(await page.request('machine', {})).toMatchObject({
      kind: 'reply',
      body: { shell: 'server', root },
    });
    expect(await page.request('nothing', {})).toMatchObject({ kind: 'error', error: { id: 'bad-input' } });
    expect(await page.request('open', { source: { kind: 'sample' } })).toMatchObject({
      error: { id: 'bad-input', message: expect.stringContaining('source.name') },
    });
    expect(await page.raw('{"kind":"request"')).toMatchObject({ kind: 'error', id: 0 });
    expect(await page.raw('{"kind":"request","id":77}')).toMatchObject({ kind: 'error', id: 77 });
    page.socket.close();
  });

  test('what is below the root, and nothing else', async () => {
    const page = await openPage();
    expect(await page.request('browse', {})).toMatchObject({
      body: {
        entries: [
          { name: 'inner', kind: 'folder', path: 'inner' },
          { name: 'broken.onnx', kind: 'model', path: 'broken.onnx', bytes: 16 },
        ],
      },
    });
    const open = (file: string) => page.request('open', { source: { kind: 'path', path: file } });
    expect(await open('inner/model.onnx')).toMatchObject({
      kind: 'reply',
      body: { summary: { runnable: true } },
    });
    const outside = [
      '../secret.onnx',
      path.join(work, 'secret.onnx'),
      'link.onnx',
      '/etc/passwd',
      'inner/../..',
    ];
    for (const file of outside) {
      expect(await open(file), file).toMatchObject({ kind: 'error', error: { id: 'bad-input' } });
    }
    for (const folder of ['..', '/', '../config', 'broken.onnx']) {
      expect(await page.request('browse', { folder }), folder).toMatchObject({ error: { id: 'bad-input' } });
    }
    const recent = { path: path.join(root, 'inner', 'model.onnx'), name: 'model.onnx' };
    expect(await page.request('recent', {})).toMatchObject({ body: [recent] });
    // What was opened elsewhere on this machine is neither offered nor opened.
    const elsewhere = path.join(work, 'secret.onnx');
    await rememberFile(elsewhere);
    const offered = await page.request('recent', {});
    expect(offered).toMatchObject({ body: [recent] });
    expect(offered).not.toMatchObject({ body: [{}, {}] });
    expect(await open(elsewhere)).toMatchObject({ kind: 'error', error: { id: 'bad-input' } });
    expect(await open(recent.path)).toMatchObject({ kind: 'reply' });
    page.socket.close();
  });

  test('a file that is no model, with a diagnostic, while others stay open', async () => {
    const page = await openPage();
    const source = { kind: 'path', path: 'broken.onnx' };
    const opened = await page.request('open', { source });
    expect(opened).toMatchObject({
      kind: 'reply',
      body: {
        summary: {
          runnable: false,
          diagnostics: expect.arrayContaining([expect.objectContaining({ severity: 'error' })]),
        },
      },
    });
    page.socket.close();
  });
});

describe('whom the server turns away', () => {
  test('those without the cookie', async () => {
    expect((await send('/')).status).toBe(403);
    expect((await send('/', { cookie: `${cookie}x` })).status).toBe(403);
    expect((await send('/', { cookie: 'arenascope=1' })).status).toBe(403);
    expect(await upgrade({ origin: origin() })).toBe(403);
  });

  test('foreign hosts and origins', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '0.0.0.0']) {
      expect((await send('/', { cookie, host })).status, host).not.toBe(200);
    }
    expect(await upgrade({ cookie, origin: 'http://evil.example' })).toBe(403);
    expect(await upgrade({ cookie, origin: 'null' })).toBe(403);
    expect(await upgrade({ cookie })).toBe(403);
    expect(await upgrade({ cookie, origin: `http://localhost:${server.port}` })).toBe(403);
    expect(
      (await upload([['a.onnx', modelBytes()]], { ...own(), origin: 'http://evil.example' })).status,
    ).toBe(403);
  });

  test('paths that lead out of the pages', async () => {
    for (const url of [
      '/../secret.onnx',
      '/%2e%2e/secret.onnx',
      '/..%2fsecret.onnx',
      '//etc/passwd',
      '/%00',
      '/%',
    ]) {
      expect([400, 404], url).toContain((await send(url, { cookie })).status);
    }
  });

  test('whoever breaks off while being refused: nobody else notices', async () => {
    const refusedAndReset = (): Promise<void> =>
      new Promise(resolve => {
        const socket = connect(server.port, '127.0.0.1', () => {
          socket.write(
            'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
          );
          socket.write('x'.repeat(100_000));
          setTimeout(() => socket.resetAndDestroy(), 2);
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    for (let time = 0; time < 20; time++) await refusedAndReset();
    expect((await send('/', { cookie })).status).toBe(200);
  });

  test('what is no address', async () => {
    const told = vi.spyOn(console, 'error');
    for (const url of ['//', 'http://[']) expect((await send(url)).status, url).toBe(400);
    expect(told).not.toHaveBeenCalled();
    told.mockRestore();
  });

  test('other methods', async () => {
    expect((await send('/', own(), 'PUT')).status).toBe(405);
    expect((await send('/other', own(), 'POST')).status).toBe(405);
  });

  test('messages that are too large', async () => {
    const page = await openPage();
    const closed = new Promise(resolve => page.socket.on('close', resolve));
    page.socket.send('x'.repeat(2 << 20));
    expect(await closed).toBe(1009);
    expect((await send('/', { cookie })).status).toBe(200);
  });
});

test('what is kept of compiled programs is told, and forgotten when asked', async () => {
  // Not the cache that other tests compile into.
  vi.stubEnv('XDG_CACHE_HOME', path.join(work, 'cache'));
  vi.stubEnv('HOME', work);
  const folder = programFolder();
  mkdirSync(path.join(folder, 'code'), { recursive: true });
  writeFileSync(path.join(folder, `${'0'.repeat(64)}.program`), new Uint8Array(100));
  writeFileSync(path.join(folder, 'code', 'one'), new Uint8Array(10));
  const page = await openPage();
  type Kept = { body: { programs: number; sizeBytes: number; codeBytes: number } };
  const kept = (await page.request('cache', {})) as unknown as Kept;
  expect(kept).toMatchObject({ body: { folder } });
  expect(kept.body.programs).toBeGreaterThanOrEqual(1);
  expect(kept.body.sizeBytes).toBeGreaterThanOrEqual(100);
  expect(kept.body.codeBytes).toBeGreaterThanOrEqual(10);
  expect(await page.request('cache', { clear: true })).toMatchObject({ body: { folder } });
  expect(existsSync(path.join(folder, `${'0'.repeat(64)}.program`))).toBe(false);
  vi.unstubAllEnvs();
  page.socket.close();
});

describe('uploads', () => {
  const stored = (): string[] => readdirSync(temp, { recursive: true }).map(String);

  test('keep their paths, can be opened, and go with their page', async () => {
    const answer = await upload([
      ['folder/model.onnx', modelBytes()],
      ['folder/weights/part.bin', new Uint8Array(10)],
    ]);
    expect(answer.status).toBe(200);
    const reply = JSON.parse(answer.text) as { upload: string };
    expect(stored().filter(name => name.endsWith('part.bin'))).toHaveLength(1);
    const page = await openPage();
    const source = { kind: 'upload', upload: reply.upload, entry: 'folder/model.onnx' };
    expect(await page.request('open', { source })).toMatchObject({ body: { summary: { runnable: true } } });
    const outside = { ...source, entry: '../../secret.onnx' };
    expect(await page.request('open', { source: outside })).toMatchObject({ error: { id: 'bad-input' } });
    const unknown = { ...source, upload: '../..' };
    expect(await page.request('open', { source: unknown })).toMatchObject({ error: { id: 'bad-input' } });
    page.socket.close();
    await expect.poll(() => stored().filter(name => name.endsWith('part.bin'))).toHaveLength(0);
  });

  test('stay for a page that is loaded again, however long it takes until it opens them', async () => {
    const answer = await upload([['slow.onnx', modelBytes()]]);
    const { upload: id } = JSON.parse(answer.text) as { upload: string };
    const source = { kind: 'upload', upload: id, entry: 'slow.onnx' };
    const first = await openPage();
    await first.request('open', { source });
    // Opened before, so that it can speak before the uploads are gone, however busy the machine is.
    const again = await openPage();
    first.socket.close();
    expect(await again.request('hold', { uploads: [id, 'never uploaded'] })).toMatchObject({ body: {} });
    // Longer than uploads outlive their page here.
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(await again.request('open', { source })).toMatchObject({ body: { summary: { runnable: true } } });
    again.socket.close();
    await expect.poll(() => stored().filter(name => name.endsWith('slow.onnx'))).toHaveLength(0);
  });

  test('are named as they came, whatever is said of them', async () => {
    const answer = await upload([
      ['my models/wrong.onnx', new TextEncoder().encode('this is no model')],
      ['my models/empty.onnx', new Uint8Array()],
    ]);
    const { upload: id } = JSON.parse(answer.text) as { upload: string };
    const page = await openPage();
    for (const entry of [
      'my models/wrong.onnx',
      'my models/empty.onnx',
      'my models/none.onnx',
      'my models',
    ]) {
      const reply = await page.request('open', { source: { kind: 'upload', upload: id, entry } });
      expect(JSON.stringify(reply)).toContain(`"${entry}`);
      expect(JSON.stringify(reply)).not.toContain(id);
      expect(JSON.stringify(reply)).not.toContain(temp);
    }
    page.socket.close();
    await expect.poll(() => stored().filter(name => name.endsWith('wrong.onnx'))).toHaveLength(0);
  });

  test.each([
    ['a path that leads out', [['../evil.onnx', modelBytes()]]],
    ['an absolute path', [['/evil.onnx', modelBytes()]]],
    ['a part far behind', [['far.bin', new Uint8Array(1), 200_000]]],
    ['no place', [['a.bin', new Uint8Array(1), -1]]],
    ['too many files', ['a', 'b', 'c', 'd'].map(name => [name, new Uint8Array(1)])],
    ['too many bytes', [['big.bin', new Uint8Array(200_000)]]],
    [
      'the same path twice',
      [
        ['a', new Uint8Array(1)],
        ['a', new Uint8Array(1)],
      ],
    ],
  ] as const)('refuse %s and keep nothing', async (_, files) => {
    const before = stored().length;
    const answer = await upload(files as unknown as Files);
    expect(answer.status).not.toBe(200);
    expect(JSON.parse(answer.text)).toHaveProperty('message');
    await expect.poll(() => stored().length).toBe(before);
    expect(existsSync(path.join(work, 'evil.onnx'))).toBe(false);
  });

  test('put the parts of a file together, whichever comes first', async () => {
    const model = modelBytes();
    const [first, last] = [model.subarray(0, 100), model.subarray(100)];
    const answer = await upload([
      ['parts.onnx', last, 100],
      ['parts.onnx', first, 0],
    ]);
    const { upload: id } = JSON.parse(answer.text) as { upload: string };
    const page = await openPage();
    const source = { kind: 'upload', upload: id, entry: 'parts.onnx' };
    expect(await page.request('open', { source })).toMatchObject({ body: { summary: { runnable: true } } });
    page.socket.close();
    await expect.poll(() => stored().filter(name => name.endsWith('parts.onnx'))).toHaveLength(0);
  });

  test('that never began take nothing', async () => {
    expect((await send('/upload?to=none&file=a&at=0', own(), 'POST', new Uint8Array(3))).status).toBe(400);
  });
});
