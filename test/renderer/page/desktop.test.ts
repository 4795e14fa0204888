import { expect, it } from 'vitest';
import type { Desktop, NativeMenu } from '../../../renderer/bridge/bridge.ts';
import { joinDesktop } from '../../../renderer/page/desktop.ts';
import type { Actions } from '../../../renderer/state/actions.ts';
import { createAppStore } from '../../../renderer/state/store.ts';

it('keeps the desktop’s menus and theme up with the state, and runs what is chosen', async () => {
  const shown: (readonly NativeMenu[])[] = [];
  const themes: string[] = [];
  let choose: (id: string) => void = () => {};
  const desktop: Desktop = {
    setMenus: menus => shown.push(menus),
    onCommand: listener => {
      choose = listener;
      return () => {};
    },
    setTheme: theme => themes.push(theme),
    openLink: () => {},
  };
  const store = createAppStore();
  const called: string[] = [];
  const actions = new Proxy({} as Actions, { get: (_, name) => () => called.push(String(name)) });
  joinDesktop(desktop, store, actions);
  const item = (id: string) =>
    shown
      .at(-1)
      ?.flatMap(menu => menu.items)
      .find(entry => entry.id === id);
  expect(item('theme-system')).toMatchObject({ checked: true, enabled: true });
  expect(item('run')).toMatchObject({ enabled: false });

  store.setState({ theme: 'dark' });
  store.setState({ finding: true });
  await Promise.resolve();
  expect(shown).toHaveLength(2);
  expect(item('theme-dark')).toMatchObject({ checked: true });
  expect(themes).toEqual(['system', 'dark']);
  store.setState({ finding: false });
  await Promise.resolve();
  expect(shown).toHaveLength(2);

  choose('about');
  expect(called).toEqual(['showDialog']);
  choose('run');
  choose('no such command');
  expect(called).toEqual(['showDialog']);
});
