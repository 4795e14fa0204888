// The native menu is the command table: every command once, in its menu, with its state, and choosing it says its id.

import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { menus } from '../../electron/ipc/payloads.ts';
import { acceleratorOf, type MenuPorts, menuTemplate } from '../../electron/menu.ts';
import { nativeMenus } from '../../renderer/page/desktop.ts';
import { FIRST_STATE } from '../../renderer/state/app-state.ts';
import { MENUS } from '../../renderer/state/commands/command.ts';
import { COMMANDS } from '../../renderer/state/commands/commands.ts';

const chosen: string[] = [];
const ports = (platform: NodeJS.Platform): MenuPorts => ({
  platform,
  recent: ['/models/a&b.onnx'],
  onCommand: id => chosen.push(id),
  onRecent: file => chosen.push(file),
});
const template = (platform: NodeJS.Platform) =>
  menuTemplate(menus.parse(structuredClone(nativeMenus(FIRST_STATE))), ports(platform));
const itemsOf = (menu: MenuItemConstructorOptions | undefined) =>
  (menu?.submenu ?? []) as MenuItemConstructorOptions[];
const click = (item: MenuItemConstructorOptions | undefined): void =>
  (item?.click as (() => void) | undefined)?.();

describe('the native menu', () => {
  it('has every command of the table in its menu', () => {
    const bar = template('linux');
    expect(bar.map(menu => menu.label)).toEqual(MENUS);
    for (const command of COMMANDS) {
      const item = itemsOf(bar.find(menu => menu.label === command.menu)).find(({ id }) => id === command.id);
      expect(item, command.id).toMatchObject({ label: command.title, enabled: command.enabled(FIRST_STATE) });
      expect(item?.type, command.id).toBe(command.checked ? 'checkbox' : undefined);
      click(item);
      expect(chosen.at(-1)).toBe(command.id);
    }
  });

  it('leaves the keys to the page, and shows them', () => {
    const shown = template('linux')
      .flatMap(itemsOf)
      .filter(item => item.accelerator !== undefined);
    expect(shown.length).toBe(COMMANDS.filter(command => command.shortcut).length);
    expect(shown.every(item => item.registerAccelerator === false)).toBe(true);
    expect(acceleratorOf('Ctrl+Shift+Z', 'linux')).toBe('CommandOrControl+Shift+Z');
    expect(acceleratorOf('G', 'linux')).toBe('G');
    // A Mac's menus listen: keys that could be text are not theirs.
    expect(acceleratorOf('G', 'darwin')).toBeUndefined();
    expect(acceleratorOf('Shift+G', 'darwin')).toBeUndefined();
    expect(acceleratorOf('Ctrl+K', 'darwin')).toBe('CommandOrControl+K');
    expect(acceleratorOf('F5', 'darwin')).toBe('F5');
  });

  it('has what systems expect: recent files, editing, quitting', () => {
    const recent = itemsOf(template('linux')[0]).find(({ id }) => id === 'recent');
    expect(itemsOf(recent).map(item => item.label)).toEqual(['/models/a&&b.onnx']);
    click(itemsOf(recent)[0]);
    expect(chosen.at(-1)).toBe('/models/a&b.onnx');
    expect(
      template('linux')
        .flatMap(itemsOf)
        .map(({ role }) => role),
    ).toEqual(expect.arrayContaining(['quit', 'cut', 'copy', 'paste', 'selectAll', 'togglefullscreen']));
    const mac = template('darwin');
    expect(mac[0]).toEqual({ role: 'appMenu' });
    expect(mac.at(-2)).toEqual({ role: 'windowMenu' });
    expect(mac.at(-1)?.label).toBe('Help');
  });
});

describe('menus from the page', () => {
  it.each([
    ['no list', {}],
    ['an item without a title', [{ title: 'File', items: [{ id: 'a', section: false, enabled: true }] }]],
    ['too many items', [{ title: 'File', items: Array.from({ length: 999 }, () => ({})) }]],
  ])('refuses %s', (_, payload) => expect(menus.safeParse(payload).success).toBe(false));
});
