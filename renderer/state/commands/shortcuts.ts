// From a key press to a command. Keys typed into a field belong to the field, except with Ctrl.

import type { Command } from './command.ts';
import { ALIASES, COMMANDS, findCommand } from './commands.ts';
import { latinKey, type TypedKey } from './latin-key.ts';

/** The part of a KeyboardEvent that matters here. */
export interface KeyPress extends TypedKey {
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** 'Ctrl+Shift+P'. Shift is named only with letters and named keys: '?' says it already. */
export function shortcutOf(press: KeyPress): string {
  const key = latinKey(press);
  const letter = /^[a-z]$/i.test(key);
  const named = key.length > 1;
  return [
    ...(press.ctrlKey || press.metaKey ? ['Ctrl'] : []),
    ...(press.altKey ? ['Alt'] : []),
    ...(press.shiftKey && (letter || named) ? ['Shift'] : []),
    letter ? key.toUpperCase() : key,
  ].join('+');
}

const BY_SHORTCUT: ReadonlyMap<string, Command> = new Map([
  ...COMMANDS.flatMap(command => (command.shortcut ? [[command.shortcut, command] as const] : [])),
  ...Object.entries(ALIASES).flatMap(([shortcut, id]) => {
    const command = findCommand(id);
    return command ? [[shortcut, command] as const] : [];
  }),
]);

/** The command for a key press, if any. `typing`: the focus is in a field that takes text. */
export function commandFor(press: KeyPress, typing: boolean): Command | undefined {
  const shortcut = shortcutOf(press);
  if (typing && !shortcut.startsWith('Ctrl+')) return undefined;
  // Text fields have their own undo.
  if (typing && /^Ctrl\+(Shift\+)?[ZY]$/.test(shortcut)) return undefined;
  return BY_SHORTCUT.get(shortcut);
}
