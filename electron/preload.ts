// Runs sandboxed before the page: exposes one small object, plain messages in and out. Built to CommonJS,
// which is what a sandboxed preload must be.

import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { ElectronApi } from '../renderer/bridge/bridge.ts';
import { CHANNELS } from './ipc/channels.ts';

const api: ElectronApi = {
  request: message => ipcRenderer.send(CHANNELS.client, message),
  cancel: id => ipcRenderer.send(CHANNELS.client, { kind: 'cancel', id }),
  onMessage: listener => {
    const receive = (_event: unknown, message: Parameters<typeof listener>[0]): void => listener(message);
    ipcRenderer.on(CHANNELS.server, receive);
    return () => ipcRenderer.off(CHANNELS.server, receive);
  },
  pathForFile: file => webUtils.getPathForFile(file),
  save: file => ipcRenderer.invoke(CHANNELS.save, file),
};

contextBridge.exposeInMainWorld('arenascope', api);
