// The desktop shell, as a checklist: one instance, our own scheme, one window, the protocol over IPC.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { app, type BrowserWindow, dialog, ipcMain, session } from 'electron';
import { z } from 'zod';
import { type Connection, connect, type Shell } from '../engine/host/connection.ts';
import { Engines } from '../engine/host/engines.ts';
import { badInput } from '../engine/host/failure.ts';
import { recentFiles, rememberFile } from '../engine/host/recent-files.ts';
import type { ModelSource, ServerMessage } from '../engine/protocol.ts';
import { modelOf } from './arguments.ts';
import { APP_ORIGIN, CHANNELS } from './ipc/channels.ts';
import { isOwnPage } from './ipc/sender.ts';
import { declareScheme, serveApp } from './security.ts';
import { createWindow } from './windows.ts';

const savedFile = z.object({ fileName: z.string(), mime: z.string(), text: z.string() });

const desktop: Shell = {
  kind: 'electron',
  async resolve(source) {
    if (source.kind === 'upload') throw badInput('expected a path or a sample, found an upload', 'source');
    return source;
  },
  browse: async () => [],
  recent: async () => (await recentFiles()).map(file => ({ path: file, name: path.basename(file) })),
  opened: async source => {
    if (source.kind === 'path') await rememberFile(source.path);
  },
};

function run(): void {
  declareScheme();
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  let window: BrowserWindow | undefined;
  let connection: Connection | undefined;
  let waiting = modelOf(process.argv, process.cwd(), app.getAppPath());
  const send = (message: ServerMessage): void => window?.webContents.send(CHANNELS.server, message);
  const engines = new Engines(reason => send({ kind: 'restarted', reason }));
  const open = (source: ModelSource | undefined): void => {
    if (source === undefined) return;
    if (connection === undefined) waiting = source;
    else send({ kind: 'open', source });
    window?.focus();
  };

  const show = (): void => {
    window = createWindow(path.join(import.meta.dirname, 'preload.cjs'));
    // A page that is loaded again starts anew: what the old one had open is closed.
    window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (!isMainFrame || isSameDocument) return;
      connection?.close();
      connection = connect(engines, desktop, send);
    });
    window.webContents.on('did-finish-load', () => {
      if (waiting) send({ kind: 'open', source: waiting });
      waiting = undefined;
    });
    window.on('closed', () => {
      connection?.close();
      connection = undefined;
      window = undefined;
    });
    void window.loadURL(`${APP_ORIGIN}/`);
  };

  ipcMain.on(CHANNELS.client, (event, message: unknown) => {
    if (isOwnPage(event.senderFrame?.url)) connection?.receive(message);
  });
  ipcMain.handle(CHANNELS.save, async (event, file: unknown) => {
    if (!isOwnPage(event.senderFrame?.url) || window === undefined) return false;
    const { fileName, text } = savedFile.parse(file);
    const chosen = await dialog.showSaveDialog(window, { defaultPath: path.basename(fileName) });
    if (chosen.canceled) return false;
    await writeFile(chosen.filePath, text);
    return true;
  });

  app.on('second-instance', (_event, argv, folder) => open(modelOf(argv, folder, app.getAppPath())));
  app.on('open-file', (event, file) => {
    event.preventDefault();
    open({ kind: 'path', path: file });
  });
  app.on('window-all-closed', () => app.quit());
  app.on('activate', () => {
    if (window === undefined && app.isReady()) show();
  });
  app.on('will-quit', () => engines.stop());
  void app.whenReady().then(() => {
    serveApp(session.defaultSession, path.join(app.getAppPath(), 'renderer', 'dist'));
    show();
  });
}

run();
