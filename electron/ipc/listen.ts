// What the page may ask of the main process besides the protocol: each message from our own page only, each payload
// checked. What is malformed is dropped and written to the log.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dialog, ipcMain, Menu, shell } from 'electron';
import type { z } from 'zod';
import type { ModelSource } from '../../engine/protocol.ts';
import type { AppWindow } from '../app-window.ts';
import { menuTemplate } from '../menu.ts';
import { CHANNELS } from './channels.ts';
import { link, type Menus, menus, pickedPath, savedFile, theme } from './payloads.ts';
import { isFromOwnPage } from './sender.ts';

export interface ListenPorts {
  readonly window: () => AppWindow | undefined;
  readonly allow: (file: string) => void;
  readonly setTheme: (theme: 'system' | 'light' | 'dark') => void;
  readonly recent: () => Promise<readonly string[]>;
  readonly open: (source: ModelSource) => void;
}

/**
 * Takes messages of the app's own page, and of no other. Malformed ones are dropped; those of the protocol are
 * answered.
 */
export function listen(ports: ListenPorts): void {
  const { window } = ports;
  const on = <T>(channel: string, schema: z.ZodType<T>, receive: (payload: T) => void): void => {
    ipcMain.on(channel, (event, payload: unknown) => {
      if (!isFromOwnPage(event, window()?.contents)) return;
      const parsed = schema.safeParse(payload);
      if (parsed.success) receive(parsed.data);
      else console.error(`dropped a malformed message on ${channel}: ${parsed.error.message}`);
    });
  };
  ipcMain.on(CHANNELS.client, (event, message: unknown) => {
    // The protocol checks its own messages, and answers those that are malformed.
    if (isFromOwnPage(event, window()?.contents)) window()?.receive(message);
  });
  on(CHANNELS.picked, pickedPath, ports.allow);
  on(CHANNELS.theme, theme, ports.setTheme);
  on(CHANNELS.link, link, url => void shell.openExternal(url));
  let newest: Menus | undefined;
  on(CHANNELS.menus, menus, shown => {
    newest = shown;
    void showMenus(shown, ports, () => shown === newest);
  });
  ipcMain.handle(CHANNELS.save, async (event, file: unknown) => {
    const shown = window();
    if (!shown || !isFromOwnPage(event, shown.contents)) return false;
    const { fileName, text, encoding } = savedFile.parse(file);
    const chosen = await dialog.showSaveDialog(shown.browserWindow, { defaultPath: path.basename(fileName) });
    if (chosen.canceled) return false;
    await writeFile(chosen.filePath, Buffer.from(text, encoding ?? 'utf8'));
    return true;
  });
}

/** Unless newer ones have come by the time the files opened lately are read. */
async function showMenus(
  shown: Menus,
  { recent, open, window }: ListenPorts,
  isNewest: () => boolean,
): Promise<void> {
  const files = await recent();
  if (!isNewest()) return;
  const template = menuTemplate(shown, {
    platform: process.platform,
    recent: files,
    onCommand: id => window()?.command(id),
    onRecent: file => open({ kind: 'path', path: file }),
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
