// Palette, shortcuts, about.

import type { Command } from './command.ts';
import { always } from './conditions.ts';

export const HELP: readonly Command[] = [
  {
    id: 'palette',
    title: 'Command palette…',
    menu: 'Help',
    shortcut: 'Ctrl+K',
    enabled: always,
    run: a => a.showDialog('palette'),
  },
  {
    id: 'shortcuts',
    title: 'Keyboard shortcuts',
    menu: 'Help',
    shortcut: '?',
    enabled: always,
    run: a => a.showDialog('shortcuts'),
  },
  {
    id: 'about',
    title: 'About Arenascope',
    menu: 'Help',
    section: true,
    enabled: always,
    run: a => a.showDialog('about'),
  },
];
