// The part of the desktop that is the app's: native menus made from the command table, and the theme of its windows.

import type { Desktop, NativeMenu } from '../bridge/bridge.ts';
import type { Actions } from '../state/actions.ts';
import type { AppState } from '../state/app-state.ts';
import { MENUS } from '../state/commands/command.ts';
import { COMMANDS, findCommand } from '../state/commands/commands.ts';
import type { AppStore } from '../state/store.ts';

/** Every menu as it is in this state. */
export const nativeMenus = (state: AppState): readonly NativeMenu[] =>
  MENUS.map(title => ({
    title,
    items: COMMANDS.filter(command => command.menu === title).map(command => ({
      id: command.id,
      title: command.title,
      ...(command.shortcut !== undefined && { shortcut: command.shortcut }),
      section: command.section ?? false,
      enabled: command.enabled(state),
      ...(command.checked && { checked: command.checked(state) }),
    })),
  }));

/** Keeps menus and theme up with the state from now on, and runs what is chosen in a menu. */
export function joinDesktop(desktop: Desktop, store: AppStore, actions: Actions): void {
  let shown = '';
  let waiting = false;
  const update = (): void => {
    waiting = false;
    const menus = nativeMenus(store.getState());
    const text = JSON.stringify(menus);
    if (text !== shown) desktop.setMenus(menus);
    shown = text;
  };
  update();
  desktop.setTheme(store.getState().theme);
  store.subscribe((state, before) => {
    if (state.theme !== before.theme) desktop.setTheme(state.theme);
    // Many changes of one moment make one menu.
    if (!waiting) queueMicrotask(update);
    waiting = true;
  });
  desktop.onCommand(id => {
    const command = findCommand(id);
    const state = store.getState();
    if (command?.enabled(state)) command.run(actions, state);
  });
}
