// What the desktop's page may do, tried on stand-ins for Electron's objects: nothing but show our own files.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { AllowedPaths } from '../../electron/allowed-paths.ts';
import { link, pickedPath, savedFile, start, theme } from '../../electron/ipc/payloads.ts';
import { isFromOwnPage } from '../../electron/ipc/sender.ts';
import { answer, type Confinable, confine } from '../../electron/security.ts';
import { type Utility, utilityHost } from '../../electron/utility-host.ts';
import { readWindowState, writeWindowState } from '../../electron/window-state.ts';
import { EngineChild } from '../../engine/host/engines/engine-child.ts';
import { SECURITY_HEADERS } from '../../engine/host/shell/page-files.ts';

describe('confine', () => {
  type Attempt = { readonly url: string; preventDefault(): void };
  const listeners = new Map<string, (event: Attempt) => void>();
  let openWindow = (): { action: 'deny' } | undefined => undefined;
  const granted: boolean[] = [];
  const copying: boolean[] = [];
  const contents: Confinable = {
    setWindowOpenHandler: handler => {
      openWindow = handler;
    },
    on: (event: string, listener: (event: Attempt) => void) => listeners.set(event, listener),
    session: {
      setPermissionRequestHandler: handler => {
        for (const permission of ['geolocation', 'clipboard-read', 'media'])
          handler(contents, permission, answer => granted.push(answer));
        handler(contents, 'clipboard-sanitized-write', answer => copying.push(answer));
      },
      setPermissionCheckHandler: handler => {
        granted.push(handler(contents, 'geolocation'), handler(contents, 'clipboard-read'));
        copying.push(handler(contents, 'clipboard-sanitized-write'));
      },
      setDevicePermissionHandler: handler => granted.push(handler()),
      on: (event: string, listener: (event: Attempt) => void) => listeners.set(event, listener),
    },
  };
  confine(contents);
  const prevented = (event: string, url: string): boolean => {
    let stopped = false;
    listeners.get(event)?.({ url, preventDefault: () => (stopped = true) });
    return stopped;
  };

  test('denies windows, web views, downloads and permissions', () => {
    expect(openWindow()).toEqual({ action: 'deny' });
    expect(prevented('will-download', '')).toBe(true);
    expect(prevented('will-attach-webview', '')).toBe(true);
    expect(new Set(granted)).toEqual(new Set([false]));
  });

  test('lets the page copy text, and not read what others copied', () => {
    expect(copying).toEqual([true, true]);
  });

  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])('%s only to our own page', event => {
    expect(prevented(event, 'app://arenascope/')).toBe(false);
    for (const url of ['https://example.com/', 'file:///etc/passwd', 'app://other/', 'javascript:alert(1)'])
      expect(prevented(event, url), url).toBe(true);
  });
});

test('only the top frame of our window is heard', () => {
  const page = { mainFrame: { url: 'app://arenascope/' } };
  const other = { mainFrame: { url: 'app://arenascope/' } };
  expect(isFromOwnPage({ sender: page, senderFrame: page.mainFrame }, page)).toBe(true);
  expect(isFromOwnPage({ sender: page, senderFrame: { url: 'app://arenascope/' } }, page)).toBe(false);
  expect(isFromOwnPage({ sender: page, senderFrame: null }, page)).toBe(false);
  expect(isFromOwnPage({ sender: other, senderFrame: other.mainFrame }, page)).toBe(false);
  expect(isFromOwnPage({ sender: page, senderFrame: page.mainFrame }, undefined)).toBe(false);
  const gone = { mainFrame: { url: 'https://example.com/' } };
  expect(isFromOwnPage({ sender: gone, senderFrame: gone.mainFrame }, gone)).toBe(false);
});

test('our scheme serves files with the policy of the server shell, and nothing else', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'arenascope-scheme-'));
  writeFileSync(path.join(folder, 'index.html'), 'hello');
  const loaded: string[] = [];
  const ask = (url: string, method = 'GET') =>
    answer({ url, method }, folder, async file => {
      loaded.push(file);
      return new Response('hello', { headers: { 'Content-Type': 'text/html', 'X-Other': '1' } });
    });
  const page = await ask('app://arenascope/');
  expect(page.status).toBe(200);
  expect(loaded).toEqual([pathToFileURL(path.join(folder, 'index.html')).href]);
  expect(page.headers.get('Content-Type')).toBe('text/html');
  expect(page.headers.get('X-Other')).toBeNull();
  const policy = page.headers.get('Content-Security-Policy') ?? '';
  expect(policy).toBe(SECURITY_HEADERS['Content-Security-Policy']);
  expect(policy).not.toContain('unsafe');
  const refused = ['app://other/', 'app://arenascope/..%2f..%2fetc/passwd', 'https://arenascope/'];
  for (const url of refused) expect((await ask(url)).status, url).toBe(404);
  expect((await ask('app://arenascope/', 'POST')).status).toBe(404);
  expect(loaded).toHaveLength(1);
  rmSync(folder, { recursive: true });
});

test('only files that the user gave are opened', () => {
  const allowed = new AllowedPaths();
  allowed.allow('/models/a.onnx');
  const check = (file: string) =>
    allowed.check({ kind: 'path', path: file }, [path.resolve('/models/old.onnx')]);
  expect(check('/models/a.onnx')).toEqual({ kind: 'path', path: path.resolve('/models/a.onnx') });
  expect(check('/models/../models/old.onnx')).toMatchObject({ kind: 'path' });
  expect(() => check('/etc/passwd')).toThrow(/expected a file that was picked/);
  expect(() => check('/models/a.onnx/../../etc/passwd')).toThrow();
  expect(() => allowed.check({ kind: 'upload', upload: 'u', entry: 'e' }, [])).toThrow(/upload/);
  expect(allowed.check({ kind: 'sample', name: 'x' }, [])).toEqual({ kind: 'sample', name: 'x' });
});

test('only pages that the app itself links to go to the browser', () => {
  expect(link.safeParse('https://onnx.ai/onnx/operators/onnx__Conv.html').success).toBe(true);
  const refused = [
    'http://onnx.ai/',
    'https://onnx.ai.example.com/',
    'https://user@onnx.ai/',
    'https://onnx.ai:8443/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'onnx.ai',
    5,
  ];
  for (const url of refused) expect(link.safeParse(url).success, String(url)).toBe(false);
});

test('payloads are checked', () => {
  expect(savedFile.safeParse({ fileName: 'a', mime: 'b', text: 'c', encoding: 'base64' }).success).toBe(true);
  expect(savedFile.safeParse({ fileName: '', mime: 'b', text: 'c' }).success).toBe(false);
  expect(savedFile.safeParse({ fileName: 'a', mime: 'b', text: 5 }).success).toBe(false);
  expect(pickedPath.safeParse({ path: '/a' }).success).toBe(false);
  expect(theme.safeParse('purple').success).toBe(false);
  expect(start.safeParse({}).success).toBe(true);
  expect(start.safeParse({ model: { kind: 'sample', name: 'six-tensors' } }).success).toBe(true);
  expect(start.safeParse({ model: { kind: 'path', path: 'relative.onnx' } }).success).toBe(false);
  expect(start.safeParse({ model: { kind: 'upload', upload: 'u', entry: 'e' } }).success).toBe(false);
});

test('the window comes back where it was, if a screen is there', () => {
  const complained = vi.spyOn(console, 'error').mockImplementation(() => {});
  const folder = mkdtempSync(path.join(tmpdir(), 'arenascope-window-'));
  const file = path.join(folder, 'window.json');
  const screen = { x: 0, y: 0, width: 1920, height: 1080 };
  expect(readWindowState(file, [screen])).toEqual({ width: 1440, height: 900, maximized: false });
  const state = { x: 2000, y: 100, width: 1000, height: 700, maximized: true };
  writeWindowState(file, state);
  expect(readWindowState(file, [screen, { ...screen, x: 1920 }])).toEqual(state);
  expect(readWindowState(file, [screen])).toEqual({ width: 1000, height: 700, maximized: true });
  // A screen that became smaller: the window fits the one it is on, or the first.
  const small = { x: 1920, y: 0, width: 800, height: 600 };
  expect(readWindowState(file, [screen, small])).toEqual({ ...state, width: 800, height: 600 });
  expect(readWindowState(file, [small])).toMatchObject({ width: 800, height: 600 });
  expect(() => writeWindowState(path.join(folder, 'missing', 'window.json'), state)).not.toThrow();
  expect(complained).toHaveBeenCalledOnce();
  writeFileSync(file, '{"width":"wide"}');
  expect(readWindowState(file, [screen])).toMatchObject({ width: 1440 });
  rmSync(folder, { recursive: true });
});

test('without a Node engines are utility processes, of 128 bits', async () => {
  const sent: unknown[] = [];
  let deliver: (message: unknown) => void = () => {};
  let end: (code: number) => void = () => {};
  const utility: Utility = {
    pid: 7,
    postMessage: message => sent.push(message),
    kill: () => true,
    on: (_event, listener) => {
      deliver = listener;
    },
    once: (_event, listener) => {
      end = listener;
    },
  };
  const forked: unknown[] = [];
  const host = utilityHost((entry, args, options) => {
    forked.push([entry, args[0], options.env]);
    return utility;
  }, '/package/engine-process.mjs');
  expect(host.simd).toEqual(['scalar', '128']);
  const lost: string[] = [];
  const engine = new EngineChild(host, 'plain', new Set(), reason => lost.push(reason));
  expect(forked).toEqual([['/package/engine-process.mjs', 'plain', {}]]);
  const asked = engine.call('samples', {});
  expect(sent).toMatchObject([{ kind: 'request', name: 'samples' }]);
  deliver({ kind: 'reply', id: 1, body: [] });
  expect(await asked).toEqual([]);
  const pending = engine.call('samples', {});
  end(9);
  await expect(pending).rejects.toThrow('the engine ended (status 9)');
  expect(lost).toEqual(['the engine ended (status 9)']);
});
