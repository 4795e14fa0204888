// The native menu, from the menus the page sends (which it makes from its one command table) and what the system adds.
// Keys belong to the page, which knows whether a field has the focus: the menu shows them and listens to none, except
// on a Mac, where menus always listen; there it gets only those with Command, which no field takes for text.

import type { MenuItemConstructorOptions } from 'electron';
import type { MenuItem, Menus } from './ipc/payloads.ts';

export interface MenuPorts {
  readonly platform: NodeJS.Platform;
  readonly recent: readonly string[];
  readonly onCommand: (id: string) => void;
  readonly onRecent: (file: string) => void;
}

const SEPARATOR: MenuItemConstructorOptions = { type: 'separator' };

/** Menus that end with what the system offers there. */
const SYSTEM_ITEMS: Readonly<Record<string, readonly MenuItemConstructorOptions[]>> = {
  Edit: [SEPARATOR, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
  View: [
    SEPARATOR,
    { role: 'resetZoom', registerAccelerator: false },
    { role: 'zoomIn', registerAccelerator: false },
    { role: 'zoomOut', registerAccelerator: false },
    { role: 'togglefullscreen' },
  ],
};

/** 'Ctrl+Shift+Z' → 'CommandOrControl+Shift+Z'; undefined where a menu must not listen to it. */
export function acceleratorOf(shortcut: string, platform: NodeJS.Platform): string | undefined {
  if (platform === 'darwin' && !/^(Ctrl\+|F\d)/.test(shortcut)) return undefined;
  return shortcut.replace(/^Ctrl\+/, 'CommandOrControl+').replace(/\+\+$/, '+Plus');
}

/** The template of the whole menu bar. */
export function menuTemplate(menus: Menus, ports: MenuPorts): MenuItemConstructorOptions[] {
  const bar = menus.map(({ title, items }): MenuItemConstructorOptions => {
    const commands = items.flatMap((item, index) => [
      ...(item.section && index > 0 ? [SEPARATOR] : []),
      commandItem(item, ports),
    ]);
    const first =
      title === 'File' ? [...commands.slice(0, 1), recentMenu(ports), ...commands.slice(1)] : commands;
    return { label: title, submenu: [...first, ...systemItems(title, ports)] };
  });
  if (ports.platform !== 'darwin') return bar;
  // Before the last, which is the help.
  return [{ role: 'appMenu' }, ...bar.slice(0, -1), { role: 'windowMenu' }, ...bar.slice(-1)];
}

function systemItems(title: string, { platform }: MenuPorts): readonly MenuItemConstructorOptions[] {
  if (title === 'File' && platform !== 'darwin') return [SEPARATOR, { role: 'quit' }];
  return SYSTEM_ITEMS[title] ?? [];
}

function commandItem(item: MenuItem, { platform, onCommand }: MenuPorts): MenuItemConstructorOptions {
  const accelerator = item.shortcut === undefined ? undefined : acceleratorOf(item.shortcut, platform);
  return {
    id: item.id,
    label: item.title.replaceAll('&', '&&'),
    enabled: item.enabled,
    ...(accelerator !== undefined && { accelerator, registerAccelerator: false }),
    ...(item.checked !== undefined && { type: 'checkbox' as const, checked: item.checked }),
    click: () => onCommand(item.id),
  };
}

function recentMenu({ recent, onRecent }: MenuPorts): MenuItemConstructorOptions {
  return {
    id: 'recent',
    label: 'Open recent',
    enabled: recent.length > 0,
    submenu: recent.map(file => ({ label: file.replaceAll('&', '&&'), click: () => onRecent(file) })),
  };
}
