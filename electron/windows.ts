// The one window: sandboxed, isolated, its size remembered.

import path from 'node:path';
import { app, BrowserWindow, nativeTheme, screen, type WebPreferences } from 'electron';
import { confine } from './security.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

/** What the page runs with: no Node, a world of its own for the preload, the system's sandbox. */
const preferences = (preload: string): WebPreferences => ({
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  spellcheck: false,
  devTools: !app.isPackaged,
});

/** The caller loads `APP_ORIGIN` once it listens to the window. */
export function createWindow(preload: string): BrowserWindow {
  const file = path.join(app.getPath('userData'), 'window.json');
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(display => display.id !== primary.id);
  const { maximized, ...bounds } = readWindowState(
    file,
    [primary, ...others].map(display => display.workArea),
  );
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 640,
    minHeight: 480,
    show: false,
    // What is seen before the page is drawn.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#14171a' : '#ffffff',
    webPreferences: preferences(preload),
  });
  confine(window.webContents);
  window.once('ready-to-show', () => {
    if (maximized) window.maximize();
    window.show();
  });
  window.on('close', () =>
    writeWindowState(file, { ...window.getNormalBounds(), maximized: window.isMaximized() }),
  );
  return window;
}
