import { expect, it } from 'vitest';
import type { ServerMessage } from '../../../engine/protocol.ts';
import type { ElectronApi, NativeMenu, SavedFile } from '../../../renderer/bridge/bridge.ts';
import { createElectronBridge } from '../../../renderer/bridge/electron.ts';

function setUp() {
  const requests: { id: number; name: string }[] = [];
  const cancelled: number[] = [];
  const saved: SavedFile[] = [];
  const menuBars: (readonly NativeMenu[])[] = [];
  let deliver: (message: ServerMessage) => void = () => {};
  const api: ElectronApi = {
    request: message => requests.push(message),
    cancel: id => cancelled.push(id),
    onMessage: listener => {
      deliver = listener;
      return () => {};
    },
    pathForFile: file => `/models/${file.name}`,
    save: async file => saved.push(file) > 0,
    setMenus: menus => menuBars.push(menus),
    onCommand: () => () => {},
    setTheme: () => {},
    openLink: () => {},
  };
  const bridge = createElectronBridge(api);
  return { bridge, requests, cancelled, saved, deliver: (message: ServerMessage) => deliver(message) };
}

it('asks and cancels through the preload', async () => {
  const { bridge, requests, cancelled, deliver } = setUp();
  const abort = new AbortController();
  const asked = bridge.request('recent', {}, { signal: abort.signal });
  expect(requests).toMatchObject([{ kind: 'request', name: 'recent' }]);
  abort.abort();
  expect(cancelled).toEqual([requests[0]?.id]);
  deliver({ kind: 'reply', id: requests[0]?.id ?? 0, body: [] });
  expect(await asked).toEqual([]);
});

it('opens files by their path and saves through the dialog', async () => {
  const { bridge, saved } = setUp();
  const entry = { file: new File([], 'a.onnx'), path: 'net/a.onnx' };
  expect(await bridge.sourceOf([entry], entry)).toEqual({ kind: 'path', path: '/models/a.onnx' });
  await bridge.save({ fileName: 'plan.json', mime: 'application/json', text: '{}' });
  await bridge.save({
    fileName: 'w.npy',
    mime: 'application/octet-stream',
    text: 'AAAA',
    encoding: 'base64',
  });
  expect(saved).toMatchObject([{ fileName: 'plan.json' }, { fileName: 'w.npy', encoding: 'base64' }]);
});
