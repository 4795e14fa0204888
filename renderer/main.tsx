// The page's entry: finds the shell it runs in and mounts the app on its bridge.

import { createElectronBridge } from './bridge/electron.ts';
import { createServerBridge } from './bridge/server.ts';
import { mount } from './mount.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
mount(
  root,
  window.arenascope ? createElectronBridge(window.arenascope) : createServerBridge(location.origin),
);
