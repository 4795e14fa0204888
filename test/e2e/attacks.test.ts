// What somebody might try against the server shell, from another page or with a crafted model. (Single requests are
// tried in test/engine/host/server/server.test.ts; here is what needs a browser.)

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../engine/ir/graph.ts';
import { writeOnnx } from '../../engine/onnx/write.ts';
import { closeBrowser, hasChromium, serve, startApp } from '../support/app.ts';
import { details, runAndWait, showView } from '../support/app-views.ts';
import { modelOf } from '../support/build-graph.ts';

afterAll(closeBrowser);

const HOSTILE = '<img src=x onerror="window.pwned=1">';
const SCRIPT = '</script><script>window.pwned=1</script>';

/** A model whose every name is an attempt at markup. */
function hostileModel(): Uint8Array {
  const graph = new GraphBuilder(SCRIPT);
  const x = graph.input(`${HOSTILE}in`, 'float32', [1, 8]);
  const y = graph.node('Relu', [x], { name: `${HOSTILE}/scope/${SCRIPT}` });
  const z = graph.node('Sigmoid', [y], { name: 'javascript:window.pwned=1' });
  graph.output(z);
  return writeOnnx(
    modelOf(graph.build(), { opsets: { '': 17 }, producer: HOSTILE, metadata: { [HOSTILE]: SCRIPT } }),
  );
}

const listening = async (server: Server | TcpServer): Promise<number> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** Whether a page may open a WebSocket there. */
const socketOpens = (page: Page, url: string): Promise<boolean> =>
  page.evaluate(
    address =>
      new Promise<boolean>(resolve => {
        const socket = new WebSocket(address);
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
      }),
    url,
  );

describe.skipIf(!hasChromium)('attacks', () => {
  test('another page of the same browser cannot talk to the server', async () => {
    const app = await startApp(['sample:six-tensors']);
    const other = createServer((_, response) => response.end('<!doctype html><title>other</title>'));
    const port = await listening(other);
    try {
      const { origin } = new URL(app.page.url());
      const page = await app.context.newPage();
      await page.goto(`http://localhost:${port}/`);
      expect(await socketOpens(page, `${origin.replace('http', 'ws')}/ws`)).toBe(false);
      const read = (url: string, method: string) =>
        page.evaluate(
          ([address, verb]) =>
            fetch(address ?? '', { method: verb ?? '', credentials: 'include' }).then(
              answer => answer.text(),
              () => 'refused',
            ),
          [url, method],
        );
      expect(await read(`${origin}/`, 'GET')).toBe('refused');
      expect(await read(`${origin}/upload`, 'POST')).toBe('refused');
      // Not even as a frame: neither its own policy nor the other's lets it be drawn.
      const framed = await page.evaluate(address => {
        const frame = document.createElement('iframe');
        frame.src = address;
        document.body.append(frame);
        return new Promise<boolean>(resolve => {
          frame.onload = () => resolve(frame.contentDocument !== null);
        });
      }, origin);
      expect(framed).toBe(false);
      // The page it was meant for still works.
      await runAndWait(app.page, 1);
    } finally {
      other.close();
      await app.close();
    }
  });

  test('a wrong token, and the right one a second time, let nobody in', async () => {
    const { server, address } = await serve([]);
    try {
      const url = new URL(address);
      const status = async (token: string): Promise<number> =>
        (await fetch(`${url.origin}/?token=${token}`, { redirect: 'manual' })).status;
      const token = url.searchParams.get('token') ?? '';
      expect(await status('')).toBe(403);
      expect(await status('wrong')).toBe(403);
      expect(await status(token)).toBe(303);
      expect(await status(token)).toBe(403);
    } finally {
      server.kill('SIGTERM');
    }
  });

  test('a message that is too large ends its connection, and the app recovers', async () => {
    const app = await startApp(['sample:six-tensors']);
    const { page } = app;
    try {
      const code = await page.evaluate(
        () =>
          new Promise<number>(resolve => {
            const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`);
            socket.onopen = () => socket.send('x'.repeat(2 ** 21));
            socket.onclose = event => resolve(event.code);
          }),
      );
      expect(code).toBe(1009);
      await runAndWait(page, 1);
    } finally {
      await app.close();
    }
  });

  test('names in a model are text wherever they are shown', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'arenascope-e2e-'));
    // The file's name, too.
    const file = path.join(folder, '<img src=x onerror=window.pwned=1>.onnx');
    await writeFile(file, hostileModel());
    const app = await startApp([file]);
    const { page } = app;
    try {
      for (const view of ['Timeline', 'Memory map', 'Allocation', 'Operators', 'Weights', 'Fusion', 'Graph'])
        await showView(page, view);
      await runAndWait(page, 1);
      await page.keyboard.press('Control+f');
      const search = page.getByRole('combobox', { name: 'Find nodes, operators and tensors' });
      await search.fill('img');
      await page.getByRole('option').first().waitFor();
      await search.press('ArrowDown');
      await page.keyboard.press('Enter');
      await details(page).getByText('<img').first().waitFor();
      const [report] = await Promise.all([
        page.waitForEvent('download'),
        page.keyboard.press('Control+Shift+s'),
      ]);
      const sent = await app.context.newPage();
      await sent.goto(`file://${await report.path()}`);
      for (const shown of [page, sent]) {
        expect(await shown.evaluate(() => 'pwned' in window)).toBe(false);
        expect(await shown.locator('img[src="x"]').count()).toBe(0);
      }
      expect(app.complaints).toEqual([]);
    } finally {
      await app.close();
      await rm(folder, { recursive: true });
    }
  });

  test('through a tunnel on another port it works', async () => {
    const { server, address } = await serve(['sample:six-tensors']);
    const inner = new URL(address);
    const tunnel = createTcpServer();
    const open = new Set<Socket>();
    // A tunnel moves bytes and looks at none.
    tunnel.on('connection', socket => {
      open.add(socket);
      const far = connect(Number(inner.port), '127.0.0.1');
      socket.pipe(far).pipe(socket);
      for (const end of [socket, far]) end.on('error', () => {});
    });
    const port = await listening(tunnel);
    const { chromiumPage, end } = await browserPage();
    try {
      await chromiumPage.goto(address.replace(inner.port, String(port)).replace('127.0.0.1', 'localhost'));
      await chromiumPage.getByRole('tablist', { name: 'Views' }).waitFor();
      await runAndWait(chromiumPage, 1);
    } finally {
      await end();
      server.kill('SIGTERM');
      for (const socket of open) socket.destroy();
      tunnel.close();
    }
  });
});

/** A page of its own, for an address that startApp does not know. */
async function browserPage(): Promise<{ readonly chromiumPage: Page; readonly end: () => Promise<void> }> {
  const app = await startApp([]);
  return { chromiumPage: await app.context.newPage(), end: () => app.close() };
}
