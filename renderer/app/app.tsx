// The whole window: title and menus, toolbar, the views between two side panels, kept runs, status.

import { CSPProvider } from '@base-ui/react/csp-provider';
import { Tooltip } from '@base-ui/react/tooltip';
import { useState } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { DetailsPanel } from '../details/details-panel.tsx';
import { ModelContext, useApp, useSettledModel } from '../hooks/app-context.ts';
import { useNarrow } from '../hooks/use-narrow.ts';
import { useShortcuts } from '../hooks/use-shortcuts.ts';
import { LEAST_VIEW, LEAST_WIDTH, loadSideWidths, saveSideWidths } from '../page/side-widths.ts';
import { activeModel, type OpenModel } from '../state/app-state.ts';
import { useTheme } from '../theme/palette.ts';
import styles from './app.module.css';
import { RunsStrip } from './bars/runs-strip.tsx';
import { StatusBar } from './bars/status-bar.tsx';
import { TitleBar } from './bars/title-bar.tsx';
import { Toolbar } from './bars/toolbar.tsx';
import { Dialogs } from './dialogs/dialogs.tsx';
import { DropZone } from './drop-zone.tsx';
import { Later } from './later.tsx';
import { ModelPanel } from './model-panel.tsx';
import { Notices } from './notices.tsx';
import { Views } from './views.tsx';
import { Welcome } from './welcome.tsx';

export function App() {
  const theme = useApp(state => state.theme);
  const model = useApp(activeModel);
  useTheme(theme);
  useShortcuts();
  return (
    <CSPProvider disableStyleElements>
      <Tooltip.Provider>
        <DropZone>
          <div className={styles.app}>
            <TitleBar />
            <main className={styles.main}>
              {model ? (
                <>
                  <Toolbar model={model} />
                  <Later>
                    <Workspace model={model} />
                  </Later>
                  <Later>
                    <RunsStrip model={model} />
                  </Later>
                </>
              ) : (
                <Welcome />
              )}
            </main>
            <StatusBar />
          </div>
          <Notices />
          <Dialogs />
        </DropZone>
      </Tooltip.Provider>
    </CSPProvider>
  );
}

/**
 * Where there is no room for three panels side by side, the details lie below the others. The frame stays while models come and go: what is pressed just when one is opened again is not lost.
 */
function Workspace(props: { readonly model: OpenModel }) {
  const { model, pending } = useSettledModel(props.model);
  const [sides] = useState(loadSideWidths);
  const narrow = useNarrow(LEAST_WIDTH);
  return (
    <ModelContext value={model}>
      <Group
        onLayoutChanged={saveSideWidths}
        orientation="horizontal"
        className={styles.panels}
        resizeTargetMinimumSize={{ coarse: 20, fine: 8 }}
      >
        <Panel
          id="model"
          className={styles.side}
          defaultSize={sides.model}
          minSize={160}
          maxSize={480}
          groupResizeBehavior="preserve-pixel-size"
        >
          <Later key={model.id}>
            <ModelPanel />
          </Later>
        </Panel>
        <Separator className={styles.separator} aria-label="Resize the model panel" />
        <Panel id="views" minSize={LEAST_VIEW}>
          <Later>
            <Views pending={pending} />
          </Later>
        </Panel>
        {!narrow && (
          <>
            <Separator className={styles.separator} aria-label="Resize the details panel" />
            <Panel
              id="details"
              className={styles.side}
              defaultSize={sides.details}
              minSize={200}
              maxSize={640}
              groupResizeBehavior="preserve-pixel-size"
            >
              <Later key={model.id}>
                <DetailsPanel />
              </Later>
            </Panel>
          </>
        )}
      </Group>
      {narrow && (
        <div className={styles.below}>
          <Later key={model.id}>
            <DetailsPanel />
          </Later>
        </div>
      )}
    </ModelContext>
  );
}
