// The top line: the menu bar made from the command table (where the desktop has none), a tab per open model, theme and palette.

import { Menu } from '@base-ui/react/menu';
import { Menubar } from '@base-ui/react/menubar';
import { Command as CommandIcon, Moon, Sun, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useActions, useApp, useAppParts } from '../../hooks/app-context.ts';
import type { OpenModel } from '../../state/app-state.ts';
import { MENUS, type MenuName } from '../../state/commands/command.ts';
import { COMMANDS } from '../../state/commands/commands.ts';
import { modelName } from '../../state/derived/model-name.ts';
import { IconButton } from '../../widgets/button.tsx';
import popups from '../../widgets/popups.module.css';
import { showSideways } from '../../widgets/show-sideways.ts';
import { CommandItems } from './command-items.tsx';
import styles from './title-bar.module.css';

export function TitleBar() {
  const { actions, bridge } = useAppParts();
  const theme = useApp(state => state.theme);
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <header className={styles.titleBar}>
      <h1 className={styles.brand}>Arenascope</h1>
      {!bridge.desktop && (
        <Menubar className={styles.menuBar} aria-label="Menu">
          {MENUS.map(menu => (
            <MenuOf key={menu} menu={menu} />
          ))}
        </Menubar>
      )}
      <ModelTabs />
      <IconButton label="Command palette" shortcut="Ctrl+K" onClick={() => actions.showDialog('palette')}>
        <CommandIcon size={14} aria-hidden />
      </IconButton>
      <IconButton
        label={dark ? 'Light theme' : 'Dark theme'}
        onClick={() => actions.setTheme(dark ? 'light' : 'dark')}
      >
        {dark ? <Sun size={14} aria-hidden /> : <Moon size={14} aria-hidden />}
      </IconButton>
    </header>
  );
}

function MenuOf({ menu }: { readonly menu: MenuName }) {
  return (
    <Menu.Root>
      <Menu.Trigger className={styles.menuTrigger}>{menu}</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={popups.positioner} sideOffset={4} align="start">
          <Menu.Popup className={popups.popup}>
            <CommandItems commands={COMMANDS.filter(command => command.menu === menu)} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function ModelTabs() {
  const models = useApp(state => state.models);
  const active = useApp(state => state.active);
  return (
    <nav
      className={styles.modelTabs}
      aria-label="Open models"
      onWheel={event => event.currentTarget.scrollBy(event.deltaX || event.deltaY, 0)}
    >
      {models.map(model => (
        <ModelTab key={model.id} model={model} name={modelName(model, models)} active={model.id === active} />
      ))}
    </nav>
  );
}

/** The one shown is on the screen, however many there are. */
function ModelTab(props: { readonly model: OpenModel; readonly name: string; readonly active: boolean }) {
  const actions = useActions();
  const { model, active } = props;
  const element = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (active && element.current) showSideways(element.current);
  }, [active]);
  return (
    <span ref={element} className={styles.modelTab} data-active={active || undefined}>
      <button
        type="button"
        className={styles.modelName}
        aria-current={active ? 'page' : undefined}
        title={model.source.kind === 'path' ? model.source.path : model.summary.name}
        onClick={() => actions.showModel(model.id)}
      >
        {props.name}
      </button>
      <button
        type="button"
        className={styles.modelClose}
        aria-label={`Close ${props.name}`}
        onClick={() => void actions.close(model.id)}
      >
        <X size={12} aria-hidden />
      </button>
    </span>
  );
}
