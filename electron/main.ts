// The desktop shell, as a checklist: one instance, our own scheme, the engine whole, one window, menus, the protocol
// over IPC. What the pieces do is in the files beside this one, most of it without Electron.

import path from 'node:path';
import { app, dialog, Menu, nativeTheme, session } from 'electron';
import { Engines } from '../engine/host/engines/engines.ts';
import { recentFiles } from '../engine/host/shell/recent-files.ts';
import type { ModelSource } from '../engine/protocol.ts';
import { AllowedPaths } from './allowed-paths.ts';
import { APP_ID } from './app-id.ts';
import { AppWindow } from './app-window.ts';
import { modelOf } from './arguments.ts';
import { engineHost } from './engine-host.ts';
import { listen } from './ipc/listen.ts';
import { start as startPayload } from './ipc/payloads.ts';
import { declareScheme, serveApp } from './scheme.ts';

const pagesOf = (appPath: string): string =>
  app.isPackaged ? path.join(appPath, 'pages') : path.join(appPath, 'renderer', 'dist');

/** `first`: the model that this start names. */
async function start(first: ModelSource | undefined): Promise<void> {
  const allowed = new AllowedPaths();
  const early: ModelSource[] = [];
  let window: AppWindow | undefined;
  const open = (source: ModelSource | undefined): void => {
    if (source?.kind === 'path') {
      allowed.allow(source.path);
      app.addRecentDocument(source.path);
    }
    if (window) window.open(source);
    else if (source) early.push(source);
  };
  open(first);
  // What it names is read where it was started: the arguments that arrive here may be in another order, with more.
  app.on('second-instance', (_event, _argv, _folder, data) => {
    const parsed = startPayload.safeParse(data);
    open(parsed.success ? parsed.data.model : undefined);
  });
  // A Mac opens files this way, possibly before the app is ready.
  app.on('open-file', (event, file) => {
    event.preventDefault();
    open({ kind: 'path', path: file });
  });
  app.on('window-all-closed', () => app.quit());

  await app.whenReady();
  serveApp(session.defaultSession, pagesOf(app.getAppPath()));
  const host = await engineHost(app);
  const engines = new Engines(reason => window?.send({ kind: 'restarted', reason }), host);
  app.on('will-quit', () => engines.stop());
  const create = (): AppWindow => {
    const made = new AppWindow({
      preload: path.join(import.meta.dirname, 'preload.cjs'),
      engines,
      allowed,
      closed: () => {
        window = undefined;
      },
    });
    for (const source of early.splice(0)) made.open(source);
    return made;
  };
  listen({
    window: () => window,
    allow: file => allowed.allow(file),
    setTheme: theme => {
      nativeTheme.themeSource = theme;
    },
    recent: recentFiles,
    open,
  });
  app.on('activate', () => {
    window ??= create();
  });
  window = create();
}

declareScheme();
app.enableSandbox();
// Until the page sends its menus there are none: Electron's own lead to pages of the web.
Menu.setApplicationMenu(null);
if (process.platform === 'win32') app.setAppUserModelId(APP_ID);
const named = modelOf(process.argv, process.cwd(), app.getAppPath());
if (app.requestSingleInstanceLock({ model: named })) {
  start(named).catch((error: unknown) => {
    dialog.showErrorBox('Arenascope cannot start', error instanceof Error ? error.message : String(error));
    app.exit(1);
  });
} else app.quit();
