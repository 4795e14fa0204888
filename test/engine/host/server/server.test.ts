import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { programFolder } from '../../../../engine/host/cache/cache-folder.ts';
import { type LocalServer, startServer } from '../../../../engine/host/server/server.ts';
import { rememberFile } from '../../../../engine/host/shell/recent-files.ts';
import { writeOnnx } from '../../../../engine/onnx/write.ts';
import { SAMPLES } from '../../../../engine/samples/index.ts';
import { type Files, ServerClient } from '../../../support/server-client.ts';

const work = mkdtempSync(path.join(os.tmpdir(), 'arenascope-test-'));
const root = path.join(work, 'root');
const temp = path.join(work, 'temp');
let server: LocalServer;
let client: ServerClient;

const modelBytes = (): Uint8Array => {
  const model = SAMPLES.find(sample => sample.name === 'six-tensors')?.build();
  if (!model) throw new Error('there is no sample six-tensors');
  return writeOnnx(model);
};

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
  client = new ServerClient(server.port);
  const token = new URL(server.address()).searchParams.get('token') ?? '';
  expect((await client.send(`/?token=${'x'.repeat(token.length)}`)).status).toBe(403);
  const entered = await client.send(`/?token=${token}`);
  expect(entered.status).toBe(303);
  const set = entered.headers['set-cookie']?.[0] ?? '';
  expect(set).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  client.cookie = set.split(';')[0] ?? '';
  expect((await client.send(`/?token=${token}`)).status).toBe(403);
});
afterAll(() => server.close());

describe('what the server answers', () => {
  test('pages, with a strict policy and right types', async () => {
    const index = await client.send('/', { cookie: client.cookie });
    expect(index.status).toBe(200);
    expect(index.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(index.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(index.headers['x-content-type-options']).toBe('nosniff');
    expect((await client.send('/app.js', { cookie: client.cookie })).headers['content-type']).toContain(
      'text/javascript',
    );
    expect((await client.send('/none.js', { cookie: client.cookie })).status).toBe(404);
  });

  test('other names of this machine, with any port', async () => {
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:8080']) {
      expect((await client.send('/', { cookie: client.cookie, host })).status, host).toBe(200);
      expect(await client.upgrade({ cookie: client.cookie, host, origin: `http://${host}` }), host).toBe(101);
    }
  });

  test('requests, and what was wrong with them', async () => {
    const page = await client.openPage();
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
    const page = await client.openPage();
    // Nothing was opened yet, and home is elsewhere: it begins at the root.
    expect(await page.request('browse', {})).toMatchObject({
      body: {
        folder: '',
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
    // Browsing begins where a model was opened last, of the folders below the root.
    await rememberFile(elsewhere);
    expect(await page.request('browse', {})).toMatchObject({
      body: { folder: 'inner', entries: [{ name: 'model.onnx', path: 'inner/model.onnx' }] },
    });
    page.socket.close();
  });

  test('a file that is no model, with a diagnostic, while others stay open', async () => {
    const page = await client.openPage();
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
    expect((await client.send('/')).status).toBe(403);
    expect((await client.send('/', { cookie: `${client.cookie}x` })).status).toBe(403);
    expect((await client.send('/', { cookie: 'arenascope=1' })).status).toBe(403);
    expect(await client.upgrade({ origin: client.origin() })).toBe(403);
  });

  test('foreign hosts and origins', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '0.0.0.0']) {
      expect((await client.send('/', { cookie: client.cookie, host })).status, host).not.toBe(200);
    }
    expect(await client.upgrade({ cookie: client.cookie, origin: 'http://evil.example' })).toBe(403);
    expect(await client.upgrade({ cookie: client.cookie, origin: 'null' })).toBe(403);
    expect(await client.upgrade({ cookie: client.cookie })).toBe(403);
    expect(await client.upgrade({ cookie: client.cookie, origin: `http://localhost:${server.port}` })).toBe(
      403,
    );
    expect(
      (await client.upload([['a.onnx', modelBytes()]], { ...client.own(), origin: 'http://evil.example' }))
        .status,
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
      expect([400, 404], url).toContain((await client.send(url, { cookie: client.cookie })).status);
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
    expect((await client.send('/', { cookie: client.cookie })).status).toBe(200);
  });

  test('what is no address', async () => {
    const told = vi.spyOn(console, 'error');
    for (const url of ['//', 'http://[']) expect((await client.send(url)).status, url).toBe(400);
    expect(told).not.toHaveBeenCalled();
    told.mockRestore();
  });

  test('other methods', async () => {
    expect((await client.send('/', client.own(), 'PUT')).status).toBe(405);
    expect((await client.send('/other', client.own(), 'POST')).status).toBe(405);
  });

  test('messages that are too large', async () => {
    const page = await client.openPage();
    const closed = new Promise(resolve => page.socket.on('close', resolve));
    page.socket.send('x'.repeat(2 << 20));
    expect(await closed).toBe(1009);
    expect((await client.send('/', { cookie: client.cookie })).status).toBe(200);
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
  const page = await client.openPage();
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
    const answer = await client.upload([
      ['folder/model.onnx', modelBytes()],
      ['folder/weights/part.bin', new Uint8Array(10)],
    ]);
    expect(answer.status).toBe(200);
    const reply = JSON.parse(answer.text) as { upload: string };
    expect(stored().filter(name => name.endsWith('part.bin'))).toHaveLength(1);
    const page = await client.openPage();
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
    const answer = await client.upload([['slow.onnx', modelBytes()]]);
    const { upload: id } = JSON.parse(answer.text) as { upload: string };
    const source = { kind: 'upload', upload: id, entry: 'slow.onnx' };
    const first = await client.openPage();
    await first.request('open', { source });
    // Opened before, so that it can speak before the uploads are gone, however busy the machine is.
    const again = await client.openPage();
    first.socket.close();
    expect(await again.request('hold', { uploads: [id, 'never uploaded'] })).toMatchObject({ body: {} });
    // Longer than uploads outlive their page here.
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(await again.request('open', { source })).toMatchObject({ body: { summary: { runnable: true } } });
    again.socket.close();
    await expect.poll(() => stored().filter(name => name.endsWith('slow.onnx'))).toHaveLength(0);
  });

  test('are named as they came, whatever is said of them', async () => {
    const answer = await client.upload([
      ['my models/wrong.onnx', new TextEncoder().encode('this is no model')],
      ['my models/empty.onnx', new Uint8Array()],
    ]);
    const { upload: id } = JSON.parse(answer.text) as { upload: string };
    const page = await client.openPage();
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
    const answer = await client.upload(files as unknown as Files);
    expect(answer.status).not.toBe(200);
    expect(JSON.parse(answer.text)).toHaveProperty('message');
    // What a test before this one left may go meanwhile.
    await expect.poll(() => stored().length).toBeLessThanOrEqual(before);
    expect(existsSync(path.join(work, 'evil.onnx'))).toBe(false);
  });

  test('put the parts of a file together, whichever comes first', async () => {
    const model = modelBytes();
    const [first, last] = [model.subarray(0, 100), model.subarray(100)];
    const answer = await client.upload([
      ['parts.onnx', last, 100],
      ['parts.onnx', first, 0],
    ]);
    const { upload: id } = JSON.parse(answer.text) as { upload: string };
    const page = await client.openPage();
    const source = { kind: 'upload', upload: id, entry: 'parts.onnx' };
    expect(await page.request('open', { source })).toMatchObject({ body: { summary: { runnable: true } } });
    page.socket.close();
    await expect.poll(() => stored().filter(name => name.endsWith('parts.onnx'))).toHaveLength(0);
  });

  test('that never began take nothing', async () => {
    expect(
      (await client.send('/upload?to=none&file=a&at=0', client.own(), 'POST', new Uint8Array(3))).status,
    ).toBe(400);
  });
});
