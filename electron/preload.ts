// Runs sandboxed before the page: exposes one small object, plain messages in and out. Built to CommonJS,
// which is what a sandboxed preload must be.

import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { ElectronApi } from '../renderer/bridge/bridge.ts';
import { CHANNELS } from './ipc/channels.ts';

/** Calls the listener with what came, and with nothing of Electron's. */
function listen<T>(channel: string, listener: (value: T) => void): () => void {
  const receive = (_event: unknown, value: T): void => listener(value);
  ipcRenderer.on(channel, receive);
  return () => ipcRenderer.off(channel, receive);
}

const api: ElectronApi = {
  request: message => ipcRenderer.send(CHANNELS.client, message),
  cancel: id => ipcRenderer.send(CHANNELS.client, { kind: 'cancel', id }),
  onMessage: listener => listen(CHANNELS.server, listener),
  pathForFile: file => {
    // Only the user can make a File that has a path: it may be opened from now on.
    const path = webUtils.getPathForFile(file);
    if (path !== '') ipcRenderer.send(CHANNELS.picked, path);
    return path;
  },
  save: file => ipcRenderer.invoke(CHANNELS.save, file),
  setMenus: menus => ipcRenderer.send(CHANNELS.menus, menus),
  onCommand: listener => listen(CHANNELS.command, listener),
  setTheme: theme => ipcRenderer.send(CHANNELS.theme, theme),
  openLink: url => ipcRenderer.send(CHANNELS.link, url),
};

contextBridge.exposeInMainWorld('arenascope', api);
