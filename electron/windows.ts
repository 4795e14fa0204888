// The one window: sandboxed, isolated, its size remembered.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { app, BrowserWindow } from 'electron';
import { z } from 'zod';
import { confine } from './security.ts';

const bounds = z.object({
  x: z.int().optional(),
  y: z.int().optional(),
  width: z.int().min(640),
  height: z.int().min(480),
});
type Bounds = z.infer<typeof bounds>;

const boundsFile = (): string => path.join(app.getPath('userData'), 'window.json');

function rememberedBounds(): Bounds {
  try {
    return bounds.parse(JSON.parse(readFileSync(boundsFile(), 'utf8')));
  } catch {
    // First start, or a file of another version.
    return { width: 1440, height: 900 };
  }
}

/** The caller loads `APP_ORIGIN` once it listens to the window. */
export function createWindow(preload: string): BrowserWindow {
  const { x, y, width, height } = rememberedBounds();
  const window = new BrowserWindow({
    width,
    height,
    ...(x === undefined || y === undefined ? {} : { x, y }),
    show: false,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
    },
  });
  confine(window.webContents);
  window.once('ready-to-show', () => window.show());
  window.on('close', () => writeFileSync(boundsFile(), JSON.stringify(window.getNormalBounds())));
  return window;
}
