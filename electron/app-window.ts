// The window with its side of the protocol. A page that is loaded again connects anew and finds its runs; one that
// crashed is loaded again.

import path from 'node:path';
import { app, type BrowserWindow, dialog, type WebContents } from 'electron';
import type { Engines } from '../engine/host/engines/engines.ts';
import { type Connection, connect } from '../engine/host/shell/connection.ts';
import { KeptRuns } from '../engine/host/shell/kept-runs.ts';
import { recentFiles, rememberFile } from '../engine/host/shell/recent-files.ts';
import type { Shell } from '../engine/host/shell/shell.ts';
import type { ModelSource, ServerMessage } from '../engine/protocol.ts';
import type { AllowedPaths } from './allowed-paths.ts';
import { APP_ORIGIN, CHANNELS } from './ipc/channels.ts';
import { createWindow } from './windows.ts';

export interface AppWindowParts {
  readonly preload: string;
  readonly engines: Engines;
  readonly allowed: AllowedPaths;
  readonly closed: () => void;
}

export class AppWindow {
  readonly browserWindow: BrowserWindow;
  #connection: Connection | undefined;
  #loaded = false;
  /** the user had the page ended, which needs no further question */
  #stopped = false;
  /** asked for before the page could hear of it */
  #waiting: ModelSource[] = [];

  constructor({ preload, engines, allowed, closed }: AppWindowParts) {
    this.browserWindow = createWindow(preload);
    const { webContents } = this.browserWindow;
    const shell = createShell(allowed, new KeptRuns());
    webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (!isMainFrame || isSameDocument) return;
      this.#loaded = false;
      this.#connection?.close();
      this.#connection = connect(engines, shell, message => this.send(message));
    });
    webContents.on('did-finish-load', () => {
      this.#loaded = true;
      for (const source of this.#waiting.splice(0)) this.send({ kind: 'open', source });
    });
    webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit' && !this.#stopped) this.#recover(reason);
      this.#stopped = false;
    });
    // Without an answer to this, the system cannot close the window either.
    this.browserWindow.on('unresponsive', () => void this.#wakeUp());
    this.browserWindow.on('closed', () => {
      this.#connection?.close();
      closed();
    });
    void this.browserWindow.loadURL(`${APP_ORIGIN}/`);
  }

  get contents(): WebContents {
    return this.browserWindow.webContents;
  }

  send(message: ServerMessage): void {
    if (!this.browserWindow.isDestroyed()) this.contents.send(CHANNELS.server, message);
  }

  command(id: string): void {
    this.contents.send(CHANNELS.command, id);
  }

  receive(message: unknown): void {
    this.#connection?.receive(message);
  }

  /** Shows a model, and the window in any case. */
  open(source: ModelSource | undefined): void {
    if (source && this.#loaded) this.send({ kind: 'open', source });
    else if (source) this.#waiting.push(source);
    if (this.browserWindow.isMinimized()) this.browserWindow.restore();
    this.browserWindow.focus();
  }

  async #wakeUp(): Promise<void> {
    const { response } = await dialog.showMessageBox(this.browserWindow, {
      type: 'warning',
      message: 'The window does not respond.',
      detail: 'Models and runs come back when it is loaded again.',
      buttons: ['Wait', 'Load again', 'Quit'],
    });
    if (this.browserWindow.isDestroyed()) return;
    if (response === 1) {
      this.#stopped = true;
      this.contents.forcefullyCrashRenderer();
      this.contents.reload();
    } else if (response === 2) this.browserWindow.destroy();
  }

  /** The page opens again what was open, which the session storage kept, and asks for its runs. */
  #recover(reason: string): void {
    const choice = dialog.showMessageBoxSync(this.browserWindow, {
      type: 'error',
      message: 'The window stopped working.',
      detail: `It was ended by the system (${reason}). Models and runs come back when it is loaded again.`,
      buttons: ['Load again', 'Quit'],
    });
    if (choice === 0) this.contents.reload();
    else app.quit();
  }
}

function createShell(allowed: AllowedPaths, runs: KeptRuns): Shell {
  return {
    kind: 'electron',
    runs,
    resolve: async source => allowed.check(source, await recentFiles()),
    browse: async () => ({ folder: '', entries: [] }),
    recent: async () => (await recentFiles()).map(file => ({ path: file, name: path.basename(file) })),
    async opened(source) {
      if (source.kind !== 'path') return;
      app.addRecentDocument(source.path);
      await rememberFile(source.path);
    },
  };
}
