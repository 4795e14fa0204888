// The main process from its first line, on a stand-in for Electron: what happens before it is ready, what a second
// start says, and how a page is brought back. What Electron itself does is not tried here.

import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHANNELS } from '../../electron/ipc/channels.ts';

interface Page extends EventEmitter {
  readonly sent: unknown[];
  readonly calls: string[];
}

/** The parts of Electron that the shell touches, each writing down what it is asked. */
function standIn(locked: boolean) {
  const calls: string[] = [];
  const windows: (EventEmitter & { readonly webContents: Page })[] = [];
  const answers: number[] = [];
  const ready = Promise.withResolvers<void>();
  const noted = (name: string) => (): void => void calls.push(name);
  const session = Object.assign(new EventEmitter(), {
    protocol: { handle: noted('handle') },
    setPermissionRequestHandler: noted('permissions'),
    setPermissionCheckHandler: () => {},
    setDevicePermissionHandler: () => {},
  });
  class BrowserWindow extends EventEmitter {
    readonly webContents: Page = Object.assign(new EventEmitter(), {
      session,
      sent: [] as unknown[],
      calls: [] as string[],
      setWindowOpenHandler: () => {},
      send: (channel: string, message: unknown) => {
        if (channel === CHANNELS.server) this.webContents.sent.push(message);
      },
      reload: () => this.webContents.calls.push('reload'),
      forcefullyCrashRenderer: () => {
        this.webContents.calls.push('crash');
        this.webContents.emit('render-process-gone', {}, { reason: 'killed' });
      },
    });
    readonly preferences: unknown;
    constructor(options: { readonly webPreferences: unknown }) {
      super();
      this.preferences = options.webPreferences;
      calls.push('window');
      windows.push(this);
    }
    loadURL = async (): Promise<void> => {};
    isDestroyed = () => false;
    isMinimized = () => true;
    restore = noted('restore');
    focus = noted('focus');
  }
  const area = { x: 0, y: 0, width: 1920, height: 1080 };
  const app = Object.assign(new EventEmitter(), {
    isPackaged: false,
    enableSandbox: noted('sandbox'),
    requestSingleInstanceLock: (data: unknown) => {
      calls.push(`lock ${JSON.stringify(data)}`);
      return locked;
    },
    whenReady: () => ready.promise,
    getAppPath: () => '/opt/arenascope',
    getPath: () => tmpdir(),
    addRecentDocument: noted('recent'),
    quit: noted('quit'),
    exit: noted('exit'),
  });
  const module = {
    app,
    BrowserWindow,
    dialog: {
      showMessageBox: async () => ({ response: answers.shift() }),
      showMessageBoxSync: () => {
        calls.push('asked');
        return answers.shift();
      },
      showErrorBox: (_title: string, text: string) => calls.push(text),
    },
    ipcMain: Object.assign(new EventEmitter(), { handle: () => {} }),
    Menu: { setApplicationMenu: noted('menu') },
    nativeTheme: {},
    net: {},
    protocol: { registerSchemesAsPrivileged: noted('scheme') },
    screen: { getPrimaryDisplay: () => ({ id: 1, workArea: area }), getAllDisplays: () => [] },
    session: { defaultSession: session },
    shell: {},
    utilityProcess: {},
  };
  return { module, app, calls, windows, answers, ready: ready.resolve };
}

let argv: string[];
beforeEach(() => {
  argv = process.argv;
});
afterEach(() => {
  process.argv = argv;
  vi.doUnmock('electron');
  vi.resetModules();
});

async function started(words: readonly string[], locked = true) {
  const electron = standIn(locked);
  process.argv = ['electron', '/opt/arenascope', ...words];
  vi.resetModules();
  vi.doMock('electron', () => electron.module);
  await import('../../electron/main.ts');
  return electron;
}

/** What has been opened in the page. */
const opened = (page: Page | undefined): unknown[] =>
  (page?.sent ?? []).flatMap(message =>
    (message as { readonly kind: string }).kind === 'open'
      ? [(message as unknown as { readonly source: unknown }).source]
      : [],
  );

test('files that come before anything is ready are opened once the page is there, in their order', async () => {
  const { app, calls, windows, ready } = await started(['sample:six-tensors']);
  expect(calls.slice(0, 4)).toEqual([
    'scheme',
    'sandbox',
    'menu',
    'lock {"model":{"kind":"sample","name":"six-tensors"}}',
  ]);
  const prevented = vi.fn();
  app.emit('open-file', { preventDefault: prevented }, '/models/early.onnx');
  expect(prevented).toHaveBeenCalledOnce();
  expect(windows).toEqual([]);
  ready();
  await expect.poll(() => windows.length).toBe(1);
  const page = windows[0]?.webContents;
  expect(opened(page)).toEqual([]);
  page?.emit('did-finish-load');
  expect(opened(page)).toEqual([
    { kind: 'sample', name: 'six-tensors' },
    { kind: 'path', path: '/models/early.onnx' },
  ]);
});

test('a second start opens its model in the window that is there, and shows it in any case', async () => {
  const { app, calls, windows, ready } = await started([]);
  ready();
  await expect.poll(() => windows.length).toBe(1);
  const page = windows[0]?.webContents;
  page?.emit('did-finish-load');
  const model = { kind: 'path', path: '/models/second.onnx' };
  app.emit('second-instance', {}, ['x', '--flag', '/etc/passwd'], '/', { model });
  expect(opened(page)).toEqual([model]);
  for (const data of [undefined, { model: { kind: 'path', path: '../relative' } }, 'nonsense'])
    app.emit('second-instance', {}, ['x', '/etc/passwd'], '/', data);
  expect(opened(page)).toEqual([model]);
  expect(calls.filter(call => call === 'focus')).toHaveLength(4);
  expect(calls).toContain('restore');
});

test('a start beside another one ends, and shows nothing', async () => {
  const { calls, windows } = await started(['a.onnx'], false);
  expect(calls.at(-1)).toBe('quit');
  expect(windows).toEqual([]);
});

test('a page that crashed is loaded again when wanted; one that hangs is ended first, with one question', async () => {
  const { answers, calls, windows, ready } = await started([]);
  ready();
  await expect.poll(() => windows.length).toBe(1);
  const [window] = windows;
  answers.push(0);
  window?.webContents.emit('render-process-gone', {}, { reason: 'oom' });
  expect(window?.webContents.calls).toEqual(['reload']);
  answers.push(1);
  window?.emit('unresponsive');
  await expect.poll(() => window?.webContents.calls).toEqual(['reload', 'crash', 'reload']);
  expect(calls.filter(call => call === 'asked')).toHaveLength(1);
  window?.webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
  expect(calls.filter(call => call === 'asked')).toHaveLength(1);
});

test('the page is sandboxed, isolated and without Node', async () => {
  const { windows, ready } = await started([]);
  ready();
  await expect.poll(() => windows.length).toBe(1);
  expect(windows[0]).toMatchObject({
    preferences: { sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true },
  });
});
