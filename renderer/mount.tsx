// Puts the app on a page: store, actions and what is remembered between starts, then React.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@xyflow/react/dist/style.css';
import 'uplot/dist/uPlot.min.css';
import './theme/tokens.css';
import './theme/global.css';
import { App } from './app/app.tsx';
import type { Bridge } from './bridge/bridge.ts';
import { AppContext } from './hooks/app-context.ts';
import { joinDesktop } from './page/desktop.ts';
import { pickFiles } from './page/pick-files.ts';
import { loadPreferences, savePreferences } from './page/preferences.ts';
import { loadSession, saveSession } from './page/tab-session.ts';
import { createActions } from './state/actions.ts';
import { createAppStore, notify } from './state/store.ts';

export function mount(root: HTMLElement, bridge: Bridge): void {
  const store = createAppStore(loadPreferences());
  savePreferences(store);
  const actions = createActions(store, {
    bridge,
    pickFiles,
    // With the graph view, which most starts load anyway.
    drawGraph: async (state, format) => (await import('./graph/draw/draw-graph.ts')).drawGraph(state, format),
  });
  bridge.subscribe(event => {
    switch (event.kind) {
      case 'open':
        void actions.openFromShell(event.source);
        break;
      case 'connection': {
        const isBack = event.connected && !store.getState().connected;
        store.setState({ connected: event.connected, refused: event.refused === true });
        if (isBack) void actions.reopenAll();
        break;
      }
      case 'restarted':
        notify(store, { severity: 'error', title: 'The engine was restarted', message: event.reason });
    }
  });
  createRoot(root).render(
    <StrictMode>
      <AppContext value={{ store, actions, bridge }}>
        <App />
      </AppContext>
    </StrictMode>,
  );
  if (bridge.desktop) joinDesktop(bridge.desktop, store, actions);
  // What was open is written again once it is open again: a page that is loaded twice in a row loses nothing.
  void actions.start(loadSession()).finally(() => saveSession(store));
  // What a model is shown in first is there by the time one is opened.
  void import('./graph/graph-view.tsx');
  void import('./graph/scene/use-scene.ts').then(({ prepareLayout }) => prepareLayout());
}
